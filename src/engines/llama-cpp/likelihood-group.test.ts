import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LikelihoodGroup, type Leaf } from './likelihood-group.ts';

const leaf = (start: number, ...tokens: number[]): Leaf<string> => ({
  owner: 'a',
  index: 0,
  tokens: Int32Array.from(tokens),
  start,
});

function addAll(group: LikelihoodGroup<string>, leaves: readonly Leaf<string>[]): number {
  let decoded = 0;
  for (const each of leaves) decoded += group.add(each, group.shared(each, true)).decoded;
  return decoded;
}

describe('LikelihoodGroup', () => {
  it('decodes the context once, and no last token', () => {
    const group = new LikelihoodGroup<string>(0);
    expect(addAll(group, [leaf(3, 1, 2, 3, 4), leaf(3, 1, 2, 3, 5, 6), leaf(3, 1, 2, 3, 5, 7, 8)])).toBe(5);
    expect(
      group.nodes.map(({ token, position, firstLeaf, leafCount, hasOutput }) => [
        token,
        position,
        firstLeaf,
        leafCount,
        hasOutput,
      ]),
    ).toEqual([
      [1, 0, 0, 3, false],
      [2, 1, 0, 3, false],
      [3, 2, 0, 3, true],
      [5, 3, 1, 2, true],
      [7, 4, 2, 1, true],
    ]);
  });

  it('asks for logits only before scored tokens, once for all that need them', () => {
    const group = new LikelihoodGroup<string>(0);
    addAll(group, [leaf(2, 1, 2, 3), leaf(2, 1, 2, 4)]);
    expect([...group.targets()]).toEqual([
      [
        1,
        [
          { leafIndex: 0, at: 0, token: 3 },
          { leafIndex: 1, at: 0, token: 4 },
        ],
      ],
    ]);
  });

  it('starts after the tokens that are kept', () => {
    const group = new LikelihoodGroup<string>(2);
    const first = leaf(3, 1, 2, 3, 4);
    expect(group.add(first, group.shared(first, true))).toEqual({ decoded: 1, shared: 2 });
    expect(group.nodes).toMatchObject([{ token: 3, position: 2, hasOutput: true }]);
    const other = leaf(3, 1, 9, 3, 4);
    expect(group.keepsBase(other, group.shared(other, true))).toBe(false);
    expect(group.keepsBase(leaf(2, 1, 2, 3), 2)).toBe(false);
  });

  it('gives every scored token its row, whatever is shared', () => {
    const tokens = fc.array(fc.nat({ max: 2 }), { minLength: 2, maxLength: 7 });
    fc.assert(
      fc.property(fc.array(tokens, { minLength: 1, maxLength: 8 }), (lists) => {
        const leaves = lists
          .toSorted((left, right) => (left.join() < right.join() ? -1 : 1))
          .map((list) => leaf(1, ...list));
        const group = new LikelihoodGroup<string>(0);
        addAll(group, leaves);
        const distinct = new Set(
          lists.flatMap((list) => list.slice(0, -1).map((_, at) => list.slice(0, at + 1).join())),
        );
        const targets = [...group.targets()];
        expect(group.nodes).toHaveLength(distinct.size);
        expect(targets.flatMap(([, each]) => each)).toHaveLength(lists.reduce((sum, list) => sum + list.length - 1, 0));
        expect(targets.every(([node]) => group.nodes[node]?.hasOutput === true)).toBe(true);
      }),
    );
  });
});
