import { describe, expect, it } from 'vitest';
import { wilsonInterval } from '../../stats/score-interval.ts';
import type { ConfusionRow } from './board-answers.ts';
import { labelFigures, largestConfusions, modelLabels } from './label-figures.ts';

const labels = ['billing', 'bug', 'feature', 'spam'];

function row(label: string, given: ConfusionRow['given'], others: Partial<ConfusionRow> = {}): ConfusionRow {
  const counts = { unread: 0, cut: 0, failed: 0, ...others };
  const items = given.reduce((sum, [, count]) => sum + count, counts.unread + counts.cut + counts.failed);
  return { label, given, ...counts, items };
}

/** 20 of billing, 14 of bug, 6 of feature; spam is never right, feature never given. */
const rows = [
  row('billing', [
    ['billing', 15],
    ['bug', 4],
    ['spam', 1],
  ]),
  row(
    'bug',
    [
      ['billing', 2],
      ['bug', 10],
    ],
    { unread: 1, cut: 1 },
  ),
  row('feature', [['bug', 6]]),
];

describe('figures of labels', () => {
  const [billing, bug, feature, spam] = labelFigures(rows, labels);

  it('count precision and recall by hand', () => {
    expect(billing).toMatchObject({ support: 20, given: 17, right: 15 });
    expect(billing?.precision).toEqual({ value: 15 / 17, interval: wilsonInterval(15, 17) });
    expect(billing?.recall).toEqual({ value: 15 / 20, interval: wilsonInterval(15, 20) });
    // Unread and cut answers are misses of their label, and no answers of another.
    expect(bug).toMatchObject({ support: 14, given: 20, right: 10 });
    expect(bug?.recall?.value).toBeCloseTo(10 / 14, 12);
  });

  it('give F1 as the harmonic mean, between the ends of its own interval', () => {
    const [precision, recall] = [15 / 17, 15 / 20];
    expect(billing?.f1?.value).toBeCloseTo((2 * precision * recall) / (precision + recall), 12);
    // 22 items have the label or were given it, 15 of them both: F1 is 2J / (1 + J) at both ends of J.
    const { low, high } = wilsonInterval(15, 22);
    expect(billing?.f1?.interval.low).toBeCloseTo((2 * low) / (1 + low), 12);
    expect(billing?.f1?.interval.high).toBeCloseTo((2 * high) / (1 + high), 12);
  });

  it('leave undefined what no answer or no item defines, rather than 0', () => {
    expect(feature).toMatchObject({ support: 6, given: 0, precision: undefined, f1: undefined });
    expect(feature?.recall?.value).toBe(0);
    expect(spam).toMatchObject({ support: 0, given: 1, recall: undefined, f1: undefined });
    expect(spam?.precision?.value).toBe(0);
  });
});

describe('macro F1', () => {
  const answers = {
    gold: ['a', 'a', 'b', 'c'],
    predicted: ['a', 'a', 'a', undefined],
  };
  const matrix = [row('a', [['a', 2]]), row('b', [['a', 1]]), row('c', [], { unread: 1 })];

  it('counts labels that are never given', () => {
    const { macroF1 } = modelLabels('m', matrix, ['a', 'b', 'c', 'never'], { ...answers, known: undefined });
    // F1 of a: 2*2/(2+3); of b and c 0; a label that is neither right nor given is none of them.
    expect(macroF1.value).toBeCloseTo(0.8 / 3, 12);
    expect(macroF1.labels).toBe(3);
    expect(macroF1.interval.low).toBeLessThan(macroF1.value);
    expect(macroF1.interval.high).toBeGreaterThan(macroF1.value);
  });

  it('is taken as it was measured, where it was', () => {
    const known = { value: 0.5, interval: { low: 0.4, high: 0.6, level: 0.95, method: 'bootstrap, 9 clusters' } };
    expect(modelLabels('m', matrix, ['a', 'b', 'c'], { ...answers, known }).macroF1).toEqual({ ...known, labels: 3 });
  });
});

it('largest confusions come first, the right ones are none', () => {
  expect(largestConfusions({ rows }, 3)).toEqual([
    { right: 'feature', given: 'bug', count: 6, items: 6 },
    { right: 'billing', given: 'bug', count: 4, items: 20 },
    { right: 'bug', given: 'billing', count: 2, items: 14 },
  ]);
});
