import type { Manifest } from '../../core/manifest.ts';
import type { RaceRecord, RaceTaskRecord } from '../../core/race.ts';
import type { Cell } from '../../core/cell.ts';
import { claimJobs, pauseBeforeLooking, waitingText } from '../claim-jobs.ts';
import type { JobContext } from '../cell-job.ts';
import type { LeaseKeeper } from '../lease-keeper.ts';
import type { ManifestKeeper } from '../manifest-keeper.ts';
import type { PlannedTask } from '../plan.ts';
import { createLane, type RaceLane } from './race-lane.ts';

/** What the race of one task needs of its run. */
export interface RaceWorld {
  readonly context: JobContext;
  readonly runId: string;
  readonly planned: PlannedTask;
  readonly leases: LeaseKeeper;
  readonly manifest: ManifestKeeper;
}

const isOpen = ({ state }: Cell): boolean => state === 'pending' || state === 'running';

/** The race as it is stored. */
export async function readRace({ context, runId }: Pick<RaceWorld, 'context' | 'runId'>): Promise<RaceRecord> {
  const run = await context.dependencies.store.getRun(runId);
  if (run?.manifest.race === undefined) throw new Error(`run ${runId} is no race`);
  return run.manifest.race;
}

function withTask(manifest: Manifest, taskId: string, change: (task: RaceTaskRecord) => RaceTaskRecord): Manifest {
  const task = manifest.race?.tasks[taskId];
  if (manifest.race === undefined || task === undefined) return manifest;
  return { ...manifest, race: { ...manifest.race, tasks: { ...manifest.race.tasks, [taskId]: change(task) } } };
}

/** Changes the stored race of one task. */
export function changeRace(
  { manifest, planned }: Pick<RaceWorld, 'manifest' | 'planned'>,
  change: (task: RaceTaskRecord) => RaceTaskRecord,
): Promise<void> {
  return manifest.change((stored) => withTask(stored, planned.task.id, change));
}

/** A model that failed and is tried again comes last, like one that was added later: nobody's test changes. */
async function moveRetried(world: RaceWorld, task: RaceTaskRecord, cells: readonly Cell[]): Promise<RaceTaskRecord> {
  const open = new Set(cells.filter(isOpen).map(({ model }) => model));
  const retried = task.decisions.filter(({ model }) => open.has(model)).map(({ model }) => model);
  if (retried.length === 0) return task;
  const isRetried = ({ model }: { readonly model: string }): boolean => retried.includes(model);
  const change = (stored: RaceTaskRecord): RaceTaskRecord => {
    const { certificate: _, open: __, ...rest } = stored;
    return {
      ...rest,
      entrants: [...stored.entrants.filter((entrant) => !isRetried(entrant)), ...stored.entrants.filter(isRetried)],
      decisions: stored.decisions.filter((decision) => !isRetried(decision)),
    };
  };
  await changeRace(world, change);
  return change(task);
}

export interface OpenedRace {
  readonly record: RaceTaskRecord;
  readonly lanes: readonly RaceLane[];
}

/**
 * Claims every cell of a task that is still open: one process alone runs its race. Cells are claimed in a fixed order, so
 * of two processes the first to claim gets them all.
 *
 * @returns undefined where there is nothing to do: it is decided, or the run was told to stop
 */
export async function openRace(world: RaceWorld): Promise<OpenedRace | undefined> {
  const { context, runId, planned, leases } = world;
  const { plan, dependencies, leaseMs, emit } = context;
  const { store, signal } = dependencies;
  const jobs = new Map<string, NonNullable<RaceLane['job']>>();
  for (let round = 0; !signal.aborted; round += 1) {
    const cells = (await store.cells(runId)).filter(({ taskId }) => taskId === planned.task.id);
    const missing = cells.filter((cell) => isOpen(cell) && !jobs.has(cell.id));
    for (const cell of missing) {
      const [job] = await claimJobs([cell], plan, dependencies, leaseMs, leases);
      if (job === undefined) break;
      jobs.set(cell.id, job);
    }
    const held = cells.filter((cell) => isOpen(cell) && !jobs.has(cell.id)).length;
    if (held === 0) {
      const stored = (await readRace(world)).tasks[planned.task.id];
      if (stored === undefined) throw new Error(`run ${runId} has no race of ${planned.task.id}`);
      if (stored.certificate !== undefined && jobs.size === 0) return undefined;
      const record = await moveRetried(world, stored, cells);
      const lanes = record.entrants.map((facts) => createLane(plan, planned, facts, cells));
      for (const lane of lanes) lane.job = jobs.get(lane.cell.id);
      for (const { cell, claim } of jobs.values()) {
        const finishedItems = (await store.sampleSummary(cell.id)).items;
        emit({ type: 'cell-start', cellId: cell.id, attempt: claim.attempt, finishedItems });
      }
      return { record, lanes };
    }
    if (round === 0) emit({ type: 'warning', message: waitingText(held, leaseMs) });
    await pauseBeforeLooking(signal);
  }
  for (const { claim } of jobs.values()) {
    leases.drop(claim);
    await store.releaseCell(claim);
  }
  return undefined;
}
