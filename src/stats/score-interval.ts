import type { Interval } from '../core/measurement.ts';
import { anytimeInterval } from './anytime-interval.ts';
import { tQuantile } from './distributions.ts';
import { randomOrder } from './random.ts';
import { clusteredStandardError, standardError } from './standard-error.ts';
import { wilsonInterval } from './wilson.ts';

/** From so many items on the mean of partial credits is close enough to normal. */
const minForNormal = 30;
/** The anytime interval needs an order that doesn't depend on the scores; which one doesn't matter. */
const orderSeed = 1;

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
  if (n < minForNormal) {
    const order = randomOrder(n, orderSeed);
    return anytimeInterval(
      Array.from(order, (item) => scores[item] as number),
      { level },
    );
  }
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
