import { randomBytes } from 'node:crypto';
import { ConfigError, UsageError } from '../core/errors.ts';
import type { NewCell, RunRecord, Store } from '../core/store.ts';
import type { RunPlan } from './plan.ts';

/** `20261124-163012-k3f9`: sorts by time, unique enough for people to type its start. */
export function newRunId(date: Date): string {
  const stamp = date.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${randomBytes(4).readUInt32LE(0).toString(36).padStart(4, '0').slice(-4)}`;
}

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
      throw new ConfigError({ file: 'suite', key: 'models' }, `two models are called "${spec.name}"`, {
        hint: 'Give one of them another `name`.',
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
  const id = newRunId(options.now);
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
    throw new UsageError(`run ${run.id} asks something else: its models, data, tasks or settings changed since`, {
      hint: 'Start a new run, or restore the files that the run began with.',
    });
  }
  return run;
}
