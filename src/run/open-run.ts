import { ConfigError, UsageError } from '../core/errors.ts';
import { hostsText } from '../core/hardware-class.ts';
import { createRunId } from '../core/run-id.ts';
import type { NewCell, RunRecord, Store } from '../core/store.ts';
import { blocksOf } from './item-blocks.ts';
import type { RunPlan } from './plan.ts';

function plannedCells({ suite, models, tasks }: RunPlan, runId: string): NewCell[] {
  return models.flatMap(({ spec }, modelIndex) =>
    tasks.map((planned, taskIndex) => {
      const { task, order } = planned;
      const position = modelIndex * tasks.length + taskIndex;
      return {
        id: `${runId}.${position}`,
        model: spec.name,
        taskId: task.id,
        protocol: suite.protocol,
        position,
        items: order.length,
        blocks: blocksOf(planned, suite.shards),
      };
    }),
  );
}

function checkNames(plan: RunPlan): void {
  const seen = new Set<string>();
  for (const { spec } of plan.models) {
    if (seen.has(spec.name)) {
      throw new ConfigError({ file: 'suite', key: 'models' }, `two models have the name "${spec.name}"`, {
        hint: 'Give one of them another `name` in a suite file.',
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
 * @throws {UsageError} if `resumeId` names a run that asks something else, or that another scorer has scored; and if the
 *   unfinished run wants other machines
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

/**
 * The run that `openRun` would take up; undefined where it would write a new one.
 *
 * @throws {UsageError} as `openRun`
 */
export async function findOpenRun(
  plan: RunPlan,
  store: Store,
  { resumeId, isFresh = false }: Pick<OpenRunOptions, 'resumeId' | 'isFresh'>,
): Promise<RunRecord | undefined> {
  const { suiteKey } = plan;
  if (resumeId === undefined) {
    if (isFresh) return undefined;
    const open = await store.latestRun({ suiteKey, status: ['running', 'interrupted'] });
    // Scores of two scorers would be mixed: that is another run.
    if (open === undefined || changedScorers(open, plan).length > 0) return undefined;
    checkSameHosts(open, plan);
    return open;
  }
  const run = await store.getRun(resumeId);
  if (run !== undefined && run.suiteKey !== suiteKey) {
    throw new UsageError(`run ${run.id} cannot be resumed: its models, data, tasks or settings have changed`, {
      hint: 'Start a new run, or restore the files of this one.',
    });
  }
  const changed = run === undefined ? [] : changedScorers(run, plan);
  if (run !== undefined && changed.length > 0) {
    throw new UsageError(
      `run ${run.id} cannot be resumed: the scorer of ${changed.join(', ')} has changed, and it has answers scored by the one before`,
      { hint: `Score them again first: perbench rescore ${run.id}` },
    );
  }
  return run;
}

/** Times of both could not stand side by side, and whoever has changed `hosts` expects that it is heeded. */
function checkSameHosts({ id, suite: { hosts } }: RunRecord, { suite }: RunPlan): void {
  const textOf = (wanted: typeof hosts): string => (wanted === undefined ? 'one class of hardware' : hostsText(wanted));
  if (textOf(hosts) === textOf(suite.hosts)) return;
  throw new UsageError(`run ${id} asks the same and is unfinished, and its times count on ${textOf(hosts)}`, {
    hint: `Start another run with --fresh, or go on with that one: perbench resume ${id}`,
  });
}

/** The tasks whose scorer is another module now than that of a run, by id. */
function changedScorers({ manifest }: RunRecord, { tasks }: RunPlan): readonly string[] {
  return tasks
    .filter(({ task, facts }) => facts.own?.scorerSha256 !== manifest.tasks[task.id]?.own?.scorerSha256)
    .map(({ task }) => task.id);
}
