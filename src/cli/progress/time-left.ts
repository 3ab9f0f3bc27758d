import type { PassName } from '../../core/cell.ts';
import type { PassProgress } from '../../core/event.ts';
import type { CellSpeed } from '../../run/estimate-duration.ts';
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

/** What is known of a run before it starts. */
export interface Outlook {
  /** Of passes that end by time, as the suite gives it. */
  readonly lengths: Readonly<Partial<Record<PassName, number>>>;
  /** From earlier runs. */
  readonly speeds: readonly Pick<CellSpeed, 'model' | 'taskId' | 'itemMs'>[];
  /** The run ends by then; undefined where it takes as long as it takes. */
  readonly timeLimitMs: number | undefined;
}

// A guess from a single observation, or from another task's, is worth this much of itself.
const looseSpread = 0.3;

/**
 * Time until a cell is done: the rest of its running pass and the passes it still owes, guessed from those that ended.
 * Undefined as long as nothing is known to guess from.
 */
export function cellTimeLeft(view: CellView, state: RunState, outlook: Outlook): TimeLeft | undefined {
  return toTimeLeft(cellGuess(view, state, outlook));
}

/** Time until every cell is done. */
export function runTimeLeft(state: RunState, outlook: Outlook, elapsedMs: number): TimeLeft | undefined {
  const { timeLimitMs } = outlook;
  if (timeLimitMs !== undefined && elapsedMs >= timeLimitMs) return undefined;
  if (timeLimitMs !== undefined) return toTimeLeft({ meanMs: timeLimitMs - elapsedMs, spreadMs: 0 });
  const open = state.cells.filter((view) => view.state === 'pending' || view.state === 'running');
  const whole = sum(open.map((view) => cellGuess(view, state, outlook)));
  // On one machine one cell is worked on at a time; workers elsewhere are as many as cells with a pass.
  const atWork = Math.max(1, open.filter(({ pass }) => pass !== undefined).length);
  return whole && toTimeLeft({ meanMs: whole.meanMs / atWork, spreadMs: whole.spreadMs / atWork });
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

function cellGuess(view: CellView, state: RunState, outlook: Outlook): Guess | undefined {
  if (view.state !== 'pending' && view.state !== 'running') return { meanMs: 0, spreadMs: 0 };
  const now = view.pass === undefined ? [] : [runningGuess(view, state, outlook)];
  const owed = owedPasses(view, state.launches).map((pass) => passGuess(pass, view, state, outlook));
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

function runningGuess(view: CellView, state: RunState, outlook: Outlook): Guess | undefined {
  const { progress, pass } = view;
  if (pass === undefined) return undefined;
  if (progress === undefined) return passGuess(pass, view, state, outlook);
  if (progress.limitMs !== undefined) {
    const meanMs = Math.max(0, progress.limitMs - progress.elapsedMs);
    // Its time is over, but it has fewer items than it needs.
    if (meanMs === 0 && pass === 'accuracy') return undefined;
    return { meanMs, spreadMs: meanMs * 0.1 };
  }
  const done = workDone(progress);
  if (progress.total === undefined || done === 0) {
    const whole = passGuess(pass, view, state, outlook);
    return whole && { ...whole, meanMs: Math.max(0, whole.meanMs - progress.elapsedMs) };
  }
  const left = Math.max(0, progress.total - progress.before - done);
  const meanMs = (left * progress.elapsedMs) / done;
  // The first answers may be short ones.
  const doubt = 1 / Math.sqrt(progress.done - progress.before);
  return { meanMs, spreadMs: meanMs * Math.min(0.5, Math.max(0.1, doubt)) };
}

/**
 * Items that this attempt has answered, with the parts of those in flight: by the tokens that an answered one took, else
 * by half. Of 16 at once, 15 are nearly answered when the first one is.
 */
function workDone({ done, before, promptTokens, outputTokens, inFlight }: PassProgress): number {
  const answered = done - before;
  if (answered === 0 || inFlight === undefined) return answered;
  const { requests, tokens } = inFlight;
  const itemTokens = (promptTokens + outputTokens) / answered;
  if (tokens === undefined || itemTokens === 0) return answered + requests / 2;
  return answered + Math.min(requests, (tokens.prompt + tokens.output) / itemTokens);
}

function passGuess(pass: PassName, view: CellView, state: RunState, outlook: Outlook): Guess | undefined {
  if (pass === 'accuracy') return accuracyGuess(view, state, outlook);
  const seen = state.durations.filter((duration) => duration.pass === pass).map(({ durationMs }) => durationMs);
  const known = meanAndSpread(seen);
  if (known !== undefined) return known;
  const meanMs = outlook.lengths[pass];
  return meanMs === undefined ? undefined : { meanMs, spreadMs: meanMs * looseSpread };
}

/** By the time an item took: in an earlier run, else in the same task, else with the same model, else anywhere. */
function accuracyGuess(view: CellView, state: RunState, { speeds }: Outlook): Guess | undefined {
  const ended = [...state.durations, ...running(state)].filter(
    ({ pass, requests }) => pass === 'accuracy' && requests > 0,
  );
  const { model, taskId } = view.cell;
  const sameTask = ended.filter((duration) => duration.taskId === taskId);
  const sameModel = ended.filter((duration) => duration.model === model);
  const itemMs = (durations: readonly PassDuration[]): readonly number[] =>
    durations.map(({ durationMs, requests }) => durationMs / requests);
  const earlier = speeds.filter((speed) => speed.model === model && speed.taskId === taskId);
  const candidates = [earlier.map((speed) => speed.itemMs), itemMs(sameTask), itemMs(sameModel), itemMs(ended)];
  const perItem = meanAndSpread(candidates.find((known) => known.length > 0) ?? []);
  return perItem && { meanMs: perItem.meanMs * view.items, spreadMs: perItem.spreadMs * view.items };
}

/** A pass that is under way is the only thing to go by at the beginning. */
function running(state: RunState): readonly PassDuration[] {
  return state.cells.flatMap(({ pass, progress, cell }) =>
    pass === 'accuracy' && progress !== undefined
      ? [
          {
            pass,
            model: cell.model,
            taskId: cell.taskId,
            durationMs: progress.elapsedMs,
            requests: workDone(progress),
          },
        ]
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
