import { describe, expect, it } from 'vitest';
import { createRandom } from './random.ts';
import {
  inverseCdfQuantile,
  quantile,
  allowedMisses,
  minCount,
  percentile,
  percentileInterval,
  weightedQuantile,
} from './quantile.ts';

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

describe('weightedQuantile', () => {
  const weighted = (values: readonly number[], weights: readonly number[]) =>
    values.map((value, index) => ({ value, weight: weights[index] ?? 1 }));

  it('is the plain quantile where all values count alike', () => {
    const values = [5, 1, 9, 2, 7, 30];
    const sorted = values.toSorted((left, right) => left - right);
    for (const p of [0, 0.1, 0.5, 0.77, 0.95, 1]) {
      expect(weightedQuantile(weighted(values, Array(6).fill(3)), p)).toBeCloseTo(quantile(sorted, p), 10);
    }
    expect(weightedQuantile(weighted([4], [2]), 0.5)).toBe(4);
  });

  it('moves towards what counts more', () => {
    // Places 0, 1.5, 3, 6 of 6 and the middle at 3 for weights 1, 2, 1, 5: half weights lie between neighbours.
    expect(weightedQuantile(weighted([10, 20, 30, 40], [1, 2, 1, 5]), 0.5)).toBe(30);
    expect(weightedQuantile(weighted([10, 20, 30, 40], [5, 1, 2, 1]), 0.5)).toBe(20);
  });

  it('needs values and a share', () => {
    expect(() => weightedQuantile([], 0.5)).toThrow('at least one value');
    expect(() => weightedQuantile(weighted([1], [1]), 1.1)).toThrow('p in [0, 1]');
  });
});

describe('percentileInterval', () => {
  it("is LoadGen's bound on both sides", () => {
    const sorted = Array.from({ length: 130 }, (_, index) => index + 1);
    // At most one above with 1.0 %, two with 3.9 %: P(Binomial(130, 0.05) <= t). Below, the mirror image.
    expect(percentileInterval(sorted, 0.95)?.high).toBe(130);
    const middle = percentileInterval(sorted, 0.5);
    expect((middle?.low ?? 0) + (middle?.high ?? 0)).toBe(131);
  });

  it('covers the percentile in at least 95 % of samples', () => {
    const random = createRandom(5);
    let covered = 0;
    for (let run = 0; run < 2000; run += 1) {
      const sample = Float64Array.from({ length: 100 }, () => random.nextFloat()).toSorted();
      const { low = 1, high = 0 } = percentileInterval(sample, 0.9) ?? {};
      if (low <= 0.9 && 0.9 <= high) covered += 1;
    }
    expect(covered / 2000).toBeGreaterThan(0.95);
  });

  it('has none from too few values', () => {
    expect(percentileInterval([1, 2, 3], 0.5)).toBeUndefined();
  });
});
