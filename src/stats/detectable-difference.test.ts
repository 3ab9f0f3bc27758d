import { describe, expect, it } from 'vitest';
import { detectableDifference } from './detectable-difference.ts';

/** log n! */
function logFactorial(n: number): number {
  let sum = 0;
  for (let factor = 2; factor <= n; factor += 1) sum += Math.log(factor);
  return sum;
}

/** Exact power of McNemar's test (b - c)^2 / (b + c) >= 1.96^2, summed over all outcomes of n items. */
function powerOf(n: number, difference: number, differing: number): number {
  const [better, worse] = [(differing + difference) / 2, (differing - difference) / 2];
  let power = 0;
  for (let b = 0; b <= n; b += 1) {
    for (let c = 0; b + c <= n; c += 1) {
      if (b === c || (b - c) ** 2 < 1.96 ** 2 * (b + c)) continue;
      if (c > 0 && worse <= 0) continue;
      const logs = logFactorial(n) - logFactorial(b) - logFactorial(c) - logFactorial(n - b - c);
      const same = n - b - c === 0 ? 0 : (n - b - c) * Math.log(1 - differing);
      power += Math.exp(logs + b * Math.log(better) + (c === 0 ? 0 : c * Math.log(worse)) + same);
    }
  }
  return power;
}

describe('the difference that so many items tell', () => {
  it.each([40, 100, 200])('%d items find it with a power of about 80 %%', (n) => {
    const difference = detectableDifference(n) ?? Number.NaN;
    expect(powerOf(n, difference, 0.25)).toBeGreaterThan(0.75);
    expect(powerOf(n, difference, 0.25)).toBeLessThan(0.9);
    expect(powerOf(n, difference / 2, 0.25)).toBeLessThan(0.4);
  });

  it('30 items tell about 25 points, 1,000 about 4', () => {
    expect(detectableDifference(30)).toBeCloseTo(0.26, 2);
    expect(detectableDifference(1000)).toBeCloseTo(0.044, 3);
  });

  it('fewer items never tell more, and below 6 they tell nothing', () => {
    const all = Array.from({ length: 200 }, (_, index) => detectableDifference(index + 1));
    expect(all.slice(0, 5)).toEqual([undefined, undefined, undefined, undefined, undefined]);
    const some = all.slice(5).map((difference) => difference ?? Number.NaN);
    expect(some[0]).toBe(1);
    for (const [index, difference] of some.entries()) expect(difference).toBeLessThanOrEqual(some[index - 1] ?? 1);
  });
});
