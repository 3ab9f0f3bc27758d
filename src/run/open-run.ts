import { ConfigError, UsageError } from '../core/errors.ts';
import { createRunId } from '../core/run-id.ts';
import type { NewCell, RunRecord, Store } from '../core/store.ts';
import type { RunPlan } from './plan.ts';

function plannedCells({ suite, models, tasks }: RunPlan, runId: string): NewCell[] {
  return models.flatMap(({ spec }, modelIndex) =>
    tasks.map(({ task, order }, taskIndex) => {
      const position = modelIndex * tasks.length + taskIndex;
      return {
        id: `${runId}.${position}`,
        model: spec.name,
        taskId: task.id,
        protocol: suite.protocol,
        position,
        items: order.length,
      };
    }),
  );
}

function checkNames(plan: RunPlan): void {
  const seen = new Set<string>();
  for (const { spec } of plan.models) {
    if (seen.has(spec.name)) {
      throw new ConfigError({ file: 'suite', key: 'models' }, `two models have the name "${spec.name}"`, {
        hint: 'Change the `name` of one of them.',
      });
    }
    seen.add(spec.name);
  }
}

export interface OpenRunOptions {
  readonly resumeId?: string;
  /** A new run even where an unfinished one asks the same. */
  readonly isFresh?: boolean;
  /** Cells that failed are tried again, with the samples that they have. */
  readonly retryFailed?: boolean;
  readonly now: Date;
  /** Uniform in [0, 1); makes ids of the same second differ. */
  readonly random: () => number;
}

/**
 * The run to work on: the unfinished one that asks exactly the same, or a new one.
 *
 * @throws {UsageError} if `resumeId` names a run that asks something else
 */
export async function openRun(
  plan: RunPlan,
  store: Store,
  options: OpenRunOptions,
): Promise<{ readonly runId: string; readonly isResumed: boolean }> {
  checkNames(plan);
  const open = await findOpenRun(plan, store, options);
  if (open !== undefined) {
    if (options.retryFailed === true) await store.resetFailed(open.id);
    return { runId: open.id, isResumed: true };
  }
  const id = createRunId(options.now.getTime(), options.random);
  const { suite, suiteKey, manifest } = plan;
  const run = {
    id,
    name: suite.name,
    createdAtMs: options.now.getTime(),
    suite,
    suiteKey,
    protocol: suite.protocol,
    manifest,
  };
  await store.createRun(run, plannedCells(plan, id));
  return { runId: id, isResumed: false };
}

async function findOpenRun(
  { suiteKey }: RunPlan,
  store: Store,
  { resumeId, isFresh = false }: OpenRunOptions,
): Promise<RunRecord | undefined> {
  if (resumeId === undefined) {
    return isFresh ? undefined : store.latestRun({ suiteKey, status: ['running', 'interrupted'] });
  }
  const run = await store.getRun(resumeId);
  if (run !== undefined && run.suiteKey !== suiteKey) {
    throw new UsageError(`run ${run.id} cannot be resumed: its models, data, tasks or settings have changed`, {
      hint: 'Start a new run, or restore the files of this one.',
    });
  }
  return run;
}
