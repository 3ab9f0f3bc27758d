import type { StoredWorker } from '../../core/cluster.ts';
import type { RunEvent } from '../../core/event.ts';
import { defaultLeaseMs, type Store } from '../../core/store.ts';
import { isAlive } from './job-states.ts';
import { newestAttempts } from './orders.ts';

/** So many that come at once are told of one by one. */
const fewWorkers = 3;

/** Tells who works on a run, by what workers say of themselves in the store. */
export class FollowedWorkers {
  readonly #states = new Map<string, StoredWorker['state']>();
  #hasLooked = false;

  /** What there is at the first look is no news, but for those that work. */
  look(workers: readonly StoredWorker[]): readonly RunEvent[] {
    const fresh = workers.filter(({ id }) => !this.#states.has(id));
    const failed = workers.filter(
      ({ id, state }) => this.#hasLooked && state === 'failed' && this.#states.get(id) !== state,
    );
    this.#hasLooked = true;
    for (const { id, state } of workers) this.#states.set(id, state);
    const working = fresh.filter(({ state }) => state === 'working' || state === 'waiting');
    return [
      ...cameNotes(working),
      ...failed.map((worker): RunEvent => {
        const why = worker.note === undefined ? '' : `: ${worker.note}`;
        return { type: 'warning', message: `the worker on ${worker.hostname} ended${why}` };
      }),
    ];
  }
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
  return held > 0 && (await store.workers(runId)).some(({ state }) => state === 'working' || state === 'waiting');
}
