import type { Interval } from '../core/measurement.ts';
import { tQuantile } from './distributions.ts';
import { launchSpread } from './launch-interval.ts';

/** How a positive quantity of two models compares over their launches. */
export interface LaunchRatio {
  /** Geometric mean of b over that of a. */
  readonly ratio: number;
  /** Undefined where one side has a single launch: how far another would differ is not known. */
  readonly interval: Interval | undefined;
  readonly launchesA: number;
  readonly launchesB: number;
}

/**
 * Ratio of two performance figures with an interval from launches: Student's t on the logarithms, with Welch's degrees of
 * freedom, since two models need not vary alike.
 *
 * Source: Kalibera and Jones, arXiv 2007.10899; docs/comparing.md.
 *
 * @param a one value per launch of the baseline, above 0
 * @param b the same of the candidate
 * @throws {RangeError} without launches, or if a value isn't above 0
 */
export function launchRatio(a: readonly number[], b: readonly number[], level = 0.95): LaunchRatio {
  const [left, right] = [launchSpread(a.map((value) => [value])), launchSpread(b.map((value) => [value]))];
  const logRatio = right.meanLog - left.meanLog;
  const base = { ratio: Math.exp(logRatio), launchesA: a.length, launchesB: b.length };
  if (left.logDeviation === undefined || right.logDeviation === undefined) return { ...base, interval: undefined };
  const own = left.logDeviation ** 2 / a.length;
  const other = right.logDeviation ** 2 / b.length;
  const variance = own + other;
  const method = `t over ${a.length} and ${b.length} launches`;
  // Logarithms of equal values differ in their last bits.
  if (variance < 1e-24) return { ...base, interval: { low: base.ratio, high: base.ratio, level, method } };
  const degrees = variance ** 2 / (own ** 2 / (a.length - 1) + other ** 2 / (b.length - 1));
  const half = tQuantile((1 + level) / 2, degrees) * Math.sqrt(variance);
  return { ...base, interval: { low: Math.exp(logRatio - half), high: Math.exp(logRatio + half), level, method } };
}
