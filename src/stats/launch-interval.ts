import type { Interval } from '../core/measurement.ts';
import { tQuantile } from './distributions.ts';
import { meanOf } from './means.ts';

/**
 * Standard deviations of the logarithm over launches that are assumed where they weren't measured.
 *
 * Source: docs/scores.md, "Ranks" and "Deciding early".
 */
export const launchPrior = { throughput: 0.06, latency: 0.06, memory: 0.01 } as const;

/** How a positive quantity varies over launches of the engine, and over windows within a launch. */
export interface LaunchSpread {
  readonly launches: number;
  /** Geometric mean over launches of the geometric means over windows. */
  readonly geometricMean: number;
  /** Mean over launches of the mean logarithm. */
  readonly meanLog: number;
  /** Standard deviation of the launch means of the logarithm; undefined with one launch. */
  readonly logDeviation: number | undefined;
  /** Variance of the logarithm between windows of one launch, pooled; undefined where no launch has two windows. */
  readonly windowVariance: number | undefined;
  /** Variance of the logarithm that launches add to that of their windows; undefined where either is unknown. */
  readonly launchVariance: number | undefined;
}

function squares(values: readonly number[], centre: number): number {
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
}

/**
 * Splits the spread of a measurement into that between launches and that between windows within one.
 *
 * Windows of one launch share its luck (memory layout, clocks, scheduling), so only launches tell how far a repetition
 * would differ. Source: Kalibera and Jones, arXiv 2007.10899; docs/measurement.md, "Intervals".
 *
 * @param windows for each launch the values of its windows, each above 0
 * @throws {RangeError} if there is no launch, an empty launch, or a value that isn't above 0
 */
export function launchSpread(windows: readonly (readonly number[])[]): LaunchSpread {
  if (windows.length === 0) throw new RangeError('a launch interval needs at least one launch');
  const logs = windows.map((values, launch) => {
    if (values.length === 0) throw new RangeError(`launch ${launch} has no window`);
    return values.map((value) => {
      if (!(value > 0 && Number.isFinite(value))) {
        throw new RangeError(`launch ${launch} has the value ${value}; logarithms need finite values above 0`);
      }
      return Math.log(value);
    });
  });
  const launchMeans = logs.map(meanOf);
  const meanLog = meanOf(launchMeans);
  const launches = windows.length;
  const variance = launches < 2 ? undefined : squares(launchMeans, meanLog) / (launches - 1);
  const freedom = logs.reduce((sum, values) => sum + values.length - 1, 0);
  const within = logs.reduce((sum, values, launch) => sum + squares(values, launchMeans[launch] as number), 0);
  const windowVariance = freedom === 0 ? undefined : within / freedom;
  const windowsPerLaunch = launches / logs.reduce((sum, values) => sum + 1 / values.length, 0);
  return {
    launches,
    geometricMean: Math.exp(meanLog),
    meanLog,
    logDeviation: variance === undefined ? undefined : Math.sqrt(variance),
    windowVariance,
    launchVariance:
      variance === undefined || windowVariance === undefined
        ? undefined
        : Math.max(0, variance - windowVariance / windowsPerLaunch),
  };
}

/** Fewest degrees of freedom at which a variance pooled over models replaces a model's own. */
const minPooledFreedom = 8;

export interface PooledSpread {
  /** Standard deviation of the logarithm over launches, shared by all models. */
  readonly logDeviation: number;
  readonly degreesOfFreedom: number;
  /** One model varies over ten times as much (in variance) as another: pooling hides that. */
  readonly isUneven: boolean;
}

/**
 * Pools the launch variance of a metric over models, which makes an interval from few launches much narrower.
 *
 * @param spreads one per model
 * @returns undefined below {@link minPooledFreedom} degrees of freedom
 */
export function poolSpreads(spreads: readonly LaunchSpread[]): PooledSpread | undefined {
  let degreesOfFreedom = 0;
  let sum = 0;
  const variances: number[] = [];
  for (const { launches, logDeviation } of spreads) {
    if (logDeviation === undefined) continue;
    const variance = logDeviation ** 2;
    variances.push(variance);
    degreesOfFreedom += launches - 1;
    sum += variance * (launches - 1);
  }
  if (degreesOfFreedom < minPooledFreedom) return undefined;
  return {
    logDeviation: Math.sqrt(sum / degreesOfFreedom),
    degreesOfFreedom,
    isUneven: Math.max(...variances) > 10 * Math.min(...variances),
  };
}

/**
 * Interval for the geometric mean over launches, from Student's t on the logarithms.
 *
 * @param spread of one model
 * @param options `pooled`: the variance shared by all models, used in place of the model's own
 * @returns undefined where there is nothing to take a variance from: one launch, and none pooled
 */
export function launchInterval(
  spread: LaunchSpread,
  options: { readonly level?: number; readonly pooled?: PooledSpread | undefined } = {},
): Interval | undefined {
  const { level = 0.95, pooled } = options;
  const deviation = pooled?.logDeviation ?? spread.logDeviation;
  if (deviation === undefined) return undefined;
  const degrees = pooled?.degreesOfFreedom ?? spread.launches - 1;
  const half = (tQuantile((1 + level) / 2, degrees) * deviation) / Math.sqrt(spread.launches);
  const source = `t over ${spread.launches} ${spread.launches === 1 ? 'launch' : 'launches'}`;
  return {
    low: spread.geometricMean * Math.exp(-half),
    high: spread.geometricMean * Math.exp(half),
    level,
    method: pooled === undefined ? source : `${source}, pooled (df ${degrees})`,
  };
}

/** How a positive quantity of two models compares over their launches. */
export interface LaunchRatio {
  /** Geometric mean of b over that of a. */
  readonly ratio: number;
  /** Undefined where one side has a single launch: how far another would differ is not known. */
  readonly interval: Interval | undefined;
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
  const ratio = Math.exp(logRatio);
  if (left.logDeviation === undefined || right.logDeviation === undefined) return { ratio, interval: undefined };
  const own = left.logDeviation ** 2 / a.length;
  const other = right.logDeviation ** 2 / b.length;
  const variance = own + other;
  const method = `t over ${a.length} and ${b.length} launches`;
  // Logarithms of equal values differ in their last bits.
  if (variance < 1e-24) return { ratio, interval: { low: ratio, high: ratio, level, method } };
  const degrees = variance ** 2 / (own ** 2 / (a.length - 1) + other ** 2 / (b.length - 1));
  const half = tQuantile((1 + level) / 2, degrees) * Math.sqrt(variance);
  return { ratio, interval: { low: Math.exp(logRatio - half), high: Math.exp(logRatio + half), level, method } };
}
