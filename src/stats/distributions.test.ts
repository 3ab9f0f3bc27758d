import { describe, expect, it } from 'vitest';
import { normalQuantile, tQuantile, binomialCdf, incompleteBeta, logGamma } from './distributions.ts';

function closeTo(expected: number, relative = 1e-9): unknown {
  return expect.toSatisfy(
    (value: number) => Math.abs(value - expected) <= relative * Math.abs(expected),
    `${expected}`,
  );
}

describe('tQuantile', () => {
  // Computed independently, in Python with 30 digits (mpmath).
  it.each([
    [0.975, 2, 4.30265272975],
    [0.975, 32, 2.03693334346],
    [1 - 0.01 / 15, 32, 3.51609884612],
    [1 - 0.01 / 15, 8, 4.81293157124],
  ])('%d at %d degrees of freedom', (p, degrees, expected) => {
    expect(tQuantile(p, degrees)).toEqual(closeTo(expected, 1e-11));
    expect(tQuantile(1 - p, degrees)).toEqual(closeTo(-expected, 1e-11));
  });

  it('is the Cauchy quantile at 1 degree of freedom', () => {
    for (const p of [0.6, 0.9, 0.999, 1e-6]) {
      expect(tQuantile(p, 1)).toEqual(closeTo(Math.tan(Math.PI * (p - 0.5)), 1e-10));
    }
  });

  it('comes near the normal quantile', () => {
    expect(tQuantile(0.975, 1e7)).toBeCloseTo(normalQuantile(0.975), 6);
  });

  it('refuses what has no quantile', () => {
    expect(() => tQuantile(1, 3)).toThrow('a quantile needs a probability between 0 and 1, got 1');
    expect(() => tQuantile(0.9, 0)).toThrow('degrees of freedom above 0, got 0');
  });
});

describe('normalQuantile', () => {
  // Computed independently: python3 -c "import mpmath; mpmath.mp.dps=30; print(mpmath.sqrt(2)*mpmath.erfinv(2*P-1))"
  it.each([
    [0.975, 1.95996398454005],
    [0.995, 2.5758293035489],
    [0.9, 1.2815515655446],
    [0.51, 0.0250689082587111],
    [1 - 0.005 / 15, 3.4029328353853],
  ])('%d', (p, expected) => {
    expect(normalQuantile(p)).toEqual(closeTo(expected, 1e-11));
    expect(normalQuantile(1 - p)).toEqual(closeTo(-expected, 1e-9));
  });

  it('is 0 in the middle', () => {
    expect(normalQuantile(0.5)).toBe(0);
  });

  it('refuses 0', () => {
    expect(() => normalQuantile(0)).toThrow('a quantile needs a probability between 0 and 1, got 0');
  });
});

describe('special functions', () => {
  it('logGamma is the logarithm of the factorial', () => {
    expect(logGamma(1)).toBeCloseTo(0, 14);
    expect(logGamma(6)).toEqual(closeTo(Math.log(120), 1e-14));
    expect(logGamma(0.5)).toEqual(closeTo(Math.log(Math.PI) / 2, 1e-14));
    expect(() => logGamma(0)).toThrow('logGamma needs a number above 0');
  });

  it('binomialCdf sums the probabilities', () => {
    const choose = [1, 5, 10, 10, 5, 1];
    let sum = 0;
    for (const [successes, ways] of choose.entries()) {
      sum += ways * 0.3 ** successes * 0.7 ** (5 - successes);
      expect(binomialCdf(successes, 5, 0.3)).toEqual(closeTo(sum, 1e-13));
    }
    expect(binomialCdf(-1, 5, 0.3)).toBe(0);
  });

  it('incompleteBeta refuses what is no probability', () => {
    expect(() => incompleteBeta(1.1, 1, 1)).toThrow('needs x in [0, 1], got 1.1');
  });
});
