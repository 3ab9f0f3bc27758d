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

/** ln e: what a model's performance adds to its score, per unit of the accuracy weight. */
function logEfficiency(factors: Factors, weights: Factors): number {
  const sum =
    weights.throughput * Math.log(factors.throughput) +
    weights.memory * Math.log(factors.memory) +
    weights.latency * Math.log(factors.latency);
  return sum / weights.accuracy;
}

/** Variance of ln e: each factor passes its noise on only as far as it is not saturated. */
function efficiencyVariance(factors: Factors, weights: Factors, noise: LaunchNoise): number {
  const part = (factor: 'throughput' | 'latency' | 'memory'): number =>
    ((weights[factor] / weights.accuracy) * (1 - factors[factor]) * noise[factor]) ** 2;
  return (part('throughput') + part('latency') + part('memory')) / noise.launches;
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
  challenger: Omit<Factors, 'accuracy'>,
  anchors: Anchors,
  options: RequiredAccuracyOptions = {},
): number {
  const { weights = equalWeights, noise } = options;
  if (!(weights.accuracy > 0)) throw new RangeError('required accuracy needs a weight of accuracy above 0');
  const own = anchoredFactors(champion, anchors);
  const other = anchoredFactors({ ...challenger, accuracy: 1 }, anchors);
  const margin =
    noise === undefined
      ? 0
      : noise.quantile * Math.sqrt(efficiencyVariance(own, weights, noise) + efficiencyVariance(other, weights, noise));
  const logRatio = logEfficiency(own, weights) - logEfficiency(other, weights);
  const { trivialAccuracy } = anchors;
  return trivialAccuracy + Math.exp(logRatio - margin) * Math.max(0, champion.accuracy - trivialAccuracy);
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
