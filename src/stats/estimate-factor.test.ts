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

  it('goes from 1 to what was measured, as far as that outweighs one thing', () => {
    const { factor, low, high } = estimateFactor([0.8, 0.8, 0.8, 0.8, 0.8, 0.8], 0.25);
    expect(factor).toBeCloseTo(0.8 ** (6 / 7), 10);
    // Variance (4 x 0.25^2 / 2 + 6 / 7 x ln(0.8)^2) / 10, t of 0.975 with 10 degrees of freedom 2.228139.
    const half = 2.228139 * Math.sqrt((0.125 + (6 / 7) * Math.log(0.8) ** 2) / 10) * Math.sqrt(8 / 7);
    expect(Math.log(high / factor)).toBeCloseTo(half, 5);
    expect(Math.log(factor / low)).toBeCloseTo(half, 5);
  });

  it('never widens where what was measured agrees with what was assumed', () => {
    const widths = [0, 1, 2, 3, 10].map((n) => {
      const { low, high } = estimateFactor(
        Array.from({ length: n }, () => 0.99),
        0.1,
      );
      return high / low;
    });
    expect(widths).toEqual(widths.toSorted((left, right) => right - left));
    expect(new Set(widths).size).toBe(widths.length);
  });

  it('widens where ratios disagree', () => {
    const agreed = estimateFactor([1, 1.02, 0.98], 0.25);
    const apart = estimateFactor([0.5, 1, 2], 0.25);
    expect(apart.high / apart.low).toBeGreaterThan(2 * (agreed.high / agreed.low));
  });
});
