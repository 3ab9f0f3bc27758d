import { countText } from '../core/amount-text.ts';
import type { TakenAnswers } from '../core/manifest.ts';

/** Which models have answers of another one, a sentence for each that was asked. */
export function takenNotes(taken: readonly TakenAnswers[]): readonly string[] {
  const byLeader = Map.groupBy(taken, ({ taskId, from }) => `${taskId}: answers of ${from}`);
  return Array.from(byLeader, ([answers, own]) => {
    const models = own.map(({ model, items }) => `${model} (${countText(items)} items)`);
    return `${answers} also count for ${models.join(', ')}: what differs decides only speed.`;
  });
}
