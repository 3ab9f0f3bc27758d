import type { ItemScore } from '../core/task.ts';

/** A number for each score, or undefined where the score isn't in the group. */
export type GroupValue = (score: ItemScore) => number | undefined;

/** Mean of each value over the scores that have one; a group without scores has no entry. */
export function groupMeans(
  scores: readonly ItemScore[],
  groups: Readonly<Record<string, GroupValue>>,
): Readonly<Record<string, number>> {
  const means: Record<string, number> = {};
  for (const [name, valueOf] of Object.entries(groups)) {
    const values = scores.map(valueOf).filter((value) => value !== undefined);
    if (values.length > 0) means[name] = values.reduce((sum, value) => sum + value, 0) / values.length;
  }
  return means;
}

/** Scores whose `detail` has this entry, for {@link groupMeans}. */
export function where(key: string, wanted: string | boolean, valueOf: (score: ItemScore) => number): GroupValue {
  return (score) => (score.detail?.[key] === wanted ? valueOf(score) : undefined);
}
