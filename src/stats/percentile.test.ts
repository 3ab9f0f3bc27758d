import { describe, expect, it } from 'vitest';
import { allowedMisses, minCount, percentile } from './percentile.ts';

// Expected values: computed independently in Python and JavaScript, after the published rule.
const minCounts = {
  0.5: { 0: 7, 1: 11, 2: 14, 5: 22, 10: 35, 20: 59 },
  0.9: { 0: 44, 1: 64, 2: 81, 5: 127, 10: 197, 20: 325 },
  0.95: { 0: 90, 1: 130, 2: 165, 5: 259, 10: 398, 20: 656 },
  0.99: { 0: 459, 1: 662, 2: 838, 5: 1307, 10: 2010, 20: 3304 },
};

describe('minCount', () => {
  it.each(Object.entries(minCounts))('p = %s', (p, counts) => {
    for (const [misses, expected] of Object.entries(counts)) {
      expect(minCount(Number(p), Number(misses))).toBe(expected);
    }
  });

  it('refuses what is no percentile', () => {
    expect(() => minCount(1, 1)).toThrow('a percentile needs p between 0 and 1, got 1');
  });
});

describe('percentile', () => {
  it.each([
    [200, 0.9, 10, 190],
    [1000, 0.9, 78, 922],
    [1319, 0.9, 106, 1213],
    [1000, 0.99, 2, 998],
  ])('n = %d, p = %d', (n, p, misses, index) => {
    expect(allowedMisses(p, n)).toBe(misses);
    const sorted = Array.from({ length: n }, (_, position) => position);
    expect(percentile(sorted, p)).toEqual({ value: (n - 1) * p, upper: index, n, confidence: 0.99 });
  });

  it('says nothing from too few values', () => {
    expect(
      percentile(
        Array.from({ length: 500 }, (_, position) => position),
        0.99,
      ),
    ).toBeUndefined();
    expect(percentile(new Float64Array(63), 0.9)).toBeUndefined();
    expect(percentile(new Float64Array(64), 0.9)).toBeDefined();
    expect(percentile([], 0.5)).toBeUndefined();
  });
});
