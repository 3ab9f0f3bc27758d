import type { PassName } from '../../core/cell.ts';
import type { CellView, PassDuration, RunState } from './run-state.ts';

/** A guess of the time to come, with its doubt; milliseconds. */
export interface TimeLeft {
  readonly lowMs: number;
  readonly highMs: number;
}

interface Guess {
  readonly meanMs: number;
  readonly spreadMs: number;
}

/** Lengths that the suite gives to passes that end by time. */
export type PassLengths = Readonly<Partial<Record<PassName, number>>>;

// A guess from a single observation, or from another task's, is worth this much of itself.
const looseSpread = 0.3;

/**
 * Time until a cell is done: the rest of its running pass and the passes it still owes, guessed from those that ended.
 * Undefined as long as nothing is known to guess from.
 */
export function cellTimeLeft(view: CellView, state: RunState, lengths: PassLengths): TimeLeft | undefined {
  return toTimeLeft(cellGuess(view, state, lengths));
}

/** Time until every cell is done. */
export function runTimeLeft(state: RunState, lengths: PassLengths): TimeLeft | undefined {
  const open = state.cells.filter((view) => view.state === 'pending' || view.state === 'running');
  return toTimeLeft(sum(open.map((view) => cellGuess(view, state, lengths))));
}

function toTimeLeft(guess: Guess | undefined): TimeLeft | undefined {
  if (guess === undefined) return undefined;
  return { lowMs: Math.max(0, guess.meanMs - guess.spreadMs), highMs: guess.meanMs + guess.spreadMs };
}

/** Spreads add up: a machine that is slower than guessed is slower in every pass. */
function sum(guesses: readonly (Guess | undefined)[]): Guess | undefined {
  let meanMs = 0;
  let spreadMs = 0;
  for (const guess of guesses) {
    if (guess === undefined) return undefined;
    meanMs += guess.meanMs;
    spreadMs += guess.spreadMs;
  }
  return { meanMs, spreadMs };
}

function cellGuess(view: CellView, state: RunState, lengths: PassLengths): Guess | undefined {
  if (view.state !== 'pending' && view.state !== 'running') return { meanMs: 0, spreadMs: 0 };
  const now = view.pass === undefined ? [] : [runningGuess(view, state, lengths)];
  const owed = owedPasses(view, state.launches).map((pass) => passGuess(pass, view, state, lengths));
  return sum([...now, ...owed]);
}

/** Passes after the running one. A resumed cell says nothing of earlier launches: they are behind it. */
function owedPasses(view: CellView, launches: number): readonly PassName[] {
  const timed: readonly PassName[] = view.cell.protocol === 'paper' ? [] : ['throughput', 'latency'];
  const count = view.cell.protocol === 'paper' ? 1 : launches;
  const owed: PassName[] = [];
  for (let launch = view.launch; launch < count; launch += 1) {
    const passes: readonly PassName[] = launch === 0 ? ['accuracy', ...timed] : timed;
    const from = launch === view.launch && view.pass !== undefined ? passes.indexOf(view.pass) + 1 : 0;
    owed.push(...passes.slice(from).filter((pass) => !view.endedPasses.has(`${pass}:${launch}`)));
  }
  return owed;
}

function runningGuess(view: CellView, state: RunState, lengths: PassLengths): Guess | undefined {
  const { progress, rates, pass } = view;
  if (pass === undefined) return undefined;
  if (progress === undefined) return passGuess(pass, view, state, lengths);
  if (progress.limitMs !== undefined) {
    const meanMs = Math.max(0, progress.limitMs - progress.elapsedMs);
    return { meanMs, spreadMs: meanMs * 0.1 };
  }
  const itemsPerSecond =
    rates.itemsPerSecond() ?? (progress.elapsedMs > 0 ? (progress.done / progress.elapsedMs) * 1000 : 0);
  if (progress.total === undefined || itemsPerSecond <= 0) return passGuess(pass, view, state, lengths);
  const meanMs = ((progress.total - progress.done) / itemsPerSecond) * 1000;
  return { meanMs, spreadMs: meanMs * 0.1 };
}

function passGuess(pass: PassName, view: CellView, state: RunState, lengths: PassLengths): Guess | undefined {
  if (pass === 'accuracy') return accuracyGuess(view, state);
  const seen = state.durations.filter((duration) => duration.pass === pass).map(({ durationMs }) => durationMs);
  const known = meanAndSpread(seen);
  if (known !== undefined) return known;
  const meanMs = lengths[pass];
  return meanMs === undefined ? undefined : { meanMs, spreadMs: meanMs * looseSpread };
}

/** By the time an item took: in the same task, else with the same model, else anywhere. */
function accuracyGuess(view: CellView, state: RunState): Guess | undefined {
  const ended = [...state.durations, ...running(state)].filter(
    ({ pass, requests }) => pass === 'accuracy' && requests > 0,
  );
  const { model, taskId, items } = view.cell;
  const sameTask = ended.filter((duration) => duration.taskId === taskId);
  const sameModel = ended.filter((duration) => duration.model === model);
  const best = [sameTask, sameModel, ended].find((candidates) => candidates.length > 0) ?? [];
  const perItem = meanAndSpread(best.map(({ durationMs, requests }) => durationMs / requests));
  return perItem === undefined ? undefined : { meanMs: perItem.meanMs * items, spreadMs: perItem.spreadMs * items };
}

/** A pass that is under way is the only thing to go by at the beginning. */
function running(state: RunState): readonly PassDuration[] {
  return state.cells.flatMap(({ pass, progress, cell }) =>
    pass === 'accuracy' && progress !== undefined && progress.done > 0
      ? [{ pass, model: cell.model, taskId: cell.taskId, durationMs: progress.elapsedMs, requests: progress.done }]
      : [],
  );
}

function meanAndSpread(values: readonly number[]): Guess | undefined {
  if (values.length === 0) return undefined;
  const meanMs = values.reduce((total, value) => total + value, 0) / values.length;
  if (values.length === 1) return { meanMs, spreadMs: meanMs * looseSpread };
  const squares = values.reduce((total, value) => total + (value - meanMs) ** 2, 0);
  return { meanMs, spreadMs: Math.sqrt(squares / (values.length - 1)) };
}
