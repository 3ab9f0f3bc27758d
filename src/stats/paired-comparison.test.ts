import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tQuantile, tTwoSided } from './distributions.ts';
import { launchRatio } from './launch-interval.ts';
import { standardDeviation } from './means.ts';
import { pairedComparison, pairedSharesInterval } from './paired-comparison.ts';

describe('pairedSharesInterval', () => {
  // Limits of Tango's score test, its nuisance share by bisection of the trinomial score in 50 digits (Python).
  it.each([
    [1, 4, 12, -0.5650768868714588, 0.1326279607004576],
    [84, 42, 1319, 0.015401016713625058, 0.04895936935367404],
    [0, 20, 40, -0.6480047306653461, -0.3519952693346538],
    [0, 0, 40, -0.08762160119728661, 0.08762160119728661],
    [3, 0, 50, -0.015628455081360255, 0.16217091688838173],
  ])('%i gained, %i lost of %i', (gained, lost, n, low, high) => {
    const interval = pairedSharesInterval(gained, lost, n);
    expect(interval.low).toBeCloseTo(low, 9);
    expect(interval.high).toBeCloseTo(high, 9);
  });

  it('mirrors, holds the estimate, stays in range and is never empty', () => {
    const counts = fc
      .tuple(fc.nat(60), fc.nat(60), fc.nat(200))
      .filter(([gained, lost, rest]) => gained + lost + rest > 0)
      .map(([gained, lost, rest]) => [gained, lost, gained + lost + rest] as const);
    fc.assert(
      fc.property(counts, ([gained, lost, n]) => {
        const interval = pairedSharesInterval(gained, lost, n);
        const mirrored = pairedSharesInterval(lost, gained, n);
        expect(mirrored.low).toBeCloseTo(-interval.high, 9);
        const difference = (gained - lost) / n;
        expect(interval.low).toBeLessThanOrEqual(difference + 1e-9);
        expect(interval.high).toBeGreaterThanOrEqual(difference - 1e-9);
        expect(interval.low).toBeGreaterThanOrEqual(-1);
        expect(interval.high).toBeLessThanOrEqual(1);
        expect(interval.high - interval.low).toBeGreaterThan(0);
      }),
      { numRuns: 200 },
    );
  });

  it('refuses counts that are none', () => {
    expect(() => pairedSharesInterval(3, 3, 5)).toThrow(RangeError);
    expect(() => pairedSharesInterval(0, 0, 0)).toThrow(RangeError);
  });
});

describe('pairedComparison', () => {
  // The golden pair of the statistics: 4 items for a, 1 for b, mid-p 0.21875.
  const a = [1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1, 0];
  const b = [1, 0, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0];

  it.each([
    [33, 51, 200, 0.0502],
    [51, 33, 200, 0.0502],
    [0, 4, 40, 0.0625],
  ])('reaches 0 where the test shows no difference: %i only in b, %i only in a, of %i', (onlyB, onlyA, n, p) => {
    const answers = (own: number, other: number, isFirst: boolean): number[] =>
      Array.from({ length: n }, (_, at) => Number(isFirst ? at < own : at >= own && at < own + other));
    const [first, second] = [answers(onlyA, onlyB, true), answers(onlyA, onlyB, false)];
    const found = pairedComparison(first, second);
    const score = pairedSharesInterval(onlyB, onlyA, n);
    expect(found.p).toBeCloseTo(p, 3);
    expect(score.low * score.high).toBeGreaterThan(0);
    const { low, high } = found.interval;
    expect(onlyA > onlyB ? [low, high] : [high, low]).toEqual(onlyA > onlyB ? [score.low, 0] : [score.high, 0]);
  });

  it('of right and wrong is the score interval and McNemar', () => {
    expect(pairedComparison(a, b)).toMatchObject({
      n: 12,
      difference: -0.25,
      gained: 1,
      lost: 4,
      p: expect.closeTo(0.21875, 12),
      test: 'McNemar mid-p',
      interval: { method: 'score interval of paired shares' },
    });
  });

  it('of partial credit is the paired t', () => {
    const left = Array.from({ length: 40 }, (_, item) => (item % 5) / 5);
    const right = left.map((score, item) => Math.min(1, score + (item % 4) / 20));
    const { difference, interval, p, test } = pairedComparison(left, right);
    const mean = 0.075;
    const error = Math.sqrt(
      Array.from({ length: 40 }, (_, item) => ((item % 4) / 20 - mean) ** 2).reduce((x, y) => x + y) / (39 * 40),
    );
    expect(test).toBe('paired t');
    expect(difference).toBeCloseTo(mean, 12);
    // t(0.975, 39) = 2.0226909
    expect(interval.high - mean).toBeCloseTo(2.0226909 * error, 7);
    expect(p).toBeCloseTo(tTwoSided(mean / error, 39), 12);
  });

  it('of items in clusters uses the clusters', () => {
    const clusters = Array.from({ length: 40 }, (_, item) => Math.floor(item / 4));
    const left = Array.from({ length: 40 }, () => 0);
    const right = clusters.map((cluster) => (cluster % 2 === 0 ? 1 : 0));
    const clustered = pairedComparison(left, right, { clusters });
    const single = pairedComparison(left, right);
    expect(clustered.test).toBe('clustered t');
    expect(clustered.interval.method).toBe('clustered, 10 clusters');
    expect(clustered.interval.high - clustered.interval.low).toBeGreaterThan(
      single.interval.high - single.interval.low,
    );
  });

  it('never looks certain where nothing or hardly anything differs', () => {
    const scores = Array.from({ length: 100 }, (_, item) => (item % 5) / 5);
    const none = pairedComparison(scores, scores);
    expect(none).toMatchObject({ difference: 0, p: 1, test: 'sign test, mid-p' });
    expect(none.interval.high).toBeCloseTo(pairedSharesInterval(0, 0, 100).high, 12);
    const one = pairedComparison(scores, scores.with(0, 0.1));
    expect(one.interval.high).toBeGreaterThanOrEqual(none.interval.high);
    const few = pairedComparison([0.5, 0.5, 1], [0.5, 0.6, 1]);
    expect(few.interval).toMatchObject({ method: 'anytime' });
    expect(few.interval.high - few.interval.low).toBeGreaterThan(0.5);
    expect(pairedComparison([1], [1]).interval.low).toBeLessThan(-0.5);
  });

  it('refuses what is no pair', () => {
    expect(() => pairedComparison([], [])).toThrow(RangeError);
    expect(() => pairedComparison([1], [1, 0])).toThrow(RangeError);
  });
});

describe('launchRatio', () => {
  const around = (value: number, deviation: number): number[] =>
    [0, deviation, -deviation].map((luck) => value * Math.exp(luck));

  it("is Student's t on logarithms, with fewer degrees of freedom than Welch's", () => {
    const { ratio, interval } = launchRatio(around(100, 0.1), around(200, 0.1));
    expect(ratio).toBeCloseTo(2, 12);
    // Welch's are 4, either side has 2: the geometric mean is sqrt(8). The error is 0.1 sqrt(2 / 3).
    const half = tQuantile(0.975, Math.sqrt(8)) * 0.1 * Math.sqrt(2 / 3);
    expect(Math.log((interval?.high ?? 0) / 2)).toBeCloseTo(half, 8);
    expect(Math.log((interval?.low ?? 0) / 2)).toBeCloseTo(-half, 8);
    expect(half).toBeGreaterThan(2.776445105 * 0.1 * Math.sqrt(2 / 3));
  });

  it('counts two launches against more as one degree of freedom', () => {
    const { interval } = launchRatio([10, 10.2], [10, 10.2, 10.1]);
    const [low, high] = [interval?.low ?? 0, interval?.high ?? 0].map(Math.log) as [number, number];
    const error = Math.hypot(
      standardDeviation([10, 10.2].map(Math.log)) / Math.SQRT2,
      standardDeviation([10, 10.2, 10.1].map(Math.log)) / Math.sqrt(3),
    );
    // t(0.975, 1) = 12.70620474
    expect((high - low) / 2).toBeCloseTo(12.70620474 * error, 7);
  });

  it('is paired where both were launched in rounds: what a round does to both cancels out', () => {
    const [a, b] = [
      [10, 12, 8],
      [11, 13.2 * 1.01, 8.8 * 0.99],
    ];
    const { ratio, interval } = launchRatio(a, b, { isPaired: true });
    // t(0.975, 2) = 4.302652730; the ratios of the rounds deviate by 1 %.
    const deviation = standardDeviation([1.1, 1.111, 1.089].map(Math.log));
    expect(Math.log((interval?.high ?? 0) / ratio)).toBeCloseTo((4.30265273 * deviation) / Math.sqrt(3), 9);
    expect(interval?.low).toBeGreaterThan(1.05);
    expect(interval?.method).toBe('t over 3 rounds');
    expect(launchRatio(a, b).interval?.low).toBeLessThan(1);
  });

  it('is never certain, and unknown with one launch', () => {
    const { interval } = launchRatio([10, 10], [9.99, 9.99]);
    expect(interval?.low).toBeLessThan(1);
    expect(interval?.high).toBeGreaterThan(1);
    expect(launchRatio([10], [20, 21]).interval).toBeUndefined();
    expect(() => launchRatio([], [1])).toThrow(RangeError);
  });
});

describe('tTwoSided', () => {
  it('is the tail of Student', () => {
    expect(tTwoSided(4.30265272975, 2)).toBeCloseTo(0.05, 9);
    expect(tTwoSided(-2.03693334346, 32)).toBeCloseTo(0.05, 9);
    expect(tTwoSided(0, 5)).toBe(1);
    expect(() => tTwoSided(1, 0)).toThrow(RangeError);
  });
});
