import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wilsonInterval } from './wilson.ts';

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
