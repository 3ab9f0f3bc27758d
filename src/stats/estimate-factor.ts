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

/** Observations that the assumed deviation counts for. */
const priorObservations = 4;

/**
 * The factor between measurements and estimates, for one further thing of the kind.
 *
 * Its logarithm is taken as normal; its interval is the prediction interval of Student's t. Two or three ratios tell
 * little of their spread, so an assumed one is pooled with theirs, as if it came from four degrees of freedom (a scaled
 * inverse chi-squared prior of the variance; Gelman et al., Bayesian Data Analysis, 3rd edition, section 3.3). Without any
 * ratio the factor is 1 and the interval that of the assumption alone.
 *
 * @param ratios measured over estimated, above 0
 * @param assumedDeviation of the logarithm of a ratio
 */
export function estimateFactor(ratios: readonly number[], assumedDeviation: number): EstimateFactor {
  const n = ratios.length;
  const logs = ratios.map(Math.log);
  const centre = n === 0 ? 0 : meanOf(logs);
  const squares = logs.reduce((sum, each) => sum + (each - centre) ** 2, 0);
  const degrees = priorObservations + Math.max(0, n - 1);
  const deviation = Math.sqrt((priorObservations * assumedDeviation ** 2 + squares) / degrees);
  const half = tQuantile(0.975, degrees) * deviation * Math.sqrt(1 + (n === 0 ? 0 : 1 / n));
  return { factor: Math.exp(centre), low: Math.exp(centre - half), high: Math.exp(centre + half), n };
}
