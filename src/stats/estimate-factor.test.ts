import { describe, expect, it } from 'vitest';
import { estimateFactor } from './estimate-factor.ts';

describe('estimateFactor', () => {
  it('is what is assumed where nothing was measured', () => {
    const { factor, low, high, n } = estimateFactor([], 0.25);
    expect([factor, n]).toEqual([1, 0]);
    // t of 0.975 with 4 degrees of freedom is 2.776445.
    expect(high).toBeCloseTo(Math.exp(2.776445 * 0.25), 5);
    expect(low * high).toBeCloseTo(1, 10);
  });

  it('is the geometric mean of what was measured, and narrows where ratios agree', () => {
    const { factor, low, high } = estimateFactor([0.8, 0.8, 0.8, 0.8, 0.8, 0.8], 0.25);
    expect(factor).toBeCloseTo(0.8, 10);
    // Variance (4 x 0.0625 + 0) / 9, t of 0.975 with 9 degrees of freedom 2.262157.
    const half = 2.262157 * Math.sqrt(0.25 / 9) * Math.sqrt(7 / 6);
    expect(Math.log(high / factor)).toBeCloseTo(half, 5);
    expect(Math.log(factor / low)).toBeCloseTo(half, 5);
    expect(high / low).toBeLessThan(estimateFactor([0.8], 0.25).high / estimateFactor([0.8], 0.25).low);
  });

  it('widens where ratios disagree', () => {
    const agreed = estimateFactor([1, 1.02, 0.98], 0.25);
    const apart = estimateFactor([0.5, 1, 2], 0.25);
    expect(apart.high / apart.low).toBeGreaterThan(2 * (agreed.high / agreed.low));
  });
});
