import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mcNemarTest } from './paired-comparison.ts';
import {
  clusteredStandardError,
  pairedDifference,
  standardError,
  wilsonInterval,
  scoreInterval,
} from './score-interval.ts';

// Expected values: computed independently in Python.
const tenScores = [1, 0, 1, 1, 0, 1, 0, 0, 1, 1];
const clusters = [0, 0, 0, 1, 1, 2, 2, 3, 3, 3];
const a = [1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1, 0];
const b = [1, 0, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0];

describe('standard errors', () => {
  it('of independent values', () => {
    expect(standardError(tenScores)).toBeCloseTo(0.163299316186, 11);
    expect(() => standardError([1])).toThrow('a standard error needs at least 2 values, got 1');
  });

  it('of clustered values', () => {
    const result = clusteredStandardError(tenScores, clusters);
    expect(result.standardError).toBeCloseTo(0.0461880215352, 11);
    expect(result.standardError / Math.sqrt(4 / 3)).toBeCloseTo(0.04, 11);
    expect(result.clusters).toBe(4);
    expect(result.designEffect).toBeCloseTo(0.08, 11);
  });

  it('of clusters of one are those of independent values', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 40 }), (values) => {
        const result = clusteredStandardError(values, [...values.keys()]);
        expect(result.standardError).toBeCloseTo(standardError(values), 12);
      }),
    );
  });

  it('refuse too little', () => {
    expect(() =>
      clusteredStandardError(
        tenScores,
        tenScores.map(() => 'same'),
      ),
    ).toThrow('at least 2 clusters, got 1');
    expect(() => clusteredStandardError(tenScores, [1])).toThrow('10 values need as many cluster labels, got 1');
  });
});

describe('pairs', () => {
  it('pairedDifference', () => {
    const result = pairedDifference(a, b);
    expect(result.difference).toBeCloseTo(0.25, 12);
    expect(result.standardError).toBeCloseTo(0.179435140641, 11);
    expect(() => pairedDifference([1, 2], [1])).toThrow('a pair needs the same items, got 2 and 1');
    expect(() => pairedDifference([1], [1])).toThrow('a paired difference needs at least 2 values, got 1');
  });

  it('mcNemarTest', () => {
    const onlyA = a.filter((value, index) => value > (b[index] as number)).length;
    const onlyB = a.filter((value, index) => value < (b[index] as number)).length;
    const result = mcNemarTest(onlyA, onlyB);
    expect(result).toMatchObject({ onlyA: 4, onlyB: 1 });
    expect(result.exact).toBeCloseTo(0.375, 12);
    expect(result.midP).toBeCloseTo(0.21875, 12);
    expect(mcNemarTest(0, 0)).toMatchObject({ exact: 1, midP: 1 });
    expect(mcNemarTest(3, 3).midP).toBeCloseTo(1, 12);
    expect(() => mcNemarTest(1.5, 0)).toThrow("McNemar's test needs counts, got 1.5");
  });
});

describe('wilsonInterval', () => {
  // Computed independently in Python.
  it.each([
    [45, 50, 0.786397685625, 0.956524235068],
    [50, 50, 0.928652400867, 1],
    [0, 10, 0, 0.277532799863],
  ])('%d of %d', (successes, n, low, high) => {
    const interval = wilsonInterval(successes, n);
    expect(interval.low).toBeCloseTo(low, 11);
    expect(interval.high).toBeCloseTo(high, 11);
    expect(interval).toMatchObject({ level: 0.95, method: 'wilson' });
  });

  it('holds the share and stays in [0, 1]', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
        const successes = Math.round(share * n);
        const { low, high } = wilsonInterval(successes, n);
        expect(low >= 0 && high <= 1 && low <= successes / n && high >= successes / n && high > low).toBe(true);
      }),
    );
  });

  it('shrinks towards certainty in a finite benchmark', () => {
    const open = wilsonInterval(70, 100);
    const half = wilsonInterval(70, 100, { populationSize: 200 });
    expect(half.high - half.low).toBeLessThan(open.high - open.low);
    expect(wilsonInterval(70, 100, { populationSize: 100 })).toEqual({
      low: 0.7,
      high: 0.7,
      level: 0.95,
      method: 'wilson, of 100 items',
    });
  });

  it('refuses impossible counts', () => {
    expect(() => wilsonInterval(3, 2)).toThrow('0 <= successes <= n and n > 0, got 3 of 2');
    expect(() => wilsonInterval(0, 0)).toThrow('got 0 of 0');
    expect(() => wilsonInterval(1, 11, { populationSize: 10 })).toThrow("11 items can't come from a benchmark of 10");
  });
});

const right = [1, 0, 1, 1, 0, 1, 0, 0, 1, 1];

describe('scoreInterval', () => {
  it('is Wilson for right or wrong', () => {
    expect(scoreInterval(Array.from({ length: 50 }, (_, item) => Number(item < 45)))).toEqual({
      low: expect.closeTo(0.786397685625, 10),
      high: expect.closeTo(0.956524235068, 10),
      level: 0.95,
      method: 'wilson',
    });
    expect(scoreInterval([1, 1, 1])).toMatchObject({ high: 1, method: 'wilson' });
  });

  it('takes clusters into account', () => {
    // Standard error 0.0461880215352 over 4 clusters; t(0.975, 3) = 3.18244630528. Computed independently.
    const interval = scoreInterval(right, { clusters: [0, 0, 0, 1, 1, 2, 2, 3, 3, 3] });
    expect(interval.low).toBeCloseTo(0.6 - 3.18244630528 * 0.0461880215352, 9);
    expect(interval).toMatchObject({ method: 'clustered, 4 clusters' });
    expect(scoreInterval(right, { clusters: [...right.keys()] }).method).toBe('wilson');
    expect(scoreInterval(right, { clusters: right.map(() => 'same') }).method).toBe('wilson');
  });

  it('is never empty where all clusters agree', () => {
    const interval = scoreInterval([1, 1, 1, 1], { clusters: ['a', 'a', 'b', 'b'] });
    expect(interval).toMatchObject({ high: 1, method: 'wilson, 2 clusters' });
    expect(interval.low).toBeLessThan(0.5);
  });

  it('is the anytime interval for few partial credits, t for many', () => {
    expect(scoreInterval([0.5, 0.25, 1])).toMatchObject({ method: 'anytime' });
    const many = Array.from({ length: 40 }, (_, item) => (item % 4) / 4);
    expect(scoreInterval(many)).toMatchObject({ method: 't over items' });
    expect(scoreInterval(many.map(() => 0.5))).toMatchObject({ method: 'wilson' });
  });

  it('holds the mean, within [0, 1], and is never a point', () => {
    const score = fc.double({ min: 0, max: 1, noNaN: true });
    const scores = fc.oneof(
      fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 80 }),
      fc.array(score, { minLength: 1, maxLength: 40 }),
    );
    fc.assert(
      fc.property(scores, (values) => {
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const { low, high } = scoreInterval(values);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low).toBeLessThan(high);
        expect(low).toBeLessThanOrEqual(mean + 1e-12);
        expect(high).toBeGreaterThanOrEqual(mean - 1e-12);
      }),
    );
  });

  it('refuses nothing and nonsense', () => {
    expect(() => scoreInterval([])).toThrow('an interval needs at least one score');
    expect(() => scoreInterval([1, 2])).toThrow('a score must be in [0, 1], got 2');
  });
});
