import type { JobRecord, Launcher, WorkerOrder } from '../../core/cluster.ts';
import { LauncherError } from '../../core/errors.ts';
import type { Store } from '../../core/store.ts';
import { isOpenCell } from './followed-cells.ts';

/** In milliseconds: within this time a submission ends and its engine lists it; until then others leave it alone. */
export const submissionMs = 60_000;

export interface SubmitOptions extends Pick<JobRecord, 'cluster' | 'workingFolder' | 'tries'> {
  readonly store: Store;
  readonly launcher: Launcher;
}

/**
 * Submits an order, or leaves it to another process that does so now: then undefined. The record comes first: after a crash
 * in between, the engine is asked for the same name again.
 *
 * @throws {LauncherError} if the engine can't be reached, or refuses it
 */
export async function submitOrder(
  order: WorkerOrder,
  { store, launcher, cluster, workingFolder, tries }: SubmitOptions,
): Promise<(JobRecord & { readonly handle: string }) | undefined> {
  const progress = await progressOf(store, order);
  const from = { cluster, workingFolder, tries, progress, launcher: launcher.name };
  const job = { ...order, ...from, state: 'pending', reason: undefined } as const;
  if (!(await store.claimJob({ ...job, handle: undefined }, submissionMs))) return undefined;
  const handle = await launcher.submit(order).catch(async (error: unknown) => {
    const isRefusal = error instanceof LauncherError && error.isRefusal;
    const why = isRefusal ? ({ state: 'failed', reason: error.message } as const) : ({ state: 'lost' } as const);
    // Whoever tries it next needn't wait; why it failed matters more than that this can't be written.
    await store.putJob({ ...job, handle: undefined, ...why }).catch(() => undefined);
    throw error;
  });
  const submitted = { ...job, handle };
  await store.putJob(submitted);
  return submitted;
}

/** Rises with whatever becomes of the cells of an order. */
export async function progressOf(
  store: Store,
  { runId, models }: Pick<WorkerOrder, 'runId' | 'models'>,
): Promise<number> {
  const counts = await store.sampleCounts(runId);
  let progress = 0;
  for (const cell of await store.cells(runId)) {
    if (!models.includes(cell.model)) continue;
    const passes = await store.passResults(cell.id);
    progress += (counts.get(cell.id) ?? 0) + passes.length + (isOpenCell(cell) ? 0 : 1);
  }
  return progress;
}
