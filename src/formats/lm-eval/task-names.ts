import { safeFileName } from '../../core/file-names.ts';
import { taskVersion } from '../write-parts.ts';

/** A task of lm-eval under one of its filters, and the task of perbench that asks the same. */
export interface LmEvalTask {
  readonly taskId: string;
  readonly name: string;
  /** Of a task of the user's own, the digits of its definition. */
  readonly version: number | string;
  readonly filter: string;
  /** Headline metric. */
  readonly metric: string;
  readonly shots: number;
  /** lm-eval gives this task's metrics from 0 to 100. */
  readonly isPercent: boolean;
}

function same(
  taskId: string,
  name: string,
  version: number,
  metric: string,
  { filter = 'none', shots = 0, isPercent = false }: Partial<Pick<LmEvalTask, 'filter' | 'shots' | 'isPercent'>> = {},
): LmEvalTask {
  return { taskId, name, version, metric, filter, shots, isPercent };
}

/** Tasks that ask the same on both sides, to the character; the versions are those of lm-eval 0.4.13. */
const sameTasks: readonly LmEvalTask[] = [
  same('hellaswag/lmeval@1', 'hellaswag', 1, 'acc_norm'),
  same('arc_easy/lmeval@1', 'arc_easy', 1, 'acc'),
  same('squad2/lmeval@1', 'squadv2', 3, 'exact', { isPercent: true }),
  same('gsm8k/lmeval5-strict@1', 'gsm8k', 3, 'exact_match', { filter: 'strict-match', shots: 5 }),
  same('gsm8k/lmeval5-flexible@1', 'gsm8k', 3, 'exact_match', { filter: 'flexible-extract', shots: 5 }),
];

/** Parts of an id of ours: `gsm8k/lmeval5-strict-8shot@1`. */
function withoutShots(taskId: string): { readonly base: string; readonly shots: number | undefined } {
  const [, start, shots, end] = /^(.+)-(\d{1,3})shot(@\d+)$/u.exec(taskId) ?? [];
  return start === undefined ? { base: taskId, shots: undefined } : { base: `${start}${end}`, shots: Number(shots) };
}

/**
 * How lm-eval would name a task of ours; a name in its style where it has no such task.
 *
 * @param facts what the run says of it; examples that its id doesn't tell are those of its definition
 */
export function lmEvalTaskOf(taskId: string, metric: string, facts?: { readonly shots: number }): LmEvalTask {
  const { base, shots } = withoutShots(taskId);
  const known = sameTasks.find((task) => task.taskId === base);
  if (known !== undefined) return { ...known, taskId, shots: shots ?? known.shots };
  return {
    taskId,
    name: taskId.replaceAll(/\W/gu, '_'),
    version: taskVersion(taskId),
    metric,
    filter: 'none',
    shots: shots ?? facts?.shots ?? 0,
    isPercent: false,
  };
}

/** What a result of lm-eval says about its task. */
export interface LmEvalTaskFacts {
  readonly name: string;
  readonly version: number | undefined;
  readonly shots: number | undefined;
}

/** Headline metrics of tasks that perbench doesn't know, the likeliest first. */
const usualMetrics = ['acc', 'exact_match', 'exact', 'em', 'pass@1', 'acc_norm', 'mcc', 'f1', 'score'];

/**
 * The tasks, one per filter, under which results of lm-eval are kept here. A known task at a known version has
 * perbench's id; any other is `name/lmeval[-filter][-Nshot]@version`, so that different prompts are never mixed.
 *
 * @param keys `metric,filter` of the numbers that the file has
 * @param wanted metric that is the accuracy, with or without `,filter`
 */
export function tasksOfResult(facts: LmEvalTaskFacts, keys: readonly string[], wanted?: string): readonly LmEvalTask[] {
  const { name, version, shots } = facts;
  const known = sameTasks.filter((task) => task.name === name && isSameVersion(task.version, version));
  const kept = known.filter((task) => keys.includes(`${task.metric},${task.filter}`));
  if (kept.length > 0 && wanted === undefined) return kept.map((task) => withShots(task, shots));
  const filters = [...new Set(keys.map((key) => key.slice(key.lastIndexOf(',') + 1)))];
  return filters.flatMap((filter) => {
    const metric = headline(keys, filter, wanted);
    if (metric === undefined) return [];
    const parts = [
      'lmeval',
      filter === 'none' ? '' : slug(filter),
      shots === undefined || shots === 0 ? '' : `${shots}shot`,
    ];
    const protocol = parts.filter((part) => part !== '').join('-');
    const isPercent = known.some((task) => task.isPercent);
    const taskId = `${slug(name)}/${protocol}@${Math.trunc(version ?? 0)}`;
    return [{ taskId, name, version: version ?? 0, filter, metric, shots: shots ?? 0, isPercent }];
  });
}

/**
 * A result that perbench itself wrote, of a task that lm-eval doesn't have.
 *
 * @param written its headline, where the file says
 */
export function ownTaskOfResult(
  taskId: string,
  keys: readonly string[],
  wanted?: string,
  written?: string,
): readonly LmEvalTask[] {
  const metric = headline(keys, 'none', wanted ?? written) ?? keys[0]?.split(',')[0];
  return metric === undefined ? [] : [lmEvalTaskOf(taskId, metric)];
}

/** Whether lm-eval has a task of this name that asks what a task of ours does. */
export function isSharedTask(name: string): boolean {
  return sameTasks.some((task) => task.name === name);
}

function headline(keys: readonly string[], filter: string, wanted: string | undefined): string | undefined {
  const own = keys.filter((key) => key.endsWith(`,${filter}`)).map((key) => key.slice(0, -filter.length - 1));
  if (wanted !== undefined) {
    const [metric = wanted, wantedFilter] = wanted.split(',');
    return own.includes(metric) && (wantedFilter === undefined || wantedFilter === filter) ? metric : undefined;
  }
  return usualMetrics.find((metric) => own.includes(metric)) ?? own[0];
}

function isSameVersion(ours: number | string, theirs: number | undefined): boolean {
  return theirs === undefined || Math.trunc(theirs) === ours;
}

function withShots(task: LmEvalTask, shots: number | undefined): LmEvalTask {
  if (shots === undefined || shots === task.shots) return task;
  return { ...task, shots, taskId: task.taskId.replace('@', `-${shots}shot@`) };
}

function slug(name: string): string {
  return safeFileName(name.toLowerCase()).replaceAll(/[^a-z0-9_-]+/gu, '_');
}
