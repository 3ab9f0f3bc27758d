import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scoreInterval } from './score-interval.ts';

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
