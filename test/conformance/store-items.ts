import { expect, it } from 'vitest';
import type { ItemQuery, Outcome, Store } from '../../src/core/store.ts';
import { mustClaim, openWithRun, type OpenStore } from './open-store.ts';
import { newCell, newRun, sampleAt } from './store-records.ts';

/** Two cells on six items; the second one is wrong on items 2 and 4 and lacks item 5. */
async function openWithItems(open: OpenStore): Promise<Store> {
  const { store } = await openWithRun(open);
  await store.createRun(newRun('run-items'), [newCell('left', 0), newCell('right', 1), newCell('empty', 2)]);
  const left = await mustClaim(store, 'left');
  const right = await mustClaim(store, 'right');
  const unparsed = { isUnparsed: true, answer: undefined, score: 0, output: '100% <b>lost</b>' };
  const leftSamples = [0, 1, 2, 3, 4, 5].map((position) => sampleAt(position, position === 3 ? unparsed : {}));
  await store.appendSamples(left, leftSamples.toReversed(), 1_000);
  const rightSamples = [0, 1, 2, 3, 4].map((position) =>
    sampleAt(position, position === 2 || position === 4 ? { score: 0, answer: '8' } : position === 3 ? unparsed : {}),
  );
  await store.appendSamples(right, rightSamples, 1_000);
  return store;
}

async function listed(store: Store, query: Omit<ItemQuery, 'limit'> & { readonly limit?: number }): Promise<string[]> {
  return (await store.listItems({ limit: 100, ...query })).map(({ itemId }) => itemId);
}

export function testItems(open: OpenStore): void {
  it('gives one sample back whole, and none for what was not answered', async () => {
    const store = await openWithItems(open);
    expect(await store.sample('left', 'item-2')).toEqual(sampleAt(2));
    expect(await store.sample('right', 'item-5')).toBeUndefined();
    expect(await store.sample('nowhere', 'item-2')).toBeUndefined();
  });

  it('lists items in order with the verdicts of every cell that has one', async () => {
    const store = await openWithItems(open);
    const items = await store.listItems({ cells: [{ id: 'left' }, { id: 'right' }], limit: 100 });
    expect(items.map(({ itemId }) => itemId)).toEqual([0, 1, 2, 3, 4, 5].map((position) => `item-${position}`));
    expect(items[2]).toEqual({
      itemId: 'item-2',
      position: 2,
      expected: '7',
      prompt: sampleAt(2).prompt,
      verdicts: [
        { cellId: 'left', score: 1, answer: '7', isUnparsed: false, isTruncated: false, isFailed: false },
        { cellId: 'right', score: 0, answer: '8', isUnparsed: false, isTruncated: false, isFailed: false },
      ],
    });
    expect(items[5]?.verdicts.map(({ cellId }) => cellId)).toEqual(['left']);
  });

  it('filters by what became of an item in each cell, together, and counts the same', async () => {
    const store = await openWithItems(open);
    const only = async (right: Outcome | undefined, left?: Outcome): Promise<readonly string[]> => {
      const cells = [
        { id: 'right', outcome: right },
        { id: 'left', outcome: left },
      ];
      const found = await listed(store, { cells });
      expect(await store.countItems({ cells })).toBe(found.length);
      return found;
    };
    expect(await only('wrong')).toEqual(['item-2', 'item-3', 'item-4']);
    expect(await only('right')).toEqual(['item-0', 'item-1']);
    expect(await only('unparsed')).toEqual(['item-3']);
    expect(await only('failed')).toEqual([]);
    expect(await only('truncated')).toEqual([]);
    expect(await only('wrong', 'right')).toEqual(['item-2', 'item-4']);
    expect(await only('wrong', 'wrong')).toEqual(['item-3']);
    expect(await only('right', 'unparsed')).toEqual([]);
  });

  it('lists what a cell with an outcome has answered, though the first has not', async () => {
    const store = await openWithItems(open);
    const cells = [{ id: 'right' }, { id: 'left', outcome: 'right' }] as const;
    expect(await listed(store, { cells })).toEqual(['item-0', 'item-1', 'item-2', 'item-4', 'item-5']);
    expect(await listed(store, { cells: [{ id: 'right' }, { id: 'left' }] })).not.toContain('item-5');
    expect(await listed(store, { cells: [{ id: 'empty' }, { id: 'left' }] })).toEqual([]);
  });

  it('filters by different scores in any two cells', async () => {
    const store = await openWithItems(open);
    const cells = [{ id: 'right' }, { id: 'left' }];
    expect(await listed(store, { cells, isDisputed: true })).toEqual(['item-2', 'item-4']);
    expect(await store.countItems({ cells, isDisputed: true })).toBe(2);
    expect(await listed(store, { cells, isDisputed: false })).toHaveLength(5);
    expect(await listed(store, { cells: [{ id: 'right' }], isDisputed: true })).toEqual([]);
  });

  it('searches ids, answers, outputs and prompts in any case, and takes % and _ as they are', async () => {
    const store = await openWithItems(open);
    const cells = [{ id: 'left' }];
    expect(await listed(store, { cells, search: 'ITEM-4' })).toEqual(['item-4']);
    expect(await listed(store, { cells, search: '<B>Lost' })).toEqual(['item-3']);
    expect(await listed(store, { cells, search: 'question 1:' })).toEqual(['item-1']);
    expect(await listed(store, { cells, search: '100%' })).toEqual(['item-3']);
    expect(await listed(store, { cells, search: '10%<' })).toEqual([]);
    expect(await listed(store, { cells, search: 'item_4' })).toEqual([]);
    expect(await store.countItems({ cells: [{ id: 'left', outcome: 'unparsed' }], search: '<b>' })).toBe(1);
  });

  it('goes on behind the last item of a page', async () => {
    const store = await openWithItems(open);
    const cells = [{ id: 'left' }];
    expect(await listed(store, { cells, limit: 2 })).toEqual(['item-0', 'item-1']);
    const after = { position: 1, itemId: 'item-1' };
    expect(await listed(store, { cells, limit: 2, after })).toEqual(['item-2', 'item-3']);
    const unparsed = [{ id: 'left', outcome: 'unparsed' }] as const;
    expect(await listed(store, { cells: unparsed, after: { position: 3, itemId: 'item-3' } })).toEqual([]);
  });

  it('counts the samples of each cell of a run', async () => {
    const store = await openWithItems(open);
    expect(await store.sampleCounts('run-items')).toEqual(
      new Map([
        ['left', 6],
        ['right', 5],
      ]),
    );
    expect(await store.sampleCounts('nowhere')).toEqual(new Map());
  });
}
