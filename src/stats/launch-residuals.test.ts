import { describe, expect, it } from 'vitest';
import { createLaunchSource, launchResiduals, type LaunchLogs } from './launch-residuals.ts';
import { createRandom } from './random.ts';

/** Variances and covariance of two quantities over many draws, of the first model. */
function moments(
  models: readonly (readonly LaunchLogs[])[],
  { isInRounds = false, floor = 0 } = {},
): { readonly variances: number[]; readonly covariance: number; readonly difference: number } {
  const residuals = launchResiduals(models, isInRounds);
  const drawn = models.map((launches) => ({ count: launches.length, floors: [floor, floor] }));
  const next = createLaunchSource(residuals, drawn, createRandom(3));
  const count = 40_000;
  let [x, y, xy, between] = [0, 0, 0, 0];
  for (let draw = 0; draw < count; draw += 1) {
    const [first = new Float64Array(2), second = new Float64Array(2)] = next();
    const [a = 0, b = 0] = first;
    x += a * a;
    y += b * b;
    xy += a * b;
    between += (a - (second[0] ?? 0)) ** 2;
  }
  return { variances: [x / count, y / count], covariance: xy / count, difference: between / count };
}

/** Ten launches, so that Student's t has a variance: 9 / 7 of what the normal has. */
const launches = (factor: number): LaunchLogs[] =>
  [3, -1, 4, 1, -5, 2, -2, 0, 1, -3].map((luck) => [factor * luck, -0.5 * factor * luck]);

describe('createLaunchSource', () => {
  it('draws with the covariance of the launches', () => {
    const { variances, covariance } = moments([launches(0.01)]);
    // Sum of squares of the launches, over 9 degrees of freedom and 10 launches.
    const variance = (0.0001 * 70) / 9 / 10;
    expect(((variances[0] ?? 0) / variance) * (7 / 9)).toBeCloseTo(1, 1);
    expect(covariance / (variances[0] ?? 1)).toBeCloseTo(-0.5, 2);
    expect((variances[1] ?? 0) / (variances[0] ?? 1)).toBeCloseTo(0.25, 2);
  });

  it('pools over models, and never falls below the floor', () => {
    const { variances } = moments([launches(0), launches(0.01)]);
    // 18 degrees of freedom: Student's variance is 18 / 16.
    expect(((variances[0] ?? 0) / ((0.0001 * 70) / 18 / 10)) * (16 / 18)).toBeCloseTo(1, 1);
    const least = moments([launches(0), launches(0)], { floor: 0.02 });
    expect(((least.variances[0] ?? 0) / (0.0004 / 10)) * (16 / 18)).toBeCloseTo(1, 1);
  });

  it('keeps rounds out of differences, and in single models', () => {
    const host = launches(0.05);
    const own = launches(0.005).toReversed();
    const models = [own, own.map((luck) => luck.map((value) => -value)), own.map(() => [0, 0])].map((model) =>
      model.map((luck, round) => luck.map((value, quantity) => value + (host[round]?.[quantity] ?? 0))),
    );
    const loose = moments(models);
    const paired = moments(models, { isInRounds: true });
    expect(paired.difference).toBeLessThan(0.02 * loose.difference);
    expect((paired.variances[0] ?? 0) / (loose.variances[0] ?? 1)).toBeGreaterThan(0.8);
  });

  it('sees no rounds where means of rounds differ no more than by chance', () => {
    const still = [launches(0.01), launches(0.01).map((luck) => luck.map((value) => -value))];
    const { rounds } = launchResiduals(still, true);
    expect(rounds?.vectors.flat().every((value) => Math.abs(value) < 1e-12)).toBe(true);
  });
});

describe('launchResiduals', () => {
  it('says which quantity varies much more in one model than in another', () => {
    const { isUneven, launches: own } = launchResiduals(
      [
        [
          [0, 0],
          [0.1, 0.1],
        ],
        [
          [0, 0],
          [0.01, 0.09],
        ],
        [[5, 5]],
      ],
      false,
    );
    expect(isUneven).toEqual([true, false]);
    expect(own).toMatchObject({ degrees: 2, vectors: { length: 4 } });
  });
});
