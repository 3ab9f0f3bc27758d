import type { RunEvent } from '../../core/event.ts';
import { plainText } from '../../present/sanitise.ts';
import type { TextSink, Output } from '../output.ts';
import { accuracySentence, cellColumns } from './cell-columns.ts';
import { cellName, eventNote, keptLines, promptLines, type Progress } from './progress.ts';
import { clockText, roughDuration, roughRange } from '../../core/amount-text.ts';
import { createRunState, type CellView, type RunState } from './run-state.ts';
import { runTimeLeft, type Outlook } from './time-left.ts';

export interface PlainProgressOptions {
  readonly sink: TextSink;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  readonly outlook: Outlook;
}

const lineEveryMs = 60_000;
const tenths = 10;

/** Lines for logs and pipes: when a cell starts, at each tenth of it or each minute, when it ends. */
export function createPlainProgress({ sink, now, outlook }: PlainProgressOptions): Progress {
  const state = createRunState();
  const pace = createPace(now);
  const startMs = now();
  let lines = 0;

  function printSafe(text: string): void {
    sink.write(`[${clockText(now() - startMs)}] ${text}\n`);
    lines += 1;
  }

  const print = (text: string): void => printSafe(plainText(text));

  function followCell(event: RunEvent, view: CellView): void {
    const name = cellName(view.cell.id, state);
    if (event.type === 'pass-start') {
      if (pace.start(view)) {
        print(`${name}: start (${view.cell.position + 1} of ${state.cells.length}, ${view.items} items)`);
      }
    } else if (event.type === 'pass-progress') {
      if (pace.isDue(view)) print(`${name}: ${passText(view, state, outlook, now() - startMs)}`);
    } else if (event.type === 'cell-end' && view.state === 'done') {
      const accuracy = accuracySentence(view);
      print(`${name}: ${view.state}${accuracy === '' ? '' : `, ${accuracy}`}`);
    }
  }

  let loadingMs = now();
  function loadingText(event: RunEvent): string | undefined {
    if (event.type === 'launch-start') loadingMs = now();
    if (event.type !== 'launch-progress' || now() - loadingMs < lineEveryMs) return undefined;
    loadingMs = now();
    return `${event.model}: starting: ${event.line}`;
  }

  return {
    handle(event) {
      state.handle(event);
      const view = 'cellId' in event ? state.cellOf(event.cellId) : undefined;
      for (const line of keptLines(event, state)) printSafe(line);
      const text = runText(event, state) ?? loadingText(event);
      if (text !== undefined) print(text);
      if (view !== undefined) followCell(event, view);
    },
    note: (text) => print(text),
    aside: (write) => write(),
    framesDrawn: () => lines,
    [Symbol.dispose]() {},
  };
}

/** Decides which words of a pass are worth a line, for each cell by itself: workers elsewhere are at several. */
function createPace(now: () => number): { start(view: CellView): boolean; isDue(view: CellView): boolean } {
  const told = new Map<string, { readonly tenth: number; readonly atMs: number }>();
  const tenthOf = ({ accuracy }: CellView): number =>
    accuracy?.total === undefined || accuracy.total === 0 ? 0 : Math.floor((accuracy.done / accuracy.total) * tenths);
  return {
    /** True for the first pass of a cell. */
    start(view) {
      const isFirst = !told.has(view.cell.id);
      told.set(view.cell.id, { tenth: tenthOf(view), atMs: now() });
      return isFirst;
    },
    isDue(view) {
      const { done, total } = view.progress ?? {};
      const { tenth, atMs } = told.get(view.cell.id) ?? { tenth: 0, atMs: now() };
      const newTenth = view.pass === 'accuracy' ? tenthOf(view) : tenth;
      // The end has a line of its own.
      if (done === total || (newTenth <= tenth && now() - atMs < lineEveryMs)) return false;
      told.set(view.cell.id, { tenth: newTenth, atMs: now() });
      return true;
    },
  };
}

function runText(event: RunEvent, state: RunState): string | undefined {
  switch (event.type) {
    case 'run-start':
      return `run ${event.runId}: ${event.cells.length} ${event.cells.length === 1 ? 'cell' : 'cells'}${event.isResumed ? ', resumed' : ''}`;
    case 'launch-end':
      return `${event.model}: started in ${roughDuration(event.durationMs)} (${launchText(event.launch, state)})`;
    case 'run-end':
      return `run ${event.runId}: ${event.status}${event.failedCells > 0 ? `, ${event.failedCells} failed` : ''}`;
    default:
      return undefined;
  }
}

/** `launch 2 of 3` */
function launchText(launch: number, { fixedLaunches }: RunState): string {
  return `launch ${launch + 1}${fixedLaunches === undefined ? '' : ` of ${fixedLaunches}`}`;
}

function passText(view: CellView, state: RunState, outlook: Outlook, elapsedMs: number): string {
  const left = runTimeLeft(state, outlook, elapsedMs);
  const ending = left === undefined ? [] : [`${roughRange(left.lowMs, left.highMs)} left in total`];
  if (view.pass !== 'accuracy') return [`${view.pass}, ${launchText(view.launch, state)}`, ...ending].join(', ');
  const rate = cellColumns.itemsPerSecond.text(view);
  const accuracy = accuracySentence(view);
  return [
    cellColumns.items.text(view),
    ...(accuracy === '' ? [] : [accuracy]),
    ...(rate === '' ? [] : [`${rate} items/s`]),
    ...ending,
  ].join(', ');
}

/** Says nothing but what must not be overlooked. */
export function createQuietProgress(sink: TextSink): Progress {
  const state = createRunState();
  let lines = 0;
  const writeLine = (text: string): void => {
    sink.write(`${text}\n`);
    lines += 1;
  };
  const note = (text: string): void => writeLine(plainText(text));
  return {
    handle(event) {
      state.handle(event);
      const text = eventNote(event, state);
      if (text !== undefined) note(text);
      for (const line of promptLines(event, state)) writeLine(line);
    },
    note,
    aside: (write) => write(),
    framesDrawn: () => lines,
    [Symbol.dispose]() {},
  };
}

const progressEveryMs = 1000;

/** Every event as one JSON line on stdout; the progress of a cell at most once a second. */
export function createJsonlProgress(output: Output, now: () => number): Progress {
  let lines = 0;
  const progressMs = new Map<string, number>();
  return {
    handle(event: RunEvent) {
      if (event.type === 'pass-progress') {
        if (now() - (progressMs.get(event.cellId) ?? -Infinity) < progressEveryMs) return;
        progressMs.set(event.cellId, now());
      }
      const { type, ...fields } = event;
      output.record(type, fields);
      lines += 1;
    },
    // Notes are for people: they go to stderr.
    note: (text) => output.stderr.write(`${text}\n`),
    aside: (write) => write(),
    framesDrawn: () => lines,
    [Symbol.dispose]() {},
  };
}
