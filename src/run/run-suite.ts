import { join } from 'node:path';
import { nowMs } from '../core/clock.ts';
import type { RunEvent } from '../core/event.ts';
import type { RunStatus } from '../core/store.ts';
import type { JobContext } from './cell-job.ts';
import { claimJobs, pauseBeforeLooking, waitingText } from './claim-jobs.ts';
import { createEventChannel } from './event-channel.ts';
import { createLeaseKeeper } from './lease-keeper.ts';
import { createManifestKeeper, withFirstPrompt, withModel } from './manifest-keeper.ts';
import { runModelSession } from './model-session.ts';
import { defaultLeaseMs, type RunDependencies, type RunPlan } from './plan.ts';
import { createRunCostMeter } from './run-cost.ts';

/** How long answers in flight may take after the run was told to stop. */
const graceMs = 10_000;

export interface RunSuiteOptions {
  readonly plan: RunPlan;
  readonly dependencies: RunDependencies;
  /** In the store already: see `openRun`. */
  readonly runId: string;
  readonly isResumed: boolean;
}

/** Works on the cells of a run until none is left to do, or it is told to stop. */
export type RunWork = (
  options: RunSuiteOptions,
  emit: (event: RunEvent) => void,
  forceSignal: AbortSignal,
) => Promise<void>;

const runModels: RunWork = async ({ plan, dependencies, runId }, emit, forceSignal) => {
  const leaseMs = dependencies.leaseMs ?? defaultLeaseMs;
  using leases = createLeaseKeeper(dependencies.store, leaseMs);
  const manifest = createManifestKeeper(dependencies, runId);
  const { logFolder } = dependencies;
  const context: JobContext = {
    plan,
    dependencies: { ...dependencies, ...(logFolder !== undefined && { logFolder: join(logFolder, runId) }) },
    leaseMs,
    forceSignal,
    emit,
    onFirstPrompt: (job, prompt) => void manifest.change((stored) => withFirstPrompt(stored, job, prompt)),
  };
  const { store, signal } = dependencies;
  for (let round = 0; !signal.aborted; round += 1) {
    for (const planned of plan.models) {
      if (signal.aborted) break;
      const cells = (await store.cells(runId)).filter(({ model }) => model === planned.spec.name);
      const jobs = await claimJobs(cells, plan, dependencies, leaseMs, leases);
      if (jobs.length === 0) continue;
      await runModelSession(context, planned, jobs, leases, (model) =>
        manifest.change((stored) => withModel(stored, planned, model)),
      );
    }
    const held = (await store.cells(runId)).filter(({ state }) => state === 'running').length;
    if (held === 0) break;
    if (round === 0) emit({ type: 'warning', message: waitingText(held, leaseMs) });
    await pauseBeforeLooking(signal);
  }
  await manifest.written();
};

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

/**
 * Runs every cell of a run that is still open, and says what happens.
 *
 * Ends with `run-end`, also when `dependencies.signal` aborts: then what is in flight is finished (for at most ten
 * seconds), saved, and the run can be resumed.
 *
 * @param work by default every cell in full, model by model
 * @throws {StoreError} if results can no longer be stored
 */
export async function* runSuite(
  options: RunSuiteOptions,
  work: RunWork = runModels,
): AsyncGenerator<RunEvent, void, void> {
  const { dependencies, runId, isResumed, plan } = options;
  const { store, signal } = dependencies;
  const channel = createEventChannel<RunEvent>();
  const force = createForceSignal(signal);
  const cost = createRunCostMeter(dependencies.framesDrawn ?? (() => 0));
  const startedMs = nowMs();
  await store.setRunStatus(runId, 'running');
  yield { type: 'run-start', runId, name: plan.suite.name, cells: await store.cells(runId), isResumed };

  for (const { task, facts } of plan.tasks) {
    for (const note of facts.notes) yield { type: 'warning', message: note };
    if (facts.skippedRows > 0)
      yield { type: 'warning', message: `${task.id}: rows that were left out: ${facts.skippedRows}` };
  }
  const working = work(
    options,
    (event) => {
      if (event.type === 'pass-end') cost.addEngineCpu(event.result.host.engineCpuMs);
      channel.push(event);
    },
    force.signal,
  ).then(
    () => channel.close(),
    (error: unknown) => channel.close(error instanceof Error ? error : new Error(String(error))),
  );
  try {
    yield* channel;
  } finally {
    await working;
    force.dispose();
  }
  const cells = await store.cells(runId);
  const isOpen = cells.some(({ state }) => state === 'pending' || state === 'running');
  const status: RunStatus = isOpen ? (signal.aborted ? 'interrupted' : 'running') : 'finished';
  await store.setRunStatus(runId, status, cost.stop(nowMs() - startedMs));
  const failedCells = cells.filter(({ state }) => state === 'failed' || state === 'unavailable').length;
  yield { type: 'run-end', runId, status, failedCells };
}
