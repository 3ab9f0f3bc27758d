import { loadTasks } from '../tasks/index.ts';
import type { ScoreboardTask } from '../stats/scoreboard.ts';
import { UnknownNameError } from '../core/errors.ts';
import type { TaskNames } from './suite-file/task-names.ts';

/** What suite files and flags need to know of tasks. */
export const taskRegistry: TaskNames = {
  resolve: async (name) => (await loadTasks(name)).map(({ id, items }) => ({ id, items })),
};

/** Titles and metrics for scoreboards; tasks that this version doesn't know keep their ids. */
export async function scoreboardTasks(taskIds: Iterable<string>): Promise<Readonly<Record<string, ScoreboardTask>>> {
  const found: Record<string, ScoreboardTask> = {};
  for (const id of new Set(taskIds)) {
    try {
      const [task] = await loadTasks(id);
      if (task !== undefined) found[id] = task;
    } catch (error) {
      if (!(error instanceof UnknownNameError)) throw error;
    }
  }
  return found;
}
