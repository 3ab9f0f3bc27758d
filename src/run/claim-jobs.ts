import { setTimeout as sleep } from 'node:timers/promises';
import type { Cell } from '../core/cell.ts';
import type { CellJob } from './cell-job.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { RunDependencies, RunPlan } from './plan.ts';

const lookAgainMs = 500;

/** Claims what can be claimed of one model's cells; what another process holds is left to it. */
export async function claimJobs(
  cells: readonly Cell[],
  plan: RunPlan,
  dependencies: RunDependencies,
  leaseMs: number,
  leases: LeaseKeeper,
): Promise<CellJob[]> {
  const jobs: CellJob[] = [];
  for (const cell of cells) {
    if (cell.state !== 'pending' && cell.state !== 'running') continue;
    const planned = plan.tasks.find(({ task }) => task.id === cell.taskId);
    if (planned === undefined) continue;
    const claim = await dependencies.store.claimCell(cell.id, dependencies.owner, leaseMs);
    if (claim === undefined) continue;
    leases.hold(claim);
    jobs.push({ cell, claim, planned });
  }
  return jobs;
}

/** Says whom a run waits for, and for how long at most. */
export function waitingText(cells: number, leaseMs: number): string {
  const what = cells === 1 ? 'one cell that another process holds' : `${cells} cells that other processes hold`;
  return `waiting for ${what}; one that has died loses it within ${Math.round(leaseMs / 1000)} s`;
}

/** A moment before looking again; shorter when the run is told to stop. */
export async function pauseBeforeLooking(signal: AbortSignal): Promise<void> {
  await sleep(lookAgainMs, undefined, { signal }).catch(() => undefined);
}
