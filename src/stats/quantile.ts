import { incompleteBeta } from './distributions.ts';

/**
 * Quantile of a sample by linear interpolation (type 7 of Hyndman and Fan, the default of R and NumPy).
 *
 * @param sorted ascending, not empty
 * @param p in [0, 1]
 * @throws {RangeError} if there is nothing to take a quantile of, or `p` is out of range
 */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  if (sorted.length === 0) throw new RangeError('a quantile needs at least one value');
  if (!(p >= 0 && p <= 1)) throw new RangeError(`a quantile needs p in [0, 1], got ${p}`);
  const position = (sorted.length - 1) * p;
  const index = Math.floor(position);
  const low = sorted[index] as number;
  const high = sorted[index + 1] ?? low;
  return low + (position - index) * (high - low);
}

/**
 * Quantile of values that stand for different numbers of others: that of {@link quantile} where all stand for as many.
 *
 * The middle of each value's weight is its place between the first, at 0, and the last, at 1.
 *
 * @param values with weights above 0, in any order, not empty
 * @param p in [0, 1]
 * @throws {RangeError} if there is nothing to take a quantile of, or `p` is out of range
 */
export function weightedQuantile(
  values: readonly { readonly value: number; readonly weight: number }[],
  p: number,
): number {
  const sorted = values.toSorted((left, right) => left.value - right.value);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) throw new RangeError('a quantile needs at least one value');
  if (!(p >= 0 && p <= 1)) throw new RangeError(`a quantile needs p in [0, 1], got ${p}`);
  const whole = sorted.reduce((sum, { weight }) => sum + weight, 0);
  const target = first.weight / 2 + p * (whole - (first.weight + last.weight) / 2);
  let [before, beforeAt] = [first.value, first.weight / 2];
  let at = first.weight / 2;
  for (const [index, { value, weight }] of sorted.entries()) {
    if (index > 0) at += ((sorted[index - 1]?.weight ?? 0) + weight) / 2;
    if (at >= target)
      return at === beforeAt ? value : before + ((target - beforeAt) / (at - beforeAt)) * (value - before);
    [before, beforeAt] = [value, at];
  }
  return last.value;
}

/**
 * Quantile that is one of the values: the smallest x with at least a share `p` of the sample at or below it.
 *
 * @param sorted ascending, not empty
 * @param p in [0, 1]
 * @throws {RangeError} if the sample is empty or `p` is out of range
 */
export function inverseCdfQuantile(sorted: ArrayLike<number>, p: number): number {
  if (sorted.length === 0) throw new RangeError('a quantile needs at least one value');
  if (!(p >= 0 && p <= 1)) throw new RangeError(`a quantile needs p in [0, 1], got ${p}`);
  // Products such as 0.07 * 100 land a hair above the whole number that is meant.
  const index = Math.ceil(sorted.length * p - 1e-9) - 1;
  return sorted[Math.max(0, index)] as number;
}

const loadgenConfidence = 0.99;

/** P(Binomial(hits + misses, 1 - p) <= misses): how easily so few misses come from a percentile that is too high. */
function chanceOfSoFew(hits: number, misses: number, p: number): number {
  return hits === 0 ? 1 : incompleteBeta(p, hits, misses + 1);
}

/**
 * Fewest values from which a percentile can be bounded from above when `misses` values lie above the bound.
 *
 * Source: the early-stopping rule of MLPerf LoadGen, with tolerance 0: P(Binomial(n, 1 - p) <= misses) <= 1 - confidence.
 *
 * @param p between 0 and 1: 0.9 for the 90th percentile
 * @param misses whole number, at least 0
 */
export function minCount(p: number, misses: number, confidence = loadgenConfidence): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`a percentile needs p between 0 and 1, got ${p}`);
  let high = 1;
  while (chanceOfSoFew(high, misses, p) > 1 - confidence) high *= 2;
  let low = 0;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (chanceOfSoFew(middle, misses, p) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high + misses;
}

/**
 * How many of `n` values may lie above a bound that the percentile is below with the given confidence.
 *
 * @returns undefined where `n` is too small for any statement: at least one value must lie above
 */
export function allowedMisses(p: number, n: number, confidence = loadgenConfidence): number | undefined {
  if (minCount(p, 1, confidence) > n) return undefined;
  let low = 1;
  let high = Math.max(2, Math.ceil(n * (1 - p)) + 1);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (minCount(p, middle, confidence) <= n) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * Bounds of a percentile from order statistics: LoadGen's bound from above, and the same from below, where values are
 * counted from the other end.
 *
 * @param sorted ascending
 * @param p between 0 and 1
 * @param level of both together
 * @returns undefined on a side where there are too few values for a bound
 */
export function percentileBounds(
  sorted: ArrayLike<number>,
  p: number,
  level = 0.95,
): { readonly low: number | undefined; readonly high: number | undefined } {
  const n = sorted.length;
  const oneSided = (1 + level) / 2;
  const [above, below] = [allowedMisses(p, n, oneSided), allowedMisses(1 - p, n, oneSided)];
  return {
    low: below === undefined ? undefined : sorted[below - 1],
    high: above === undefined ? undefined : sorted[n - above],
  };
}

/** Both of {@link percentileBounds}, or undefined. */
export function percentileInterval(
  sorted: ArrayLike<number>,
  p: number,
  level = 0.95,
): { readonly low: number; readonly high: number } | undefined {
  const { low, high } = percentileBounds(sorted, p, level);
  return low === undefined || high === undefined ? undefined : { low, high };
}

export interface PercentileEstimate {
  /** The sample's own percentile, interpolated (type 7). */
  readonly value: number;
  /** The true percentile lies below this with the given confidence: LoadGen's figure. */
  readonly upper: number;
  readonly n: number;
  readonly confidence: number;
}

/**
 * A percentile with its upper confidence bound; nothing below the smallest sample that can carry one
 * (p50: 11, p90: 64, p95: 130, p99: 662 values).
 *
 * For a fixed number of independent values; it is no stopping rule.
 *
 * @param sorted ascending
 * @param p between 0 and 1
 */
export function percentile(
  sorted: ArrayLike<number>,
  p: number,
  confidence = loadgenConfidence,
): PercentileEstimate | undefined {
  const n = sorted.length;
  const misses = allowedMisses(p, n, confidence);
  if (misses === undefined) return undefined;
  return { value: quantile(sorted, p), upper: sorted[n - misses] as number, n, confidence };
}
