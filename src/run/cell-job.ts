import type { Cell, CellError, CellMeasurements } from '../core/cell.ts';
import type { LoadedModel } from '../core/engine.ts';
import { FencedError, PerbenchError, UnsupportedError } from '../core/errors.ts';
import type { RunEvent } from '../core/event.ts';
import type { Claim } from '../core/store.ts';
import { type CellPassOptions, runCellPasses } from './cell-passes.ts';
import { cellKey, launchedFacts, modelDifferences } from './content-key.ts';
import { measureCell } from './measure-cell.ts';
import { plannedConcurrency } from './suite-engine.ts';
import type { PlannedModel, PlannedTask, RunDependencies, RunPlan } from './plan.ts';

/** A claimed cell with all that is needed to work on it. */
export interface CellJob {
  readonly cell: Cell;
  readonly claim: Claim;
  readonly planned: PlannedTask;
}

/** What the jobs of one run share. */
export interface JobContext {
  readonly plan: RunPlan;
  readonly dependencies: RunDependencies;
  readonly leaseMs: number;
  readonly forceSignal: AbortSignal;
  readonly emit: (event: RunEvent) => void;
  readonly onFirstPrompt: (
    job: CellJob,
    prompt: { readonly sha256: string; readonly tokenIds: readonly number[] },
  ) => void;
}

/** An error as a cell keeps it. */
export function describeError(error: unknown): CellError {
  if (error instanceof PerbenchError) return { code: error.code, message: error.message, hint: error.hint };
  // A bug of ours concerns this cell alone, and must be seen with its place.
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'PB_BUG', message: text };
}

function requireCapability(model: LoadedModel, { task }: PlannedTask): void {
  const isAble = task.kind === 'generate' ? model.capabilities.generate : model.capabilities.loglikelihood;
  if (isAble) return;
  const why = task.kind === 'loglikelihood' ? model.capabilities.whyNoLoglikelihood : undefined;
  throw new UnsupportedError(
    `${task.id} needs ${task.kind}, which this engine can't do for this model${why === undefined ? '' : `: ${why}`}`,
  );
}

/** Says what differs from what the run began with, as far as the manifest tells. */
function changedError(
  { plan }: JobContext,
  { cell }: CellJob,
  planned: PlannedModel,
  model: LoadedModel,
): PerbenchError {
  const differences = modelDifferences(plan.manifest, planned.spec.name, launchedFacts(planned.facts, model.info));
  const detail = differences.length === 0 ? '' : ` (${differences.join('; ')})`;
  return new UnsupportedError(`what decides ${cell.model} on ${cell.taskId} changed since this run began${detail}`, {
    hint: 'Start a new run, or put back the model, engine build or data that the run began with.',
  });
}

/**
 * Checks that the model can do the task, and that what decides its answers is what the cell began with.
 *
 * @throws {UnsupportedError} if not
 */
export async function checkCell(
  context: JobContext,
  job: CellJob,
  model: LoadedModel,
  plannedModel: PlannedModel,
): Promise<void> {
  const { cell, claim, planned } = job;
  requireCapability(model, planned);
  const key = cellKey(plannedModel, model.info, planned, context.plan.suite);
  if (cell.key !== undefined && cell.key !== key) throw changedError(context, job, plannedModel, model);
  await context.dependencies.store.setCellKey(claim, key);
}

/** Runs what one launch owes of a cell. */
export async function workOnCell(
  context: JobContext,
  job: CellJob,
  model: LoadedModel,
  plannedModel: PlannedModel,
  launch: number,
  lost: AbortSignal,
): Promise<void> {
  const { plan, dependencies, emit, leaseMs } = context;
  const { cell, claim, planned } = job;
  await checkCell(context, job, model, plannedModel);
  const options: CellPassOptions = {
    suite: plan.suite,
    store: dependencies.store,
    claim,
    leaseMs,
    stopSignal: AbortSignal.any([dependencies.signal, lost]),
    forceSignal: AbortSignal.any([context.forceSignal, lost]),
    onPassStart: (pass, concurrency) => emit({ type: 'pass-start', cellId: cell.id, pass, launch, concurrency }),
    onPassEnd: (result) => emit({ type: 'pass-end', cellId: cell.id, pass: result.pass, launch, result }),
    onFailure: (itemId, message) => emit({ type: 'sample-error', cellId: cell.id, itemId, message }),
    onFirstPrompt: (prompt) => context.onFirstPrompt(job, prompt),
  };
  await runCellPasses(
    {
      model,
      planned,
      meter: dependencies.meter,
      launch,
      concurrency: plannedConcurrency(plan.suite),
      ceiling: dependencies.ceiling,
      framesDrawn: dependencies.framesDrawn ?? (() => 0),
      onProgress: (pass, progress) => emit({ type: 'pass-progress', cellId: cell.id, pass, launch, progress }),
    },
    options,
  );
  if (lost.aborted) throw lost.reason;
}

/** Ends a cell with what was measured so far; a failed one keeps its numbers for people, never for scores. */
export async function endJob(context: JobContext, job: CellJob, error?: unknown): Promise<void> {
  const { store } = context.dependencies;
  const { cell, claim, planned } = job;
  if (error instanceof FencedError) {
    context.emit({ type: 'warning', message: `${cell.model} on ${cell.taskId}: another process took this cell over` });
    return;
  }
  const measurements: CellMeasurements = await measureCell(store, cell.id, planned.task, context.plan.suite);
  const state = error === undefined ? 'done' : error instanceof UnsupportedError ? 'unavailable' : 'failed';
  const described = error === undefined ? undefined : describeError(error);
  await store.endCell(claim, { state, measurements, error: described });
  context.emit({ type: 'cell-end', cellId: cell.id, state, measurements, error: described });
}
