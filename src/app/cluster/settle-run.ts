import { isAlive, type StoredWorker } from '../../core/cluster.ts';
import { defaultLeaseMs, type RunStatus, type Store } from '../../core/store.ts';
import { isOpen } from '../../run/strategy.ts';
import { newestAttempts } from './orders.ts';

/**
 * Leaves a run as it stands when somebody goes: finished where nothing is open; interrupted where nobody is left who would go
 * on; and as it was otherwise.
 *
 * @param own the worker that goes; it has just told the store of itself
 */
export async function settleRun(
  store: Store,
  runId: string,
  { leaseMs = defaultLeaseMs, own }: { readonly leaseMs?: number; readonly own?: string | undefined } = {},
): Promise<RunStatus> {
  const isDone = !(await store.cells(runId)).some(isOpen);
  const isLeft = !isDone && !(await isHeld(store, runId, leaseMs, own));
  const status: RunStatus = isDone ? 'finished' : isLeft ? 'interrupted' : 'running';
  const before = (await store.getRun(runId))?.status;
  if (status !== 'running' && status !== before) await store.setRunStatus(runId, status);
  return status;
}

/** Whether others hold a part of a run, or will take one. Who waits for work of a run that was cancelled leaves as well. */
async function isHeld(store: Store, runId: string, leaseMs: number, own: string | undefined): Promise<boolean> {
  const { held, isStopRequested } = await store.openWork(runId, leaseMs);
  if (held > 0 || isStopRequested) return held > 0;
  const workers = await store.workers(runId);
  const self = workers.find(({ id }) => id === own);
  const isThere = ({ id, state, seenAtMs }: StoredWorker): boolean =>
    id !== own && (state === 'working' || state === 'waiting') && seenAtMs > (self?.seenAtMs ?? 0) - leaseMs;
  // Of the worker's own order nobody may be left; where somebody is, that one says so when it starts.
  const jobs = newestAttempts(await store.jobs(runId)).filter(({ name }) => name !== self?.job);
  return workers.some(isThere) || jobs.some(({ state }) => isAlive(state));
}
