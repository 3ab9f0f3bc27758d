import { describe, expect, it } from 'vitest';
import { balancedExamples, fixedExamples, perItemExamples } from './example-picker.ts';

const pool = Array.from({ length: 7473 }, (_, index) => index);

describe('perItemExamples', () => {
  it('gives the rows that lm-eval gives, in whatever order items are asked for', () => {
    const pick = perItemExamples<number>(5);
    expect(pick(2, pool)).toEqual([5677, 687, 806, 6279, 2905]);
    expect(pick(0, pool)).toEqual([6374, 3610, 957, 61, 742]);
    expect(pick(1, pool)).toEqual([7462, 6610, 4769, 286, 5501]);
  });

  it('keeps pools of different sizes apart', () => {
    const pick = perItemExamples<number>(5);
    pick(4, pool.slice(0, 100));
    expect(pick(0, pool.slice(0, 2251))).toEqual([1805, 478, 30, 371, 143]);
  });

  it('refuses a pool that is too small', () => {
    expect(() => perItemExamples(5)(0, [1, 2])).toThrow('5 few-shot examples needed, but the pool has 2 rows');
  });
});

describe('fixedExamples', () => {
  it('gives every item the rows of the first', () => {
    const pick = fixedExamples<number>(5);
    expect(pick(900, pool)).toEqual([6374, 3610, 957, 61, 742]);
  });
});

describe('balancedExamples', () => {
  it('lets labels take turns, whatever the order of the pool', () => {
    const rows = pool.map((index) => ({ index, label: index < 3000 ? 1 : 0 }));
    const picked = balancedExamples<(typeof rows)[number]>(5, ({ label }) => label)(3, rows);
    expect(picked.map(({ label }) => label)).toEqual([1, 0, 1, 0, 1]);
    expect(new Set(picked.map(({ index }) => index)).size).toBe(5);
  });

  it('refuses a pool in which a label is too rare', () => {
    const rows = [{ label: 1 }, { label: 1 }, { label: 0 }];
    expect(() => balancedExamples<{ label: number }>(4, ({ label }) => label)(0, rows)).toThrow(
      '2 few-shot examples needed',
    );
  });
});
