import { nowMs, ownCpuMs, watchLoopDelay } from '../core/clock.ts';
import { StoreError } from '../core/errors.ts';
import type { RunEvent } from '../core/event.ts';
import type { Claim, RunCost, RunStatus } from '../core/store.ts';
import type { RunDependencies, RunPlan } from './plan.ts';
import { Runner } from './runner.ts';
import { fullRun } from './strategies/full-run.ts';
import { raceRun } from './strategies/race.ts';
import { timedRun } from './strategies/timed-run.ts';
import { isOpen, type Strategy } from './strategy.ts';

/** Values pushed by whatever goes on in the background, pulled by `for await`. */
export interface EventChannel<Value> extends AsyncIterable<Value> {
  push(value: Value): void;
  /** Ends the iteration once what was pushed is pulled; with an error, by throwing it. */
  close(error?: Error): void;
}

export function createEventChannel<Value>(): EventChannel<Value> {
  const queue: Value[] = [];
  let wake: (() => void) | undefined;
  let ended: { readonly error: Error | undefined } | undefined;
  const signal = (): void => {
    wake?.();
    wake = undefined;
  };
  return {
    push(value) {
      queue.push(value);
      signal();
    },
    close(error) {
      ended ??= { error };
      signal();
    },
    async *[Symbol.asyncIterator]() {
      while (true) {
        const batch = queue.splice(0);
        yield* batch;
        if (queue.length > 0) continue;
        if (ended !== undefined) {
          if (ended.error !== undefined) throw ended.error;
          return;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

function strategyOf({ manifest: { race, timeLimitMs } }: RunPlan): Strategy {
  if (race !== undefined) return raceRun;
  return timeLimitMs === undefined ? fullRun : timedRun(timeLimitMs);
}

/** How long answers in flight may take after the run was told to stop. */
const graceMs = 10_000;

export interface RunSuiteOptions {
  readonly plan: RunPlan;
  readonly dependencies: RunDependencies;
  /** In the store already: see `openRun`. */
  readonly runId: string;
  readonly isResumed: boolean;
  /** Cells that this process has claimed already. */
  readonly claims?: readonly Claim[];
}

/** Aborts `graceMs` after `stop`, or at once when told to. */
function createForceSignal(stop: AbortSignal): { readonly signal: AbortSignal; readonly dispose: () => void } {
  const force = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    timer = setTimeout(() => force.abort(), graceMs);
    timer.unref();
  };
  if (stop.aborted) arm();
  else stop.addEventListener('abort', arm, { once: true });
  return {
    signal: force.signal,
    dispose: () => {
      clearTimeout(timer);
      stop.removeEventListener('abort', arm);
    },
  };
}

/** What perbench itself costs while it runs: its CPU, its event loop, its frames. */
function createRunCostMeter(framesDrawn: () => number): {
  addEngineCpu(ms: number): void;
  stop(wallMs: number): RunCost;
} {
  const stopDelay = watchLoopDelay();
  const before = ownCpuMs();
  const framesBefore = framesDrawn();
  let engineCpuMs = 0;
  return {
    addEngineCpu(ms) {
      engineCpuMs += ms;
    },
    stop(wallMs) {
      return {
        wallMs,
        parentCpuMs: ownCpuMs() - before,
        engineCpuMs,
        eventLoopDelayP99Ms: stopDelay(),
        framesDrawn: framesDrawn() - framesBefore,
      };
    },
  };
}

/**
 * Runs every cell of a run that is still open, in full, as a race or within its time, and says what happens.
 *
 * Ends with `run-end`, also when `dependencies.signal` aborts: then what is in flight is finished (for at most ten
 * seconds), saved, and the run can be resumed.
 *
 * @throws {StoreError} if results can no longer be stored; where the store is lost, it names the one beside it
 */
export async function* runSuite(options: RunSuiteOptions): AsyncGenerator<RunEvent, void, void> {
  try {
    yield* followRun(options);
  } catch (error) {
    throw error instanceof StoreError ? await options.dependencies.store.rescue(error) : error;
  }
}

/** What a strategy works on. */
export interface StepsOptions extends Omit<RunSuiteOptions, 'isResumed'> {
  readonly strategy: Strategy;
}

/**
 * Carries out what a strategy chooses, and says what happens. When `dependencies.signal` aborts, what is in flight is
 * finished (for at most ten seconds) and saved; what is still claimed is given back.
 *
 * @throws {StoreError} if results can no longer be stored
 */
export async function* runSteps({ strategy, ...options }: StepsOptions): AsyncGenerator<RunEvent, void, void> {
  const channel = createEventChannel<RunEvent>();
  const force = createForceSignal(options.dependencies.signal);
  const runner = new Runner({ ...options, emit: (event) => channel.push(event), forceSignal: force.signal });
  const working = runner.run(strategy).then(
    () => channel.close(),
    (error: unknown) => channel.close(error instanceof Error ? error : new Error(String(error))),
  );
  try {
    yield* channel;
  } finally {
    await working;
    force.dispose();
  }
}

/** What a reader of the results should know of their data. */
export function* dataWarnings({ tasks }: Pick<RunPlan, 'tasks'>): Generator<RunEvent> {
  for (const { task, facts } of tasks) {
    // What is to know of the user's own data is said while they are read.
    const notes = task.own === undefined ? facts.notes : [];
    for (const note of notes) yield { type: 'warning', message: note };
    if (facts.skippedRows > 0)
      yield { type: 'warning', message: `${task.id}: invalid rows skipped: ${facts.skippedRows}` };
  }
}

async function* followRun(options: RunSuiteOptions): AsyncGenerator<RunEvent, void, void> {
  const { plan, dependencies, runId, isResumed } = options;
  const { store, signal } = dependencies;
  const cost = createRunCostMeter(dependencies.framesDrawn);
  const startedMs = nowMs();
  await store.setRunStatus(runId, 'running');
  yield { type: 'run-start', runId, name: plan.suite.name, cells: await store.cells(runId), isResumed };
  yield* dataWarnings(plan);
  for await (const event of runSteps({ ...options, strategy: strategyOf(plan) })) {
    if (event.type === 'pass-end') cost.addEngineCpu(event.result.host.engineCpuMs);
    yield event;
  }
  const cells = await store.cells(runId);
  const status: RunStatus = cells.some(isOpen) ? (signal.aborted ? 'interrupted' : 'running') : 'finished';
  await store.setRunStatus(runId, status, cost.stop(nowMs() - startedMs));
  const failedCells = cells.filter(({ error }) => error !== undefined).length;
  yield { type: 'run-end', runId, status, failedCells };
}
