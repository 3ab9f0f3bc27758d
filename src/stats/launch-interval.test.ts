import { describe, expect, it } from 'vitest';
import { launchFloor, launchInterval, launchSpread, poolSpreads } from './launch-interval.ts';

const windows = [
  [100, 102, 99, 101],
  [95, 97, 96, 94],
  [103, 104, 101, 102],
];

describe('launchInterval', () => {
  // Expected values: computed independently in Python.
  it('takes its width from launches', () => {
    const spread = launchSpread(windows);
    expect(spread.launches).toBe(3);
    expect(spread.geometricMean).toBeCloseTo(99.4497295294, 9);
    expect(spread.logDeviation).toBeCloseTo(0.0365107606359, 12);
    expect(spread.windowVariance).toBeCloseTo(0.000168824111856, 14);
    expect(spread.launchVariance).toBeCloseTo(0.00129082961424, 13);
    const interval = launchInterval(spread);
    expect(interval?.low).toBeCloseTo(90.82681199, 7);
    expect(interval?.high).toBeCloseTo(108.891289772, 8);
    expect(interval).toMatchObject({ level: 0.95, method: 't over 3 launches' });
  });

  it('is much wider than all windows taken as repetitions', () => {
    const naive = launchInterval(launchSpread(windows.flat().map((value) => [value])));
    expect(naive?.low).toBeCloseTo(97.3688843123, 9);
    expect(naive?.high).toBeCloseTo(101.575043951, 9);
  });

  it('does not exist with one launch', () => {
    const spread = launchSpread([[100, 102]]);
    expect(spread).toMatchObject({ launches: 1, logDeviation: undefined, launchVariance: undefined });
    expect(spread.windowVariance).toBeGreaterThan(0);
    expect(launchInterval(spread)).toBeUndefined();
  });

  it('knows no window variance where each launch has one window', () => {
    expect(launchSpread([[100], [102]])).toMatchObject({ windowVariance: undefined, launchVariance: undefined });
  });

  it('pools over models', () => {
    const spread = launchSpread(windows);
    expect(poolSpreads([launchSpread([[1]])])).toBeUndefined();
    const pooled = poolSpreads([spread, spread, spread, spread, launchSpread([[1]])]);
    expect(pooled).toMatchObject({ degreesOfFreedom: 8, isUneven: false });
    const interval = launchInterval(spread, { pooled });
    // t(0.975, 8) = 2.306004135 in place of t(0.975, 2) = 4.302652730
    const half = Math.log((interval?.high ?? 0) / 99.4497295294);
    expect(half).toBeCloseTo((2.306004135 * 0.0365107606359) / Math.sqrt(3), 9);
    expect(interval?.method).toBe('t over 3 launches, pooled (df 8)');
  });

  it('is never narrower than few launches and the clock can tell', () => {
    const interval = launchInterval(launchSpread([[100], [100], [100]]));
    // t(0.975, 2) = 4.302652730 times 0.5 %
    expect(Math.log((interval?.high ?? 0) / 100)).toBeCloseTo((4.30265273 * 0.005) / Math.sqrt(3), 9);
    expect(launchFloor('bytes', 100)).toBe(0.001);
    expect(launchFloor('items/s', 0.01)).toBe(0.005);
    expect(launchFloor('ms', 0.01)).toBeCloseTo(0.1, 12);
    expect(launchFloor('ms/token', 10)).toBe(0.005);
  });

  it('says when pooling hides an uneven spread', () => {
    const calm = launchSpread([[100], [100.1], [99.9], [100], [100]]);
    const wild = launchSpread([[100], [150], [70], [120], [90]]);
    expect(poolSpreads([calm, wild])?.isUneven).toBe(true);
  });

  it('refuses what has no logarithm', () => {
    expect(() => launchSpread([])).toThrow('a launch interval needs at least one launch');
    expect(() => launchSpread([[1], []])).toThrow('launch 1 has no window');
    expect(() => launchSpread([[1, 0]])).toThrow('launch 0 has the value 0; logarithms need finite values above 0');
  });
});

it.each([377376768, 123456789, 7e9])('gives the value of a single launch as it was measured: %d', (bytes) => {
  expect(launchSpread([[bytes]]).geometricMean).toBe(bytes);
  expect(launchSpread([[bytes], [bytes], [bytes]]).geometricMean).toBe(bytes);
});
