import { describe, expect, it } from 'vitest';
import { histogramQuantile } from './histogram-quantile.ts';

const buckets = [
  { upTo: 10, count: 2 },
  { upTo: 20, count: 2 },
  { upTo: 50, count: 8 },
];

describe('quantiles of values counted in buckets', () => {
  // Golden values: histogram_quantile of Prometheus interpolates by straight line within the bucket of the rank.
  it.each([
    [0.1, { value: 5, low: 0, high: 10 }],
    [0.2, { value: 10, low: 0, high: 10 }],
    [0.5, { value: 35, low: 20, high: 50 }],
    [0.8, { value: 50, low: 20, high: 50 }],
  ])('p = %s', (p, expected) => {
    expect(histogramQuantile(buckets, 10, p)).toEqual(expected);
  });

  it('have no upper end beyond the last edge, and are at least that', () => {
    expect(histogramQuantile(buckets, 10, 0.95)).toEqual({ value: 50, low: 50, high: undefined });
  });

  it('at a first edge of 0 are 0', () => {
    expect(histogramQuantile([{ upTo: 0, count: 5 }], 10, 0.5)).toEqual({ value: 0, low: 0, high: 0 });
  });

  it('of nothing are unknown', () => {
    expect(
      histogramQuantile(
        buckets.map(({ upTo }) => ({ upTo, count: 0 })),
        0,
        0.5,
      ),
    ).toBeUndefined();
    expect(histogramQuantile([], 3, 0.5)).toBeUndefined();
  });
});
