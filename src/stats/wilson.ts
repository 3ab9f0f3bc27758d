import type { Interval } from '../core/measurement.ts';
import { normalQuantile } from './distributions.ts';

export interface WilsonOptions {
  /** Confidence; 0.95 by default. */
  readonly level?: number;
  /**
   * Items of the whole benchmark, where the claim is about exactly those: the variance shrinks by 1 - n/N, to nothing
   * once every item was answered. Without it the claim is about new items of the same kind.
   */
  readonly populationSize?: number;
}

/**
 * Wilson's interval for a share: never empty, never outside [0, 1], also where all or no items are right.
 *
 * Source: Wilson 1927; docs/scores.md, "Accuracy".
 *
 * @param successes from 0 to n; may be fractional, such as a sum of partial credit
 * @param n above 0
 * @throws {RangeError} if a count is out of range
 */
export function wilsonInterval(successes: number, n: number, options: WilsonOptions = {}): Interval {
  const { level = 0.95, populationSize } = options;
  if (!(n > 0) || !(successes >= 0 && successes <= n)) {
    throw new RangeError(`a Wilson interval needs 0 <= successes <= n and n > 0, got ${successes} of ${n}`);
  }
  const p = successes / n;
  const share = populationSize === undefined ? 1 : finitePopulationFactor(n, populationSize);
  const method = populationSize === undefined ? 'wilson' : `wilson, of ${populationSize} items`;
  if (share === 0) return { low: p, high: p, level, method };
  const z = normalQuantile((1 + level) / 2);
  const effective = n / share;
  const squared = z * z;
  const denominator = 1 + squared / effective;
  const centre = (p + squared / (2 * effective)) / denominator;
  const half = (z * Math.sqrt((p * (1 - p)) / effective + squared / (4 * effective * effective))) / denominator;
  // At the ends the two terms cancel exactly on paper, not in floating point.
  const low = successes === 0 ? 0 : Math.max(0, centre - half);
  const high = successes === n ? 1 : Math.min(1, centre + half);
  return { low, high, level, method };
}

/**
 * What sampling without replacement does to the variance of a mean: 1 - n/N.
 *
 * @throws {RangeError} if there are more items than the benchmark has
 */
function finitePopulationFactor(n: number, populationSize: number): number {
  if (n > populationSize) throw new RangeError(`${n} items can't come from a benchmark of ${populationSize}`);
  return 1 - n / populationSize;
}
