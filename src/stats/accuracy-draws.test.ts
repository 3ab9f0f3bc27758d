import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawAccuracies, type ItemScores } from './accuracy-draws.ts';
import { meanOf, standardDeviation } from './means.ts';
import { createRandom } from './random.ts';

const ones = (count: number, of: number): number[] => Array.from({ length: of }, (_, item) => Number(item < count));

function draw(scores: ItemScores, count = 20_000): number[][] {
  const models = scores.models.length;
  const drawn = drawAccuracies(scores, count, createRandom(7));
  return scores.models.map((_, model) => [...drawn].filter((_value, index) => index % models === model));
}

const quantileOf = (values: readonly number[], p: number): number =>
  values.toSorted((left, right) => left - right)[Math.floor(p * values.length)] as number;

describe('drawAccuracies', () => {
  it("has Jeffreys' posterior for each model", () => {
    // Mean and deviation of Beta(right + 1/2, wrong + 1/2).
    for (const [right, n] of [
      [40, 40],
      [30, 40],
      [0, 10],
    ] as const) {
      const [values = []] = draw({ models: [ones(right, n), ones(5, n)] });
      const [a, b] = [right + 0.5, n - right + 0.5];
      expect(meanOf(values)).toBeCloseTo(a / (a + b), 2.5);
      expect(standardDeviation(values) / Math.sqrt((a * b) / ((a + b) ** 2 * (a + b + 1)))).toBeCloseTo(1, 1);
    }
    const [all = []] = draw({ models: [ones(40, 40)] });
    // Quantile of Beta(40.5, 0.5) at 2.5 %, by bisection of the incomplete beta function.
    expect(quantileOf(all, 0.025)).toBeCloseTo(0.9395, 2);
  });

  it('lets models that agreed everywhere differ', () => {
    const [a = [], b = []] = draw({ models: [ones(39, 40), ones(39, 40)] }, 4000);
    expect(a.filter((value, index) => value !== b[index]).length).toBeGreaterThan(2000);
    expect(Math.max(...a.map((value, index) => Math.abs(value - (b[index] as number))))).toBeGreaterThan(0.03);
  });

  it('keeps what answers have in common', () => {
    const [a = [], b = [], c = []] = draw({ models: [ones(50, 100), ones(60, 100), ones(50, 100).toReversed()] }, 4000);
    const deviation = (left: readonly number[], right: readonly number[]): number =>
      standardDeviation(left.map((value, index) => value - (right[index] as number)));
    // 10 of 100 items differ, or 90.
    expect(deviation(a, b)).toBeLessThan(0.04);
    expect(deviation(c, b)).toBeGreaterThan(0.08);
  });

  it('weights whole clusters', () => {
    const scores = { models: [ones(8, 16)] };
    const clusters = Array.from({ length: 16 }, (_, item) => Math.floor(item / 4));
    const [alone = []] = draw(scores, 4000);
    const [together = []] = draw({ ...scores, clusters }, 4000);
    expect(standardDeviation(together) / standardDeviation(alone)).toBeGreaterThan(1.6);
  });

  it('is in [0, 1] and has the mean of partial credit', () => {
    const score = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(score, { minLength: 20, maxLength: 60 }), (scores) => {
        const [values = []] = draw({ models: [scores] }, 400);
        expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
        expect(Math.abs(meanOf(values) - meanOf(scores))).toBeLessThan(0.1);
      }),
      { numRuns: 20 },
    );
  });

  it('refuses models with other items', () => {
    const random = createRandom(1);
    expect(() => drawAccuracies({ models: [[1, 0], [1]] }, 1, random)).toThrow('model 1 has 1 items, the first has 2');
    expect(() => drawAccuracies({ models: [] }, 1, random)).toThrow('at least one model with one item');
    expect(() => drawAccuracies({ models: [[1, 0]], clusters: [1] }, 1, random)).toThrow('2 items need as many');
  });
});
