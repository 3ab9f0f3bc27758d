import type { CellError } from '../core/cell.ts';
import type { LoadedModel } from '../core/engine.ts';
import { ChangedCellError, EngineError, PerbenchError, UnsupportedError } from '../core/errors.ts';
import type { Store } from '../core/store.ts';
import { schemaOf } from './ask-items.ts';
import { cellKey, earlierCellKey, launchedFacts, modelDifferences } from './content-key.ts';
import type { PlannedTask, RunPlan } from './plan.ts';
import type { CellJob } from './strategy.ts';

/**
 * Checks that a model can do the task of a cell, and that what decides its answers is what the cell began with, here or
 * elsewhere; a cell without answers begins with it.
 *
 * @throws {UnsupportedError} if it can't
 * @throws {ChangedCellError} if the cell began with something else
 * @throws {FencedError | StoreError} as the store
 */
export async function checkCell(
  store: Pick<Store, 'setCellKey'>,
  { cell, claim, planned, model: plannedModel }: CellJob,
  model: LoadedModel,
  { suite, manifest }: Pick<RunPlan, 'suite' | 'manifest'>,
): Promise<void> {
  requireCapability(model, planned);
  const key = cellKey(plannedModel, model.info, planned, suite);
  if (await store.setCellKey(claim, key, earlierCellKey(plannedModel, model.info, planned, suite))) return;
  // As far as the manifest tells.
  const now = launchedFacts(plannedModel.facts, model.info);
  const differences = modelDifferences(manifest, plannedModel.spec.name, now);
  const detail = differences.length === 0 ? '' : ` (${differences.join('; ')})`;
  throw new ChangedCellError(
    `${cell.model} on ${cell.taskId} cannot be resumed: its model, engine or data has changed${detail}`,
    {
      hint: 'Start a new run, or restore the model, engine build and data of this one.',
    },
  );
}

function requireCapability({ capabilities, info }: LoadedModel, planned: PlannedTask): void {
  const { generate, loglikelihood, whyNoLoglikelihood, structuredOutput } = capabilities;
  const { id, kind } = planned.task;
  if (kind === 'generate' ? generate : loglikelihood) {
    if (info.structuredOutput !== true || structuredOutput === true || schemaOf(planned) === undefined) return;
    throw new UnsupportedError(`${id} needs structured output, which the engine does not support for this model`, {
      hint: 'Leave structuredOutput out: the answers are then checked, but not held to the schema.',
    });
  }
  const why = kind === 'loglikelihood' && whyNoLoglikelihood !== undefined ? `: ${whyNoLoglikelihood}` : '';
  throw new UnsupportedError(`${id} needs ${kind}, which the engine does not support for this model${why}`);
}

/** What an engine may say when it is stopped in the middle; anything else is worth telling. */
export function isInterruption(error: unknown): boolean {
  return error instanceof EngineError || (error instanceof Error && error.name === 'AbortError');
}

/** An error as a cell keeps it. */
export function describeError(error: unknown): CellError {
  if (error instanceof PerbenchError) {
    const detail = error instanceof EngineError ? error.detail : undefined;
    return { code: error.code, message: error.message, hint: error.hint, ...(detail !== undefined && { detail }) };
  }
  // A bug of ours concerns this cell alone, and must be seen with its place.
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'PB_BUG', message: text };
}
