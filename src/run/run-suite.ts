import { setTimeout as sleep } from 'node:timers/promises';
import type { Cell } from '../core/cell.ts';
import type { LoadedModel } from '../core/engine.ts';
import type { RunEvent } from '../core/event.ts';
import type { Manifest } from '../core/manifest.ts';
import type { RunStatus } from '../core/store.ts';
import type { CellJob, JobContext } from './cell-job.ts';
import { launchedFacts } from './content-key.ts';
import { createEventChannel } from './event-channel.ts';
import { createLeaseKeeper, type LeaseKeeper } from './lease-keeper.ts';
import { runModelSession } from './model-session.ts';
import { defaultLeaseMs, nowMs, type PlannedModel, type RunDependencies, type RunPlan } from './plan.ts';
import { createRunCostMeter } from './run-cost.ts';

const lookAgainMs = 500;

/** How long answers in flight may take after the run was told to stop. */
const graceMs = 10_000;

export interface RunSuiteOptions {
  readonly plan: RunPlan;
  readonly dependencies: RunDependencies;
  /** In the store already: see `openRun`. */
  readonly runId: string;
  readonly isResumed: boolean;
}

/** Claims what can be claimed of one model's cells; what another process holds is left to it. */
async function claimJobs(
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

/** Merges what a launch or a first prompt tells into the stored manifest, one change after the other. */
function createManifestKeeper({ store }: RunDependencies, runId: string) {
  let queue = Promise.resolve();
  return {
    change(change: (manifest: Manifest) => Manifest): Promise<void> {
      queue = queue.then(async () => {
        const run = await store.getRun(runId);
        if (run !== undefined) await store.updateManifest(runId, change(run.manifest));
      });
      // Not everybody waits for a change: one that failed is told of by `written`, never as an unhandled rejection.
      queue.catch(() => undefined);
      return queue;
    },
    /** Waits for every change; throws what made one fail. */
    written: (): Promise<void> => queue,
  };
}

function withModel(manifest: Manifest, { spec, facts }: PlannedModel, model: LoadedModel): Manifest {
  return { ...manifest, models: { ...manifest.models, [spec.name]: launchedFacts(facts, model.info) } };
}

function withFirstPrompt(
  manifest: Manifest,
  { cell }: CellJob,
  prompt: { readonly sha256: string; readonly tokenIds: readonly number[] },
): Manifest {
  const facts = manifest.tasks[cell.taskId];
  if (facts === undefined || facts.firstPrompts[cell.model] !== undefined) return manifest;
  const firstPrompts = { ...facts.firstPrompts, [cell.model]: prompt };
  return { ...manifest, tasks: { ...manifest.tasks, [cell.taskId]: { ...facts, firstPrompts } } };
}

function waitingText(cells: number, leaseMs: number): string {
  const what = cells === 1 ? 'one cell that another process holds' : `${cells} cells that other processes hold`;
  return `waiting for ${what}; one that has died loses it within ${Math.round(leaseMs / 1000)} s`;
}

/** A moment before looking again; shorter when the run is told to stop. */
async function pause(signal: AbortSignal): Promise<void> {
  await sleep(lookAgainMs, undefined, { signal }).catch(() => undefined);
}

async function runModels(
  { plan, dependencies, runId }: RunSuiteOptions,
  emit: (event: RunEvent) => void,
  forceSignal: AbortSignal,
): Promise<void> {
  const leaseMs = dependencies.leaseMs ?? defaultLeaseMs;
  using leases = createLeaseKeeper(dependencies.store, leaseMs);
  const manifest = createManifestKeeper(dependencies, runId);
  const context: JobContext = {
    plan,
    dependencies,
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
    await pause(signal);
  }
  await manifest.written();
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

/**
 * Runs every cell of a run that is still open, and says what happens.
 *
 * Ends with `run-end`, also when `dependencies.signal` aborts: then what is in flight is finished (for at most ten
 * seconds), saved, and the run can be resumed.
 *
 * @throws {StoreError} if results can no longer be stored
 */
export async function* runSuite(options: RunSuiteOptions): AsyncGenerator<RunEvent, void, void> {
  const { dependencies, runId, isResumed, plan } = options;
  const { store, signal } = dependencies;
  const channel = createEventChannel<RunEvent>();
  const force = createForceSignal(signal);
  const cost = createRunCostMeter(dependencies.framesDrawn ?? (() => 0));
  const startedMs = nowMs();
  await store.setRunStatus(runId, 'running');
  yield { type: 'run-start', runId, name: plan.suite.name, cells: await store.cells(runId), isResumed };

  for (const { task, facts } of plan.tasks) {
    for (const note of facts.notes) yield { type: 'warning', message: `${task.id}: ${note}` };
    if (facts.skippedRows > 0)
      yield { type: 'warning', message: `${task.id}: ${facts.skippedRows} rows were left out` };
  }
  const work = runModels(
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
    await work;
    force.dispose();
  }
  const cells = await store.cells(runId);
  const isOpen = cells.some(({ state }) => state === 'pending' || state === 'running');
  const status: RunStatus = isOpen ? (signal.aborted ? 'interrupted' : 'running') : 'finished';
  await store.setRunStatus(runId, status, cost.stop(nowMs() - startedMs));
  const failedCells = cells.filter(({ state }) => state === 'failed' || state === 'unavailable').length;
  yield { type: 'run-end', runId, status, failedCells };
}
