import type { PlannedTask } from './plan.ts';

/** Positions of items in groups that stay together: those of one cluster, such as the questions on one passage. */
function groupsOf({ task, items }: PlannedTask, positions: readonly number[]): readonly (readonly number[])[] {
  const { cluster } = task;
  if (cluster === undefined) return positions.map((position) => [position]);
  return Array.from(Map.groupBy(positions, (position) => cluster(items[position])).values());
}

/**
 * Items of one cluster come together, so that their prefix is decoded once. Clusters keep the pre-drawn random order: what
 * is done at any moment is a random sample of them.
 */
export function byCluster(planned: PlannedTask, positions: readonly number[]): readonly number[] {
  return groupsOf(planned, positions).flat();
}

/** Into how many blocks the items of a cell can be split, where so many are wanted; 0 where one would have them all. */
export function blocksOf(planned: PlannedTask, wanted: number): number {
  const blocks = Math.min(wanted, groupsOf(planned, planned.order).length);
  return blocks > 1 ? blocks : 0;
}

/**
 * The items of one of so many blocks: every so manieth cluster in the drawn order, so that each block is a random sample and
 * all machines draw the same.
 */
export function itemsOfBlock(planned: PlannedTask, index: number, blocks: number): readonly number[] {
  return groupsOf(planned, planned.order)
    .filter((_, at) => at % blocks === index)
    .flat();
}
