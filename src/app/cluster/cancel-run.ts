import { isAlive, type JobRecord, type Launcher } from '../../core/cluster.ts';
import { LauncherError } from '../../core/errors.ts';
import { defaultLeaseMs, type RunRecord, type Store } from '../../core/store.ts';
import { byLauncher, type OpenLauncher } from './job-launchers.ts';
import { cancelledHere } from './job-states.ts';

export interface CancelledRun {
  /** Names of jobs that their engine was told to end. */
  readonly cancelled: readonly string[];
  /** Cells that workers still hold: they finish what is in flight and give them back. */
  readonly held: number;
  /** Why jobs could not be cancelled by their engine, a line for each; their workers find the flag in the store. */
  readonly problems: readonly string[];
}

/**
 * Ends all work on a run, wherever it goes on; what was answered and measured is kept. The flag in the store comes first:
 * a worker looks at it before it does anything, so one that an engine starts all the same leaves at once.
 *
 * @param open opens the launchers that jobs were submitted by
 */
export async function cancelRun(
  store: Store,
  { id }: Pick<RunRecord, 'id'>,
  open: OpenLauncher,
): Promise<CancelledRun> {
  await store.requestStop(id, true);
  const jobs = (await store.jobs(id)).filter(({ state }) => isAlive(state));
  const cancelled: string[] = [];
  const problems: string[] = [];
  for (const own of byLauncher(jobs, open)) {
    try {
      await cancelJobs(own.jobs, await own.open(), store);
      cancelled.push(...own.jobs.map((job) => job.name));
    } catch (error) {
      if (!(error instanceof LauncherError)) throw error;
      problems.push(error.message);
    }
  }
  const { status } = (await store.getRun(id)) ?? {};
  if (status === 'running') await store.setRunStatus(id, 'interrupted');
  const { held } = await store.openWork(id, defaultLeaseMs);
  return { cancelled, held, problems };
}

async function cancelJobs(jobs: readonly JobRecord[], launcher: Launcher, store: Store): Promise<void> {
  await launcher.cancel(jobs.map(({ name }) => name));
  for (const job of jobs) await store.putJob({ ...job, ...cancelledHere });
}
