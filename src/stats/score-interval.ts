import { meanOf } from './means.ts';
import type { Interval } from '../core/measurement.ts';
import { incompleteBeta, normalQuantile, tQuantile } from './distributions.ts';
import { anytimeInterval } from './anytime-interval.ts';
import { randomOrder } from './random.ts';

function checkCount(name: string, n: number): void {
  if (n < 2) throw new RangeError(`${name} needs at least 2 values, got ${n}`);
}

/**
 * Standard error of the mean of independent values.
 *
 * @throws {RangeError} below 2 values
 */
export function standardError(values: readonly number[]): number {
  checkCount('a standard error', values.length);
  const centre = meanOf(values);
  let squares = 0;
  for (const value of values) squares += (value - centre) ** 2;
  return Math.sqrt(squares / (values.length * (values.length - 1)));
}

export interface ClusteredError {
  /** With the small-sample factor sqrt(G / (G - 1)). */
  readonly standardError: number;
  readonly clusters: number;
  /** Squared ratio to the error of independent values; below 1 where clusters balance themselves out. */
  readonly designEffect: number;
}

/**
 * Standard error of the mean of values that depend on each other within clusters, such as questions on one paragraph.
 *
 * Source: Miller, arXiv 2411.00640; docs/scores.md, "Accuracy".
 *
 * @param clusters as many labels as values
 * @throws {RangeError} below 2 clusters, or if the lengths differ
 */
export function clusteredStandardError(
  values: readonly number[],
  clusters: readonly (string | number)[],
): ClusteredError {
  if (values.length !== clusters.length) {
    throw new RangeError(`${values.length} values need as many cluster labels, got ${clusters.length}`);
  }
  const centre = meanOf(values);
  const sums = new Map<string | number, number>();
  for (const [index, value] of values.entries()) {
    const cluster = clusters[index] as string | number;
    sums.set(cluster, (sums.get(cluster) ?? 0) + value - centre);
  }
  if (sums.size < 2) throw new RangeError(`a clustered standard error needs at least 2 clusters, got ${sums.size}`);
  let squares = 0;
  for (const sum of sums.values()) squares += sum * sum;
  const clustered = (Math.sqrt(squares) / values.length) * Math.sqrt(sums.size / (sums.size - 1));
  const independent = standardError(values);
  return {
    standardError: clustered,
    clusters: sums.size,
    designEffect: independent === 0 ? 1 : (clustered / independent) ** 2,
  };
}

export interface PairedDifference {
  /** Mean of a minus mean of b. */
  readonly difference: number;
  readonly standardError: number;
  readonly n: number;
}

/**
 * Difference of two models on the same items; far more exact than the difference of two separate means.
 *
 * @param a one value per item
 * @param b the same items in the same order
 * @throws {RangeError} below 2 items, or if the lengths differ
 */
export function pairedDifference(a: readonly number[], b: readonly number[]): PairedDifference {
  if (a.length !== b.length) throw new RangeError(`a pair needs the same items, got ${a.length} and ${b.length}`);
  const differences = a.map((value, index) => value - (b[index] as number));
  checkCount('a paired difference', differences.length);
  return { difference: meanOf(differences), standardError: standardError(differences), n: differences.length };
}

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
  if (populationSize !== undefined && n > populationSize) {
    throw new RangeError(`${n} items can't come from a benchmark of ${populationSize}`);
  }
  // What sampling without replacement does to the variance of a mean.
  const share = populationSize === undefined ? 1 : 1 - n / populationSize;
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

/** The point where a function that rises from below to above `target` on [0, 1] crosses it. */
function crossing(rises: (x: number) => number, target: number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (rises(middle) < target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The exact one-sided bounds of a share: each by itself is on the right side of the truth with the given confidence, with
 * however few items.
 *
 * Source: Clopper and Pearson, Biometrika 26 (1934) 404-413.
 *
 * @param successes from 0 to n; may be fractional, such as a sum of partial credit
 * @param n above 0; may be fractional, such as the number of independent items that dependent ones are worth
 * @throws {RangeError} if a count is out of range
 */
export function exactBounds(
  successes: number,
  n: number,
  level = 0.95,
): { readonly low: number; readonly high: number } {
  if (!(n > 0) || !(successes >= 0 && successes <= n)) {
    throw new RangeError(`exact bounds need 0 <= successes <= n and n > 0, got ${successes} of ${n}`);
  }
  const failures = n - successes;
  return {
    low: successes === 0 ? 0 : crossing((x) => incompleteBeta(x, successes, failures + 1), 1 - level),
    high: failures === 0 ? 1 : crossing((x) => incompleteBeta(x, successes + 1, failures), level),
  };
}

/** From this many items on the mean of partial credits, or of differences, is close enough to normal. */
export const minForNormal = 30;
/** The anytime interval needs an order that doesn't depend on the scores; which one doesn't matter. */
const orderSeed = 1;

/** Interval for the mean of fewer scores in [0, 1]. */
export function fewScoresInterval(scores: readonly number[], level: number): Interval {
  const order = Array.from(randomOrder(scores.length, orderSeed), (item) => scores[item] as number);
  return anytimeInterval(order, { level });
}

/**
 * Interval for the accuracy on new items of the same kind, by what the scores are: clustered standard error where items
 * share a paragraph, Wilson for right or wrong, Student's t for partial credit, the anytime interval for few of those.
 *
 * Never "± 0": where all scores are equal, Wilson's interval stands in, which no bounded score can exceed in variance.
 * Source: docs/measurement.md, "Intervals".
 *
 * @param scores in [0, 1], one per item
 * @param options `clusters`: for each item what it depends on
 * @throws {RangeError} without items, or if a score is out of range
 */
export function scoreInterval(
  scores: readonly number[],
  options: { readonly level?: number; readonly clusters?: readonly (string | number)[] | undefined } = {},
): Interval {
  const { level = 0.95, clusters } = options;
  const n = scores.length;
  if (n === 0) throw new RangeError('an interval needs at least one score');
  const bad = scores.find((score) => !(score >= 0 && score <= 1));
  if (bad !== undefined) throw new RangeError(`a score must be in [0, 1], got ${bad}`);
  const sum = scores.reduce((total, score) => total + score, 0);
  if (clusters !== undefined && isClustered(clusters)) return clusteredInterval(scores, clusters, sum / n, level);
  if (scores.every((score) => score === 0 || score === 1)) return wilsonInterval(sum, n, { level });
  if (n < minForNormal) return fewScoresInterval(scores, level);
  const error = standardError(scores);
  if (error < 1e-12) return wilsonInterval(sum, n, { level });
  return around(sum / n, tQuantile((1 + level) / 2, n - 1) * error, level, 't over items');
}

/** At least two clusters, and one of them with more than one item. */
function isClustered(clusters: readonly (string | number)[]): boolean {
  const distinct = new Set(clusters).size;
  return distinct >= 2 && distinct < clusters.length;
}

function clusteredInterval(
  scores: readonly number[],
  clusters: readonly (string | number)[],
  mean: number,
  level: number,
): Interval {
  const { standardError: error, clusters: count } = clusteredStandardError(scores, clusters);
  if (error < 1e-12) return { ...wilsonInterval(mean * count, count, { level }), method: `wilson, ${count} clusters` };
  return around(mean, tQuantile((1 + level) / 2, count - 1) * error, level, `clustered, ${count} clusters`);
}

function around(mean: number, half: number, level: number, method: string): Interval {
  return { low: Math.max(0, mean - half), high: Math.min(1, mean + half), level, method };
}

/**
 * Student's t interval for the mean of a quantity over items, from its sums; cut at 0, since it counts something.
 *
 * @param count of values, at least 2
 * @param squareSum sum of their squares
 */
export function meanInterval(count: number, mean: number, squareSum: number, level = 0.95): Interval {
  checkCount('an interval over items', count);
  const variance = Math.max(0, (squareSum - count * mean ** 2) / (count - 1));
  const half = tQuantile((1 + level) / 2, count - 1) * Math.sqrt(variance / count);
  return { low: Math.max(0, mean - half), high: mean + half, level, method: 't over items' };
}
