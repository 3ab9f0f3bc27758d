import { scoreboardTasks } from './registries.ts';

/** Titles of the tasks that this version knows, by id. */
export async function taskTitles(taskIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const tasks = await scoreboardTasks(taskIds);
  return new Map(
    Object.entries(tasks).flatMap(([id, { title }]) => (title === undefined ? [] : [[id, title] as const])),
  );
}
