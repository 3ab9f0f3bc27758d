import { countText } from '../core/amount-text.ts';
import type { RunRecord } from '../core/store.ts';

/** Which models have answers of another one on these tasks: a sentence for each that was asked. */
export function takenNotes(
  runs: readonly Pick<RunRecord, 'manifest'>[],
  taskIds: readonly string[],
): readonly string[] {
  const taken = runs
    .flatMap(({ manifest }) => manifest.takenAnswers ?? [])
    .filter(({ taskId }) => taskIds.includes(taskId));
  const byLeader = Map.groupBy(taken, ({ taskId, from }) => `${taskId}: answers of ${from}`);
  return Array.from(byLeader, ([answers, own]) => {
    const models = own.map(({ model, items }) => `${model} (${countText(items)} items)`);
    return `${answers} also count for ${models.join(', ')}: what differs decides only speed.`;
  });
}
