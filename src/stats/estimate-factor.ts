import { tQuantile } from './distributions.ts';
import { meanOf } from './means.ts';

/** By how much estimates miss, learned from those of things that were measured. */
export interface EstimateFactor {
  /** Measured over estimated: what a further estimate is multiplied with. */
  readonly factor: number;
  /** Ends of the factor of one further thing, with a confidence of 95 %. */
  readonly low: number;
  readonly high: number;
  /** Things that were measured. 0: factor and ends are assumed. */
  readonly n: number;
}

/** Things that what is assumed counts for: of the factor as if one thing had been estimated right, and of the spread. */
const priorThings = 1;
const priorDegrees = 4;

/**
 * The factor between measurements and estimates, for one further thing of the kind.
 *
 * Its logarithm is taken as normal, with mean and variance unknown, and a normal inverse chi-squared prior (Gelman et al.,
 * Bayesian Data Analysis, 3rd edition, section 3.3): mean 0, as if one thing had been estimated right, and a variance as if
 * from four degrees of freedom. The ends are those of the predictive distribution, which is Student's t. Without any ratio
 * they are those of the assumption alone; ratios that agree with it never widen them, ratios that don't do.
 *
 * @param ratios measured over estimated, above 0
 * @param assumedDeviation of the logarithm of the ratio of one thing, before any was measured: scale of its t distribution
 */
export function estimateFactor(ratios: readonly number[], assumedDeviation: number): EstimateFactor {
  const n = ratios.length;
  const logs = ratios.map(Math.log);
  const own = n === 0 ? 0 : meanOf(logs);
  const things = priorThings + n;
  const degrees = priorDegrees + n;
  const centre = (n * own) / things;
  const squares = logs.reduce((sum, each) => sum + (each - own) ** 2, 0) + ((priorThings * n) / things) * own ** 2;
  const assumedVariance = assumedDeviation ** 2 / (1 + 1 / priorThings);
  const variance = (priorDegrees * assumedVariance + squares) / degrees;
  const half = tQuantile(0.975, degrees) * Math.sqrt(variance * (1 + 1 / things));
  return { factor: Math.exp(centre), low: Math.exp(centre - half), high: Math.exp(centre + half), n };
}
