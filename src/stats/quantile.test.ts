import { describe, expect, it } from 'vitest';
import { inverseCdfQuantile, quantile } from './quantile.ts';

describe('quantile', () => {
  it('interpolates between neighbours', () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([10, 20, 40], 0.75)).toBe(30);
    expect(quantile([5], 0.3)).toBe(5);
    expect(quantile([1, 9], 0)).toBe(1);
    expect(quantile([1, 9], 1)).toBe(9);
  });

  it('gives the bootstrap quantiles known from an independent computation', () => {
    const scores = [0.5425679707, 0.5736957807, 0.5425679707, 0.5425679707, 0.5736957807];
    const sorted = Float64Array.from(scores).toSorted();
    expect([0.025, 0.5, 0.975].map((p) => quantile(sorted, p))).toEqual([0.5425679707, 0.5425679707, 0.5736957807]);
  });

  it('refuses nothing and nonsense', () => {
    expect(() => quantile([], 0.5)).toThrow('a quantile needs at least one value');
    expect(() => quantile([1], 1.5)).toThrow('a quantile needs p in [0, 1], got 1.5');
    expect(() => inverseCdfQuantile([], 0.5)).toThrow('at least one value');
    expect(() => inverseCdfQuantile([1], -1)).toThrow('p in [0, 1], got -1');
  });
});

describe('inverseCdfQuantile', () => {
  it('is always one of the values', () => {
    expect(inverseCdfQuantile([1, 2, 3, 4], 0.5)).toBe(2);
    expect(inverseCdfQuantile([1, 2, 3, 4], 0.51)).toBe(3);
    expect(inverseCdfQuantile([1, 2, 3, 4], 0)).toBe(1);
    expect(inverseCdfQuantile([1, 2, 3, 4], 1)).toBe(4);
  });
});
