import { isAlive } from '../../core/cluster.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { countText } from '../../core/amount-text.ts';
import { nowMs } from '../../core/clock.ts';
import type { RunEvent } from '../../core/event.ts';
import { defaultLeaseMs, type RunRecord, type RunStatus, type Store } from '../../core/store.ts';
import { FollowedCells, isOpenCell } from './followed-cells.ts';
import { FollowedJobs } from './followed-jobs.ts';
import { FollowedWorkers } from './followed-workers.ts';
import type { OpenLauncher } from './job-launchers.ts';
import { submissionMs } from './submit-order.ts';

export interface FollowOptions {
  /** Detaches: the workers go on. */
  readonly signal: AbortSignal;
  readonly isResumed: boolean;
  /** How often the store is asked at most, in milliseconds. */
  readonly storeEveryMs?: number;
  /** How often the engine is asked, in milliseconds. */
  readonly jobsEveryMs?: number;
  readonly leaseMs?: number;
  /** How long an engine may take to list what was submitted, in milliseconds. */
  readonly graceMs?: number;
}

/** Of its time, looking takes a tenth: a store with many cells isn't kept busy by who watches it. */
const restShare = 9;
const longestRestMs = 10_000;

/**
 * Follows a run that others work on, wherever they are, in the events that `runSuite` gives on one machine; submits orders
 * again that died with work left. Ends with `run-end`: `finished`; `interrupted` where it was cancelled, or nobody is left
 * who would go on; `running` where `signal` ended the following alone.
 *
 * @param open opens the launchers that jobs were submitted by; undefined where no engine is to be asked
 * @throws {StoreError} if the store can't be read any more; the workers go on
 */
export async function* followRun(
  store: Store,
  run: RunRecord,
  open: OpenLauncher | undefined,
  {
    signal,
    isResumed,
    storeEveryMs = 1000,
    jobsEveryMs = 5000,
    leaseMs = defaultLeaseMs,
    graceMs = submissionMs,
  }: FollowOptions,
): AsyncGenerator<RunEvent, void, void> {
  const { id: runId, name } = run;
  const cells = await FollowedCells.open(store, run);
  const isPlaced = (await store.jobs(runId)).length > 0;
  const jobs = open !== undefined && isPlaced ? new FollowedJobs({ store, runId, open, leaseMs, graceMs }) : undefined;
  const workers = new FollowedWorkers(leaseMs);
  // An engine says that it has nobody left; of people nobody knows, as long as a lease could last.
  const watch = new EndWatch({ store, runId, leaseMs, patienceMs: jobs === undefined ? leaseMs : 0 });
  let jobsAtMs = -Infinity;
  let asked: Promise<readonly RunEvent[]> | undefined;
  yield { type: 'run-start', runId, name, cells: cells.cells, isResumed };
  while (!signal.aborted) {
    if (jobs !== undefined && nowMs() - jobsAtMs >= jobsEveryMs) {
      asked ??= jobs.look();
      const events = await within(storeEveryMs, asked);
      if (events !== undefined) {
        asked = undefined;
        jobsAtMs = nowMs();
        yield* events;
      }
    }
    const startedMs = nowMs();
    yield* await cells.look();
    yield* workers.look(await store.workers(runId), await store.jobs(runId));
    const mayWork = jobs === undefined ? await isAnyAlive(store, runId) : asked !== undefined || jobs.mayWork;
    const openCells = cells.cells.filter(isOpenCell).length;
    const ended = await watch.look(openCells, mayWork);
    if (ended !== undefined) return yield* endRun(store, runId, ended, cells);
    const restMs = Math.min(longestRestMs, restShare * (nowMs() - startedMs));
    await sleep(Math.max(storeEveryMs, restMs), undefined, { signal }).catch(() => undefined);
  }
  yield { type: 'run-end', runId, status: 'running', failedCells: failedCells(cells) };
}

/** What is asked for, if the answer comes in time: an engine that doesn't answer holds up nothing else. */
async function within<Answer>(limitMs: number, answer: Promise<Answer>): Promise<Answer | undefined> {
  const timer = new AbortController();
  const late = sleep(limitMs, undefined, { signal: timer.signal }).catch(() => undefined);
  try {
    return await Promise.race([answer, late]);
  } finally {
    timer.abort();
  }
}

async function isAnyAlive(store: Store, runId: string): Promise<boolean> {
  return (await store.jobs(runId)).some(({ state }) => isAlive(state));
}

type Ended = 'finished' | 'cancelled' | 'left';

interface EndWatchOptions {
  readonly store: Store;
  readonly runId: string;
  readonly leaseMs: number;
  /** Nobody works on it for so long: nobody will. */
  readonly patienceMs: number;
}

/** Finds out whether a run is over. */
class EndWatch {
  readonly #options: EndWatchOptions;
  #idleSinceMs: number | undefined;

  constructor(options: EndWatchOptions) {
    this.#options = options;
  }

  /**
   * @param open cells that haven't ended
   * @param mayWork a job may still take cells
   */
  async look(open: number, mayWork: boolean): Promise<Ended | undefined> {
    const { store, runId, leaseMs, patienceMs } = this.#options;
    const { held, isStopRequested } = await store.openWork(runId, leaseMs);
    if (open === 0) {
      // The last worker writes what is known at the end alone; one that died there writes it no more.
      const { status } = (await store.getRun(runId)) ?? {};
      return status === 'finished' || this.#isIdle(leaseMs) ? 'finished' : undefined;
    }
    if (isStopRequested) return held === 0 ? 'cancelled' : undefined;
    if (mayWork || held > 0) this.#idleSinceMs = undefined;
    else if (this.#isIdle(patienceMs)) return 'left';
    return undefined;
  }

  #isIdle(limitMs: number): boolean {
    this.#idleSinceMs ??= nowMs();
    return nowMs() - this.#idleSinceMs >= limitMs;
  }
}

async function* endRun(
  store: Store,
  runId: string,
  ended: Ended,
  cells: FollowedCells,
): AsyncGenerator<RunEvent, void, void> {
  // What ended since the look before the last.
  yield* await cells.look();
  if (ended === 'left') {
    const open = cells.cells.filter(isOpenCell).length;
    const left = `${countText(open)} ${open === 1 ? 'cell is' : 'cells are'} left`;
    yield { type: 'warning', message: `nobody works on this run any more: ${left}` };
  }
  const status: RunStatus = ended === 'finished' ? 'finished' : 'interrupted';
  if (ended === 'finished') await endJobs(store, runId);
  await store.setRunStatus(runId, status);
  yield { type: 'run-end', runId, status, failedCells: failedCells(cells) };
}

/** Workers that are still there find nothing any more: whoever comes later needn't ask their engine. */
async function endJobs(store: Store, runId: string): Promise<void> {
  for (const job of await store.jobs(runId)) {
    if (isAlive(job.state)) await store.putJob({ ...job, state: 'done', reason: undefined });
  }
}

function failedCells({ cells }: FollowedCells): number {
  return cells.filter(({ error }) => error !== undefined).length;
}
