import { countText, percentText, roughDuration } from '../../core/amount-text.ts';
import { cutTexts } from '../../core/cut-text.ts';
import type { RunEvent } from '../../core/event.ts';
import type { RaceVerdict } from '../../core/race.ts';
import { withRemedy } from '../../core/with-remedy.ts';
import { plainText, safeText } from '../../present/sanitise.ts';
import type { RunState } from './run-state.ts';

/** Shows a run while it goes on. Disposing it leaves the terminal as it was found. */
export interface Progress extends Disposable {
  handle(event: RunEvent): void;
  /** Prints a line that stays. */
  note(text: string): void;
  /** Makes room for something that is written to stdout, which may be the same terminal. */
  aside(write: () => void): void;
  /** What showing has cost so far; stored with the run. */
  framesDrawn(): number;
}

/** Failed items of a cell that are told of one by one; the rest are counted. */
const shownFailures = 3;

function cellEndNote(
  { cellId, state: ended, error }: Extract<RunEvent, { readonly type: 'cell-end' }>,
  state: RunState,
): string | undefined {
  const name = cellName(cellId, state);
  const more = (state.cellOf(cellId)?.failures ?? 0) - shownFailures;
  const failures = more > 0 ? `${countText(more)} more ${more === 1 ? 'item' : 'items'} failed` : undefined;
  if (error === undefined) return failures === undefined ? undefined : `warning: ${name}: ${failures}`;
  const said = failures === undefined ? error.message : `${error.message}; ${failures}`;
  return `${ended}: ${name}: ${withRemedy(said, error.hint)}`;
}

/** What of an event must not be overlooked, as one line that stays; undefined where nothing. */
export function eventNote(event: RunEvent, state: RunState): string | undefined {
  switch (event.type) {
    case 'warning':
      return `warning: ${event.message}`;
    case 'note':
      return event.message;
    case 'sample-error':
      if ((state.cellOf(event.cellId)?.failures ?? 0) > shownFailures) return undefined;
      return `warning: ${cellName(event.cellId, state)}: item ${event.itemId}: ${event.message}`;
    case 'cell-end':
      return cellEndNote(event, state);
    case 'wait-start':
    case 'wait-end':
      return waitNote(event);
    case 'launch-end':
      return event.thinking;
    case 'decision':
      return `${cellName(event.cellId, state)}: ${decisionText(event.verdict)}`;
    case 'first-answer':
    case 'first-prompt':
    case 'certificate':
    case 'run-start':
    case 'launch-start':
    case 'launch-progress':
    case 'cell-start':
    case 'cell-items':
    case 'pass-start':
    case 'pass-progress':
    case 'pass-end':
    case 'run-end':
      return undefined;
  }
}

/** The first prompt of a model, line by line and made safe; whoever asked for it sees it in every display. */
export function promptLines(event: RunEvent, state: RunState): readonly string[] {
  if (event.type !== 'first-prompt') return [];
  const how = {
    rendered: 'as its chat template renders it',
    plain: 'sent as it is, without a template',
    messages: 'as messages: the server applies its template',
    likelihood: 'as it is scored',
  } as const;
  // Spaces in it mean something, and stay.
  const lines = safeText(event.text).split('\n');
  const heading = plainText(`${cellName(event.cellId, state)}: first prompt, ${how[event.form]}:`);
  return [heading, ...lines.map((line) => `  | ${line}`)];
}

/** How one of the first answers was read; undefined for other events. */
function answerNote(event: RunEvent, state: RunState): string | undefined {
  if (event.type !== 'first-answer') return undefined;
  const { input, output, answer, expected, score, cut } = event;
  const verdict = score === 1 ? '✓' : score === 0 ? '✗' : `with a score of ${score.toFixed(2)}`;
  const reading =
    cut !== undefined ? cutTexts[cut] : answer === undefined ? 'could not be read' : `read as ${answer} ${verdict}`;
  return `${cellName(event.cellId, state)}: ${input} → "${output}" ${reading} (expected ${expected})`;
}

/** All lines of an event that stay, made safe. */
export function keptLines(event: RunEvent, state: RunState): readonly string[] {
  const note = eventNote(event, state) ?? answerNote(event, state);
  return note === undefined ? promptLines(event, state) : [plainText(note)];
}

/** What is said of a wait for a quiet machine. */
export function waitNote(event: Extract<RunEvent, { readonly type: 'wait-start' | 'wait-end' }>): string | undefined {
  return event.type === 'wait-start' ? waitText(event) : waitedText(event);
}

function waitText({ share, busiest, limitMs, canSkip }: Extract<RunEvent, { readonly type: 'wait-start' }>): string {
  const names = busiest.map((process) => `${process.name} ${percentText(process.share)}`).join(', ');
  const who = names === '' ? '' : ` (${names})`;
  const key = canSkip ? '; press Enter to measure now' : '';
  return `other processes use ${percentText(share)} of the CPU${who}: waiting up to ${roughDuration(limitMs)} for a quiet machine${key}`;
}

function waitedText({ outcome, waitedMs }: Extract<RunEvent, { readonly type: 'wait-end' }>): string | undefined {
  switch (outcome) {
    case 'quiet':
      return `the machine is quiet after ${roughDuration(waitedMs)}`;
    case 'limit':
      return `still busy after ${roughDuration(waitedMs)}: measuring all the same, and waiting no more until it was quiet`;
    case 'skipped':
      return 'measuring now, and waiting no more until the machine was quiet';
    case 'stopped':
      return undefined;
  }
}

/** What a race says of a model while it goes on. */
function decisionText({ status, reason, n }: RaceVerdict): string {
  return `${status}${reason === '' ? '' : `: ${reason}`}${n === 0 ? '' : ` (n = ${n})`}`;
}

/** `model / task` */
export function cellName(cellId: string, state: RunState): string {
  const view = state.cellOf(cellId);
  return view === undefined ? cellId : `${view.cell.model} / ${view.cell.taskId}`;
}
