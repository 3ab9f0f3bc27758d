import type { Cell, CellError, CellMeasurements, PassName } from '../../core/cell.ts';
import type { PassProgress, RunEvent } from '../../core/event.ts';

/** What is known of one cell while a run goes on. */
export interface CellView {
  readonly cell: Cell;
  /** Planned; in a run within a time fewer than at first. */
  items: number;
  state: Cell['state'];
  /** Running now; undefined between passes. */
  pass: PassName | undefined;
  /** Of the newest pass, from 0. */
  launch: number;
  progress: PassProgress | undefined;
  /** Newest word of the accuracy pass. */
  accuracy: PassProgress | undefined;
  readonly rates: RateWindow;
  memoryBytes: number | undefined;
  measurements: CellMeasurements;
  error: CellError | undefined;
  /** Items that failed since the cell began here. */
  failures: number;
  /** Passes that ended, as `pass:launch`. */
  readonly endedPasses: Set<string>;
}

/** Milliseconds that passes took, for guessing those to come. */
export interface PassDuration {
  readonly pass: PassName;
  readonly model: string;
  readonly taskId: string;
  readonly durationMs: number;
  readonly requests: number;
}

export interface RunState {
  readonly runId: string | undefined;
  readonly name: string;
  readonly cells: readonly CellView[];
  readonly durations: readonly PassDuration[];
  readonly launches: number;
  /** Undefined where nobody knows how many there will be, as in a race. */
  readonly fixedLaunches: number | undefined;
  /** Model whose engine is starting, and what that says meanwhile. */
  readonly loading: { readonly model: string; readonly line?: string } | undefined;
  handle(event: RunEvent): void;
  cellOf(cellId: string): CellView | undefined;
  count(state: Cell['state']): number;
}

function viewOf(cell: Cell): CellView {
  return {
    cell,
    items: cell.items,
    state: cell.state === 'running' ? 'pending' : cell.state,
    pass: undefined,
    launch: 0,
    progress: undefined,
    accuracy: undefined,
    rates: createRateWindow(),
    memoryBytes: undefined,
    measurements: cell.measurements,
    error: cell.error,
    failures: 0,
    endedPasses: new Set(),
  };
}

/** Keeps the state of a run up to date; draws nothing. */
export function createRunState(): RunState {
  let runId: string | undefined;
  let name = '';
  let launches = 1;
  let isOpenEnded = false;
  let loading: RunState['loading'];
  let cells: readonly CellView[] = [];
  const byId = new Map<string, CellView>();
  const durations: PassDuration[] = [];

  function handle(event: RunEvent): void {
    switch (event.type) {
      case 'run-start':
        ({ runId, name } = event);
        cells = event.cells.map(viewOf);
        for (const view of cells) byId.set(view.cell.id, view);
        return;
      case 'launch-start':
      case 'launch-progress':
      case 'launch-end':
        launches = Math.max(launches, 'launches' in event ? event.launches : 1);
        isOpenEnded ||= event.type === 'launch-start' && event.isOpenEnded === true;
        loading = event.type === 'launch-end' ? undefined : event;
        return;
      default:
        // Of workers elsewhere nobody hears when an engine has started.
        if (event.type === 'pass-start') loading = undefined;
        if ('cellId' in event) handleCell(event, byId.get(event.cellId), durations);
    }
  }

  return {
    get runId() {
      return runId;
    },
    get name() {
      return name;
    },
    get cells() {
      return cells;
    },
    get launches() {
      return launches;
    },
    get fixedLaunches() {
      return isOpenEnded ? undefined : launches;
    },
    get loading() {
      return loading;
    },
    durations,
    handle,
    cellOf: (cellId) => byId.get(cellId),
    count: (state) => cells.filter((view) => view.state === state).length,
  };
}

type CellEvent = Extract<RunEvent, { readonly cellId: string }>;

function handleCell(event: CellEvent, view: CellView | undefined, durations: PassDuration[]): void {
  if (view === undefined) return;
  switch (event.type) {
    case 'cell-start':
      view.state = 'running';
      for (const { pass, launch } of event.finishedPasses) {
        view.endedPasses.add(`${pass}:${launch}`);
        view.launch = Math.max(view.launch, launch);
      }
      return;
    case 'cell-items':
      view.items = event.items;
      return;
    case 'pass-start':
      view.pass = event.pass;
      view.launch = event.launch;
      view.progress = undefined;
      view.rates.reset();
      return;
    case 'pass-progress':
      view.progress = event.progress;
      if (event.pass === 'accuracy') {
        view.accuracy = event.progress;
        view.items = event.progress.total ?? view.items;
      }
      view.memoryBytes = event.progress.memoryBytes ?? view.memoryBytes;
      view.rates.add(event.progress);
      return;
    case 'pass-end': {
      const { pass, launch, result } = event;
      view.pass = undefined;
      view.endedPasses.add(`${pass}:${launch}`);
      view.memoryBytes = result.memory?.peakBytes ?? view.memoryBytes;
      const { durationMs, requests } = result;
      durations.push({ pass, model: view.cell.model, taskId: view.cell.taskId, durationMs, requests });
      return;
    }
    case 'cell-end':
      view.state = event.state;
      view.pass = undefined;
      view.measurements = event.measurements;
      view.error = event.error;
      return;
    case 'sample-error':
      view.failures += 1;
      return;
    case 'first-answer':
    case 'first-prompt':
    case 'wait-start':
    case 'wait-end':
    case 'decision':
  }
}

/** Speed over the newest seconds of a pass, so that a slow start or a jam shows and then fades. */
export interface RateWindow {
  add(progress: PassProgress): void;
  reset(): void;
  /** Undefined until two words of the pass are apart. */
  itemsPerSecond(): number | undefined;
  /** Of output tokens where there are any, else of prompt tokens. */
  tokensPerSecond(): number | undefined;
}

const windowMs = 10_000;

const outputTokens = ({ outputTokens: answered, inFlight }: PassProgress): number =>
  answered + (inFlight?.tokens?.output ?? 0);
const promptTokens = ({ promptTokens: answered, inFlight }: PassProgress): number =>
  answered + (inFlight?.tokens?.prompt ?? 0);

function createRateWindow(): RateWindow {
  let points: PassProgress[] = [];

  function rate(read: (progress: PassProgress) => number): number | undefined {
    const [first, last] = [points[0], points.at(-1)];
    if (first === undefined || last === undefined || last.elapsedMs <= first.elapsedMs) return undefined;
    // What is in flight may be told a moment before what was answered.
    return (Math.max(0, read(last) - read(first)) / (last.elapsedMs - first.elapsedMs)) * 1000;
  }

  return {
    add(progress) {
      points.push(progress);
      // One point from before the window stays: it is where the window begins.
      while (points.length > 2 && (points[1]?.elapsedMs ?? 0) < progress.elapsedMs - windowMs) points.shift();
    },
    reset() {
      points = [];
    },
    itemsPerSecond: () => rate(({ done }) => done),
    tokensPerSecond: () => {
      const last = points.at(-1);
      const hasOutput = last !== undefined && outputTokens(last) > 0;
      return rate(hasOutput ? outputTokens : promptTokens);
    },
  };
}
