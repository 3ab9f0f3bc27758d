import { describe, expect, it } from 'vitest';
import { wilsonInterval } from '../../stats/score-interval.ts';
import type { ConfusionRow } from './board-answers.ts';
import { labelFigures, largestConfusions, macroF1, modelLabels } from './label-figures.ts';

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
  it('is the mean over the labels that are right somewhere, one that is never given counting as 0', () => {
    const { value, interval, labels: count } = macroF1(rows);
    const billing = (2 * 15) / (20 + 17);
    const bug = (2 * 10) / (14 + 20);
    expect(value).toBeCloseTo((billing + bug + 0) / 3, 12);
    expect(count).toBe(3);
    expect(interval?.low).toBeLessThan(value);
    expect(interval?.high).toBeGreaterThan(value);
    expect(macroF1(rows).interval).toEqual(interval);
  });

  it('has an interval as wide as the accuracy of as many items where labels are even', () => {
    const even = [
      row('a', [
        ['a', 80],
        ['b', 20],
      ]),
      row('b', [
        ['a', 20],
        ['b', 80],
      ]),
    ];
    const { low = 0, high = 0 } = macroF1(even).interval ?? {};
    // Accuracy 0.8 of 200: a standard error of 0.028; macro F1 of a symmetric matrix varies as much.
    expect((high - low) / (2 * 1.96)).toBeCloseTo(0.0283, 2);
  });

  it('has none where nothing is wrong, or nothing right', () => {
    expect(macroF1([row('a', [['a', 9]])])).toEqual({ value: 1, labels: 1, interval: undefined });
    expect(macroF1([row('a', [['b', 9]])])).toEqual({ value: 0, labels: 1, interval: undefined });
  });
});

it('largest confusions come first, the right ones are none', () => {
  expect(largestConfusions(modelLabels('m', rows, labels), 3)).toEqual([
    { right: 'feature', given: 'bug', count: 6, items: 6 },
    { right: 'billing', given: 'bug', count: 4, items: 20 },
    { right: 'bug', given: 'billing', count: 2, items: 14 },
  ]);
});
