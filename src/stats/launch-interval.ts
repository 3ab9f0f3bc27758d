import type { Interval, Unit } from '../core/measurement.ts';
import { tQuantile } from './distributions.ts';
import { meanOf } from './means.ts';

/**
 * Standard deviations of the logarithm over launches that a race assumes before it has measured them.
 *
 * Source: docs/scores.md, "Deciding early".
 */
export const launchPrior = { throughput: 0.06, latency: 0.06, memory: 0.01 } as const;

/**
 * What stands in for the standard deviations of the logarithm over launches where no model was launched twice: the largest
 * that claims are simulated with, since nothing is known. Speed and latency then vary together.
 *
 * Source: docs/scores.md, "Ranks".
 */
export const unknownSpread = { throughput: 0.2, latency: 0.2, memory: 0.01 } as const;

const leastSpeedDeviation = 0.005;
const leastMemoryDeviation = 0.001;
/** The clock's resolution. */
const leastMs = 0.001;

/**
 * Smallest standard deviation of the logarithm over launches that is believed: few launches may agree by chance, and times
 * can't agree better than the clock tells them.
 *
 * @param value of the quantity, in its unit
 */
export function launchFloor(unit: Unit | undefined, value: number): number {
  if (unit === 'bytes') return leastMemoryDeviation;
  const isTime = unit === 'ms' || unit === 'ms/token' || unit === 'ms/item';
  return isTime && value > 0 ? Math.max(leastSpeedDeviation, leastMs / value) : leastSpeedDeviation;
}

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
  const all = windows.flat();
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
    // Rounding may take it out of the range: the mean of one launch is what it was measured to be.
    geometricMean: Math.min(Math.max(Math.exp(meanLog), Math.min(...all)), Math.max(...all)),
    meanLog,
    logDeviation: variance === undefined ? undefined : Math.sqrt(variance),
    windowVariance,
    launchVariance:
      variance === undefined || windowVariance === undefined
        ? undefined
        : Math.max(0, variance - windowVariance / windowsPerLaunch),
  };
}

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
 * @returns undefined where none has two launches
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
  if (degreesOfFreedom === 0) return undefined;
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
 * @param options `pooled`: the variance shared by all models, used in place of the model's own; `unit`: of the quantity, for
 *   the least deviation that is believed
 * @returns undefined where there is nothing to take a variance from: one launch, and none pooled
 */
export function launchInterval(
  spread: LaunchSpread,
  options: {
    readonly level?: number;
    readonly pooled?: PooledSpread | undefined;
    readonly unit?: Unit | undefined;
  } = {},
): Interval | undefined {
  const { level = 0.95, pooled, unit } = options;
  const measured = pooled?.logDeviation ?? spread.logDeviation;
  if (measured === undefined) return undefined;
  const deviation = Math.max(measured, launchFloor(unit, spread.geometricMean));
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

export interface LaunchRatioOptions {
  readonly level?: number;
  /** Of both, for the least deviation that is believed. */
  readonly unit?: Unit | undefined;
  /** Launch l of both ran in the same round: what a round does to both cancels out. */
  readonly isPaired?: boolean;
}

/**
 * Ratio of two performance figures with an interval from launches: Student's t on the logarithms of the two, or of the
 * ratios of each round where they were launched in rounds.
 *
 * Two models need not vary alike. Welch's degrees of freedom promise too much with few launches (8.9 % errors with 2
 * against 3), so they are drawn towards those of the less certain side, and two launches against more count as one degree:
 * at most 5.5 % errors for 2 to 5 launches and deviations up to 10 times as large (`bench/estimators.ts`).
 *
 * Source: Kalibera and Jones, arXiv 2007.10899; docs/comparing.md.
 *
 * @param a one value per launch of the baseline, above 0
 * @param b the same of the candidate
 * @throws {RangeError} without launches, or if a value isn't above 0
 */
export function launchRatio(
  a: readonly number[],
  b: readonly number[],
  { level = 0.95, unit, isPaired = false }: LaunchRatioOptions = {},
): LaunchRatio {
  const [left, right] = [launchSpread(a.map((value) => [value])), launchSpread(b.map((value) => [value]))];
  const logRatio = right.meanLog - left.meanLog;
  const ratio = Math.exp(logRatio);
  if (left.logDeviation === undefined || right.logDeviation === undefined) return { ratio, interval: undefined };
  const floors = [left, right].map(({ geometricMean }) => launchFloor(unit, geometricMean)) as [number, number];
  const isByRound = isPaired && a.length === b.length;
  const { error, degrees } = isByRound
    ? pairedError(a, b, Math.hypot(...floors))
    : unpairedError(
        { error: Math.max(left.logDeviation, floors[0]) / Math.sqrt(a.length), degrees: a.length - 1 },
        { error: Math.max(right.logDeviation, floors[1]) / Math.sqrt(b.length), degrees: b.length - 1 },
      );
  const half = tQuantile((1 + level) / 2, degrees) * error;
  const method = isByRound ? `t over ${a.length} rounds` : `t over ${a.length} and ${b.length} launches`;
  return { ratio, interval: { low: Math.exp(logRatio - half), high: Math.exp(logRatio + half), level, method } };
}

interface MeanError {
  /** Standard error of a mean of logarithms. */
  readonly error: number;
  readonly degrees: number;
}

function pairedError(a: readonly number[], b: readonly number[], floor: number): MeanError {
  const ratios = launchSpread(b.map((value, round) => [value / (a[round] as number)]));
  return { error: Math.max(ratios.logDeviation ?? 0, floor) / Math.sqrt(a.length), degrees: a.length - 1 };
}

function unpairedError(left: MeanError, right: MeanError): MeanError {
  const [own, other] = [left.error ** 2, right.error ** 2];
  const error = Math.sqrt(own + other);
  const fewest = Math.min(left.degrees, right.degrees);
  if (fewest === 1 && left.degrees !== right.degrees) return { error, degrees: 1 };
  const welch = (own + other) ** 2 / (own ** 2 / left.degrees + other ** 2 / right.degrees);
  return { error, degrees: Math.sqrt(welch * (own > other ? left.degrees : right.degrees)) };
}
