import { UsageError } from '../core/errors.ts';
import type { RunRecord, Store } from '../core/store.ts';
import type { ItemScore } from '../core/task.ts';
import { measureCell } from './measure-cell.ts';
import type { PlannedTask } from './plan.ts';
import { rescoreSample } from './score-sample.ts';

export interface RescoredCell {
  readonly model: string;
  readonly taskId: string;
  readonly items: number;
  /** Items whose score is another now. */
  readonly changed: number;
}

/**
 * Scores the stored outputs of a run again, by the scorers as they are now, cell by cell.
 *
 * @param tasks the run's tasks with their items loaded
 * @throws {UsageError} if an item that was answered isn't in the data any more
 */
export async function* rescoreRun(
  store: Store,
  run: RunRecord,
  tasks: readonly PlannedTask[],
): AsyncGenerator<RescoredCell> {
  for (const cell of await store.cells(run.id)) {
    const planned = tasks.find(({ task }) => task.id === cell.taskId);
    if (planned === undefined) throw new UsageError(`run ${run.id} has the task ${cell.taskId}, which was not loaded`);
    const { task, items } = planned;
    const itemsById = new Map(items.map((item) => [task.itemId(item), item]));
    let changed = 0;

    async function* scores(): AsyncGenerator<{ readonly itemId: string; readonly score: ItemScore }> {
      for await (const sample of store.samples(cell.id)) {
        const item = itemsById.get(sample.itemId);
        if (item === undefined) {
          throw new UsageError(`${cell.taskId}: item ${sample.itemId} is not in the data`, {
            hint: 'Give the data that the run was made with.',
          });
        }
        const score = rescoreSample(task, item, sample);
        if (score.value !== sample.score) changed += 1;
        yield { itemId: sample.itemId, score };
      }
    }

    const rescored = await store.replaceScores(cell.id, scores(), cell.measurements);
    const measurements = await measureCell(store, cell.id, task, run.suite);
    await store.replaceScores(cell.id, noScores(), measurements);
    yield { model: cell.model, taskId: cell.taskId, items: rescored, changed };
  }
}

async function* noScores(): AsyncGenerator<{ readonly itemId: string; readonly score: ItemScore }> {}
