import { describe, expect, it } from 'vitest';
import { type LabelledAnswers, macroF1, macroF1Interval } from './macro-f1.ts';

/** So many items for each right and given label. */
function answers(...cells: readonly (readonly [string, string | undefined, number])[]): LabelledAnswers {
  const items = cells.flatMap(([gold, predicted, count]) => Array.from({ length: count }, () => ({ gold, predicted })));
  return { gold: items.map(({ gold }) => gold), predicted: items.map(({ predicted }) => predicted) };
}

describe('macro F1', () => {
  it.each([
    // F1 of a: 2*8/(10+9); of b: 2*9/(10+11).
    ['two labels', answers(['a', 'a', 8], ['a', 'b', 2], ['b', 'b', 9], ['b', 'a', 1]), (16 / 19 + 18 / 21) / 2],
    ['all right', answers(['a', 'a', 3], ['b', 'b', 1]), 1],
    ['all wrong', answers(['a', 'b', 3], ['b', 'a', 1]), 0],
    // Accuracy 0.95; the rare label is never found.
    ['the commonest label alone', answers(['a', 'a', 95], ['b', 'a', 5]), (190 / 195 + 0) / 2],
    // Precision of a is 1: what can't be read is no wrong answer of another label.
    ['unread answers', answers(['a', 'a', 1], ['a', undefined, 1], ['b', 'b', 2]), (2 / 3 + 1) / 2],
    // c is given, but never right: its F1 is 0 and counts.
    ['a label that is never right', answers(['a', 'a', 2], ['b', 'c', 2]), 1 / 3],
  ])('of %s', (_, given, value) => {
    expect(macroF1(given)).toBeCloseTo(value, 12);
  });

  it('needs items, as many answers as right labels', () => {
    expect(() => macroF1({ gold: [], predicted: [] })).toThrow('at least one item');
    expect(() => macroF1({ gold: ['a'], predicted: [] })).toThrow('as many answers');
  });
});

describe('interval of macro F1', () => {
  const given = answers(['a', 'a', 80], ['a', 'b', 20], ['b', 'b', 30], ['b', 'a', 10], ['b', undefined, 10]);

  it('holds the value, is the same twice, and narrows with more items', () => {
    const interval = macroF1Interval(given);
    const value = macroF1(given);
    expect(interval).toEqual(macroF1Interval(given));
    expect(interval.low).toBeLessThan(value);
    expect(interval.high).toBeGreaterThan(value);
    const many = answers(['a', 'a', 800], ['a', 'b', 200], ['b', 'b', 300], ['b', 'a', 100], ['b', undefined, 100]);
    const narrow = macroF1Interval(many);
    const ratio = (interval.high - interval.low) / (narrow.high - narrow.low);
    expect(ratio).toBeGreaterThan(2.5);
    expect(ratio).toBeLessThan(4);
  });

  it('of a model without errors is no point', () => {
    const { low, high } = macroF1Interval(answers(['a', 'a', 20], ['b', 'b', 20]));
    expect(high).toBe(1);
    expect(low).toBeGreaterThan(0.8);
    expect(low).toBeLessThan(0.97);
  });

  it('is wider where items depend on each other', () => {
    const isRight = (index: number): boolean => Math.floor(index / 10) % 3 !== 0;
    const gold = Array.from({ length: 120 }, (_, index) => (Math.floor(index / 10) % 2 === 0 ? 'a' : 'b'));
    const predicted = gold.map((label, index) => (isRight(index) ? label : label === 'a' ? 'b' : 'a'));
    const clusters = gold.map((_, index) => `group ${Math.floor(index / 10)}`);
    const alone = macroF1Interval({ gold, predicted });
    const together = macroF1Interval({ gold, predicted, clusters });
    expect(together.high - together.low).toBeGreaterThan(1.5 * (alone.high - alone.low));
    expect(together.method).toBe('macro F1, bootstrap, 12 clusters');
  });
});
