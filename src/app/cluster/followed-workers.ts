import { countText } from '../../core/amount-text.ts';
import { isAlive, type JobRecord, type StoredWorker } from '../../core/cluster.ts';
import type { RunEvent } from '../../core/event.ts';
import { defaultLeaseMs, type Store } from '../../core/store.ts';
import { newestAttempts } from './orders.ts';

/** So many that come at once are told of one by one. */
const fewWorkers = 3;

/** So many leases without a sign: a worker gives one three times in each. */
const silentLeases = 2;

/** Tells who works on a run, by what workers say of themselves in the store. */
export class FollowedWorkers {
  readonly #leaseMs: number;
  readonly #states = new Map<string, StoredWorker['state']>();
  /** Workers whose silence was told, or was no news. */
  readonly #silent = new Set<string>();
  #hasLooked = false;

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  /** What there is at the first look is no news, but for those that work, or should. */
  look(workers: readonly StoredWorker[], jobs: readonly JobRecord[]): readonly RunEvent[] {
    const fresh = workers.filter(({ id }) => !this.#states.has(id));
    const failed = workers.filter(
      ({ id, state }) => this.#hasLooked && state === 'failed' && this.#states.get(id) !== state,
    );
    const silent = workers.filter((worker) => this.#isSilent(worker));
    const fallen = silent.filter((worker) => {
      if (this.#silent.has(worker.id)) return false;
      // Of one that was never heard, its job tells whether it should be there.
      return this.#states.has(worker.id) || jobs.some(({ name, state }) => name === worker.job && isAlive(state));
    });
    this.#hasLooked = true;
    for (const { id } of silent) this.#silent.add(id);
    for (const { id, state } of workers) this.#states.set(id, state);
    return [
      ...cameNotes(fresh.filter((worker) => isAtWork(worker) && !this.#isSilent(worker))),
      ...fallen.map(({ hostname, silentMs }): RunEvent => {
        const seconds = countText(Math.round(silentMs / 1000));
        return { type: 'warning', message: `no sign of life from ${hostname} for ${seconds} s` };
      }),
      ...failed.map((worker): RunEvent => {
        const why = worker.note === undefined ? '' : `: ${worker.note}`;
        return { type: 'warning', message: `the worker on ${worker.hostname} ended${why}` };
      }),
    ];
  }

  #isSilent(worker: StoredWorker): boolean {
    return isAtWork(worker) && worker.silentMs > silentLeases * this.#leaseMs;
  }
}

function isAtWork({ state }: StoredWorker): boolean {
  return state === 'working' || state === 'waiting';
}

function cameNotes(workers: readonly StoredWorker[]): readonly RunEvent[] {
  if (workers.length > fewWorkers) {
    const hosts = new Set(workers.map(({ hostname }) => hostname)).size;
    return [
      { type: 'note', message: `${workers.length} workers started on ${hosts} ${hosts === 1 ? 'host' : 'hosts'}` },
    ];
  }
  return workers.map(({ hostname, hardwareClass }) => ({
    type: 'note',
    message: `a worker started on ${hostname} (${hardwareClass})`,
  }));
}

/**
 * Whether others work on what is left of a run, whom an engine has placed, or a person has started with `perbench work`.
 * Another `run` or `resume` on it doesn't count: several of them share a run.
 */
export async function isWorkedOn(store: Store, runId: string, leaseMs = defaultLeaseMs): Promise<boolean> {
  const { claimable, held } = await store.openWork(runId, leaseMs);
  if (claimable + held === 0) return false;
  if (newestAttempts(await store.jobs(runId)).some(({ state }) => isAlive(state))) return true;
  return held > 0 && (await store.workers(runId)).some(isAtWork);
}
