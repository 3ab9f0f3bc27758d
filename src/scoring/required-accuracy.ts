import type { Interval } from '../core/measurement.ts';
import { quantile } from '../stats/quantile.ts';
import type { Anchors } from './anchors.ts';
import type { ReplicateValues } from './bootstrap.ts';
import type { Factors } from './factor.ts';
import { anchoredFactors, equalWeights } from './per-anchored.ts';

/** How far the logarithm of each performance figure varies from launch to launch. */
export interface LaunchNoise {
  /** Standard deviations of the logarithm over launches. */
  readonly throughput: number;
  readonly latency: number;
  readonly memory: number;
  readonly launches: number;
  /** Quantile for the wanted confidence: of Student's t where the deviations were estimated. */
  readonly quantile: number;
}

export interface RequiredAccuracyOptions {
  readonly weights?: Factors;
  /** Without it performance counts as exactly known. */
  readonly noise?: LaunchNoise;
}

type Performance = Omit<Factors, 'accuracy'>;
const performanceNames = ['throughput', 'memory', 'latency'] as const satisfies readonly (keyof Performance)[];

/**
 * ln e: what a model's performance adds to its score, per unit of the accuracy weight.
 *
 * @param values in the anchors' units
 */
export function logEfficiency(values: Performance, anchors: Anchors, weights: Factors): number {
  const factors = anchoredFactors({ ...values, accuracy: 1 }, anchors);
  return performanceNames.reduce((sum, name) => sum + (weights[name] / weights.accuracy) * Math.log(factors[name]), 0);
}

/**
 * Standard deviation of ln e over launches, at most: each factor passes its noise on only as far as it isn't saturated,
 * and the parts add up, since the figures of one launch may go up and down together.
 */
export function efficiencyDeviation(
  values: Performance,
  anchors: Anchors,
  weights: Factors,
  noise: Pick<LaunchNoise, keyof Performance>,
): number {
  const factors = anchoredFactors({ ...values, accuracy: 1 }, anchors);
  return performanceNames.reduce(
    (sum, name) => sum + (weights[name] / weights.accuracy) * (1 - factors[name]) * noise[name],
    0,
  );
}

/**
 * How much more a champion gets out of its performance than a challenger, as a ratio: e of the one over e of the other.
 * With noise its lower confidence bound.
 *
 * @throws {RangeError} if accuracy has no weight
 */
export function efficiencyRatio(
  champion: Performance,
  challenger: Performance,
  anchors: Anchors,
  { weights = equalWeights, noise }: RequiredAccuracyOptions = {},
): number {
  if (!(weights.accuracy > 0)) throw new RangeError('required accuracy needs a weight of accuracy above 0');
  const logRatio = logEfficiency(champion, anchors, weights) - logEfficiency(challenger, anchors, weights);
  if (noise === undefined) return Math.exp(logRatio);
  const [own, other] = [champion, challenger].map((values) => efficiencyDeviation(values, anchors, weights, noise));
  return Math.exp(logRatio - (noise.quantile * Math.hypot(own ?? 0, other ?? 0)) / Math.sqrt(noise.launches));
}

/**
 * The accuracy that a challenger needs to have a higher PER-A than the champion, at its own measured performance:
 * c + rho (A - c), rho being the ratio of what the two get out of their performance.
 *
 * Exact, since PER-A to the power 1/w is linear in accuracy. 1 or more means: can't win at any accuracy. With noise it
 * is the lower confidence bound, so that a challenger is never ruled out by an unlucky launch.
 * Source: docs/scores.md, "Required accuracy".
 *
 * @param champion all four values, in the anchors' units
 * @param challenger its accuracy isn't used
 * @throws {RangeError} if accuracy has no weight
 */
export function requiredAccuracy(
  champion: Factors,
  challenger: Performance,
  anchors: Anchors,
  options: RequiredAccuracyOptions = {},
): number {
  const { trivialAccuracy } = anchors;
  const ratio = efficiencyRatio(champion, challenger, anchors, options);
  return trivialAccuracy + ratio * Math.max(0, champion.accuracy - trivialAccuracy);
}

/**
 * How far the required accuracy depends on the luck of launches: its quantiles over replicates of the performance of both,
 * at the champion's measured accuracy.
 *
 * @param champion and `challenger`: their places among the models of the replicates
 * @throws {RangeError} if accuracy has no weight
 */
export function requiredRange(
  values: ReplicateValues,
  models: number,
  [champion, challenger]: readonly [champion: number, challenger: number],
  accuracy: number,
  anchors: Anchors,
  weights: Factors = equalWeights,
): Interval {
  const level = 0.95;
  const at = (index: number): Factors => ({
    accuracy,
    throughput: values.throughput[index] as number,
    latency: values.latency[index] as number,
    memory: values.memory[index] as number,
  });
  const needed = Float64Array.from({ length: values.accuracy.length / models }, (_, replicate) => {
    const offset = replicate * models;
    return requiredAccuracy(at(offset + champion), at(offset + challenger), anchors, { weights });
  }).toSorted();
  const tail = (1 - level) / 2;
  return { low: quantile(needed, tail), high: quantile(needed, 1 - tail), level, method: 'draws of launches' };
}
