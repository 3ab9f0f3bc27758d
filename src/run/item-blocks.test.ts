import { expect, it } from 'vitest';
import { toyLetters, toyPlan } from '../../test/run/toy-plan.ts';
import { blocksOf, itemsOfBlock } from './item-blocks.ts';
import type { PlannedTask } from './plan.ts';

function planned(count: number, cluster?: (item: unknown) => string): PlannedTask {
  const [task] = toyPlan({ tasks: [toyLetters], count }).tasks;
  if (task === undefined) throw new Error('a plan has its tasks');
  return cluster === undefined ? task : { ...task, task: { ...task.task, cluster } };
}

const passage = (item: unknown): string => String(Number((item as { readonly id: string }).id.slice(4)) % 7);

it.each([
  ['items', planned(40), 8],
  ['clusters, which stay whole', planned(40, passage), 3],
])('splits %s into blocks that have each once', (_, task, blocks) => {
  const all = Array.from({ length: blocks }, (_each, index) => itemsOfBlock(task, index, blocks));
  expect(all.flat().toSorted((one, other) => one - other)).toEqual(task.order.toSorted((one, other) => one - other));
  expect(all.every((positions) => positions.length > 0)).toBe(true);
  const { cluster } = task.task;
  if (cluster === undefined) return;
  const blockOf = new Map<string, Set<number>>();
  for (const [index, positions] of all.entries()) {
    for (const position of positions) {
      const name = cluster(task.items[position]);
      blockOf.set(name, (blockOf.get(name) ?? new Set()).add(index));
    }
  }
  expect([...blockOf.values()].every((indexes) => indexes.size === 1)).toBe(true);
});

it('makes as many blocks as there are clusters at most, and none of a single one', () => {
  expect(blocksOf(planned(40), 8)).toBe(8);
  expect(blocksOf(planned(40), 1)).toBe(0);
  expect(blocksOf(planned(3), 8)).toBe(3);
  expect(blocksOf(planned(40, passage), 16)).toBe(7);
  expect(blocksOf(planned(1), 8)).toBe(0);
});
