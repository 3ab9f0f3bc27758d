import { UnknownNameError } from '../core/errors.ts';
import type { Task } from '../core/task.ts';
import type { ScoreboardTask } from '../scoring/scoreboard.ts';
import { loadTask } from '../tasks/index.ts';

/** Whether a task is among those named by id or short name (`gsm8k` is every protocol of it); no names mean all. */
export function isTaskNamed(taskId: string, names: readonly string[]): boolean {
  if (names.length === 0) return true;
  return names.some((name) => taskId === name || taskId.startsWith(`${name}/`) || taskId.startsWith(`${name}@`));
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

/** Titles and metrics for scoreboards; tasks that this version doesn't know keep their ids. */
export async function scoreboardTasks(taskIds: Iterable<string>): Promise<Readonly<Record<string, ScoreboardTask>>> {
  const found: Record<string, ScoreboardTask> = {};
  for (const id of new Set(taskIds)) {
    const task = await knownTask(id);
    if (task !== undefined) found[id] = task;
  }
  return found;
}

/** Titles of the tasks that this version knows, by id. */
export async function taskTitles(taskIds: Iterable<string>): Promise<ReadonlyMap<string, string>> {
  const tasks = await scoreboardTasks(taskIds);
  return new Map(
    Object.entries(tasks).flatMap(([id, { title }]) => (title === undefined ? [] : [[id, title] as const])),
  );
}
