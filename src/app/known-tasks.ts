import type { Cell } from '../core/cell.ts';
import { UnknownNameError, UsageError } from '../core/errors.ts';
import type { OwnTaskFacts } from '../core/manifest.ts';
import type { RunRecord } from '../core/store.ts';
import { limitsOfNeeds } from '../core/task-needs.ts';
import type { Task } from '../core/task.ts';
import type { ScoreboardTask } from '../scoring/scoreboard.ts';
import { loadTask } from '../tasks/index.ts';

/** Whether a task is among those named by id or short name (`gsm8k` is every protocol of it); no names mean all. */
export function isTaskNamed(taskId: string, names: readonly string[]): boolean {
  if (names.length === 0) return true;
  return names.some((name) => taskId === name || taskId.startsWith(`${name}/`) || taskId.startsWith(`${name}@`));
}

/** @throws {UsageError} if a name is no task of these cells */
export function checkTasks(names: readonly string[], cells: readonly Pick<Cell, 'taskId'>[]): void {
  const known = [...new Set(cells.map(({ taskId }) => taskId))];
  const unknown = names.find((name) => !known.some((taskId) => isTaskNamed(taskId, [name])));
  if (unknown === undefined) return;
  throw new UsageError(`no task "${unknown}"; available: ${known.join(', ')}`, {
    hint: 'Name one of them with --task.',
  });
}

/** Undefined for tasks of the user's own, or of another version: they have no definition here. */
export async function knownTask(taskId: string): Promise<Task | undefined> {
  try {
    return await loadTask(taskId);
  } catch (error) {
    if (error instanceof UnknownNameError) return undefined;
    throw error;
  }
}

/**
 * The same, or another version of it, for what all versions share: title, metric, chance. Versions differ in how they
 * read answers, so this one never asks or scores.
 */
export async function knownTaskOfAnyVersion(taskId: string): Promise<Task | undefined> {
  const [, name] = /^([^@]+\/[^@]+)@\d+$/u.exec(taskId) ?? [];
  return (await knownTask(taskId)) ?? (name === undefined ? undefined : knownTask(name));
}

/** What runs say of tasks that no registry has. */
export type RunFacts = Pick<RunRecord, 'manifest'>;

/** What the runs say of a task that no registry has. */
export function ownFactsOf(taskId: string, runs: readonly RunFacts[]): OwnTaskFacts | undefined {
  return runs.map(({ manifest }) => manifest.tasks[taskId]?.own).find((own) => own !== undefined);
}

function ownScoreboardTask({ title, metric, category, chance, ...own }: OwnTaskFacts): ScoreboardTask {
  const { trivialAccuracy, baselines, need } = own;
  return {
    title,
    metric,
    category,
    chance,
    ...(trivialAccuracy !== undefined && { trivialAccuracy }),
    ...(baselines !== undefined && { baselines }),
    ...(need !== undefined && { needs: limitsOfNeeds(need) }),
  };
}

/**
 * Titles and metrics for scoreboards; tasks that neither the registry nor the runs know keep their ids.
 *
 * @param runs that the tasks are of: they describe the user's own
 */
export async function scoreboardTasks(
  taskIds: Iterable<string>,
  runs: readonly RunFacts[] = [],
): Promise<Readonly<Record<string, ScoreboardTask>>> {
  const found: Record<string, ScoreboardTask> = {};
  for (const id of new Set(taskIds)) {
    const own = ownFactsOf(id, runs);
    const task = own === undefined ? await knownTaskOfAnyVersion(id) : ownScoreboardTask(own);
    if (task !== undefined) found[id] = task;
  }
  return found;
}

/** Titles of the tasks that the registry or the runs know, by id. */
export async function taskTitles(
  taskIds: Iterable<string>,
  runs: readonly RunFacts[] = [],
): Promise<ReadonlyMap<string, string>> {
  const tasks = await scoreboardTasks(taskIds, runs);
  return new Map(
    Object.entries(tasks).flatMap(([id, { title }]) => (title === undefined ? [] : [[id, title] as const])),
  );
}
