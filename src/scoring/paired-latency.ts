import type { Interval } from '../core/measurement.ts';
import { normalQuantile } from '../stats/distributions.ts';
import { type LaunchRatio, launchRatio, type LaunchRatioOptions } from '../stats/launch-interval.ts';
import { commonItems, valuesAt, type ByItem } from '../stats/common-items.ts';
import { geometricMean, standardDeviation } from '../stats/means.ts';
import { minCount, quantile } from '../stats/quantile.ts';
import { createRandom } from '../stats/random.ts';

/** Latency in milliseconds by item id, one map per launch. */
export type LatencyItems = readonly ByItem[];

export interface PairedLatency extends LaunchRatio {
  /** That both asked in every launch. */
  readonly items: number;
}

export interface PairedLatencyOptions extends LaunchRatioOptions {
  /** How many items the benchmark has. */
  readonly benchmark: number;
}

/** Times of the items that both asked in every launch, by launch and then by item, in the same order everywhere. */
interface CommonTimes {
  readonly a: readonly (readonly number[])[];
  readonly b: readonly (readonly number[])[];
  readonly items: number;
}

function commonIds(a: LatencyItems, b: LatencyItems): readonly string[] {
  return a.length === 0 || b.length === 0 ? [] : commonItems([...a, ...b]);
}

function commonTimes(a: LatencyItems, b: LatencyItems, least: number): CommonTimes | undefined {
  const ids = commonIds(a, b);
  if (ids.length < least) return undefined;
  const timesOf = (side: LatencyItems) => side.map((launch) => valuesAt(launch, ids));
  return { a: timesOf(a), b: timesOf(b), items: ids.length };
}

/**
 * The interval of launches with what other items of the benchmark would change, in squares on the logarithm.
 *
 * @param error standard error of the logarithm of the ratio by the choice of items, were there infinitely many
 */
function overItems(
  { ratio, interval }: LaunchRatio,
  items: number,
  error: number,
  { benchmark, level = 0.95 }: PairedLatencyOptions,
): PairedLatency {
  if (interval === undefined) return { ratio, interval, items };
  const left = Math.max(0, 1 - items / Math.max(benchmark, items));
  const ofItems = normalQuantile((1 + level) / 2) * error * Math.sqrt(left);
  const half = (bound: number): number => Math.hypot(Math.log(bound / ratio), ofItems);
  const wider: Interval = {
    ...interval,
    low: ratio * Math.exp(-half(interval.low)),
    high: ratio * Math.exp(half(interval.high)),
    method: `${interval.method}, over ${items} items of both`,
  };
  return { ratio, interval: wider, items };
}

/** Fewer items in common than a panel has at least say less about a benchmark than each side's own median. */
const leastItems = 8;

/** Whether two models were timed on other items, so that a difference of their medians is one of the items as well. */
export function areOtherItems(a: LatencyItems, b: LatencyItems): boolean {
  const [left, right] = [a[0]?.size ?? 0, b[0]?.size ?? 0];
  return left > 0 && right > 0 && commonIds(a, b).length < Math.min(leastItems, left, right);
}

/**
 * Ratio of two models' latencies by the mean of its logarithm over the items that both asked: which items they were, and
 * how long each takes, cancels out.
 *
 * The interval is that of launches, as for other figures; to it comes, in squares, what other items of the benchmark would
 * change, where some ask more of one model than of the other.
 *
 * @returns undefined where too few items are in common
 */
export function pairedLatency(
  a: LatencyItems,
  b: LatencyItems,
  options: PairedLatencyOptions,
): PairedLatency | undefined {
  const common = commonTimes(a, b, leastItems);
  if (common === undefined) return undefined;
  const { items } = common;
  const found = launchRatio(
    common.a.map((times) => geometricMean(times)),
    common.b.map((times) => geometricMean(times)),
    options,
  );
  const overLaunches = (side: readonly (readonly number[])[], item: number): number =>
    geometricMean(side.map((times) => times[item] as number));
  const logs = Array.from({ length: items }, (_, item) =>
    Math.log(overLaunches(common.b, item) / overLaunches(common.a, item)),
  );
  return overItems(found, items, standardDeviation(logs) / Math.sqrt(items), options);
}

const tail = 0.95;
const leastOfTail = minCount(tail, 1);
const resamples = 400;

/** Of the times of one launch, resampled: a percentile takes no more than a walk through them in order. */
function tailSource(times: readonly number[]): (counts: ArrayLike<number>) => number {
  const order = times.map((_, item) => item).toSorted((left, right) => (times[left] ?? 0) - (times[right] ?? 0));
  const drawn = new Float64Array(times.length);
  return (counts) => {
    let filled = 0;
    for (const item of order) {
      const count = counts[item] as number;
      drawn.fill(times[item] as number, filled, filled + count);
      filled += count;
    }
    return quantile(drawn, tail);
  };
}

/**
 * Ratio of two models' 95th percentiles over the items that both asked.
 *
 * The interval is that of launches; to it comes, in squares, what other items would change: the standard deviation of the
 * logarithm over resamples of the items (Efron's bootstrap), the same ones for both models and all launches.
 *
 * @returns undefined where too few items are in common for a percentile
 */
export function pairedTail(a: LatencyItems, b: LatencyItems, options: PairedLatencyOptions): PairedLatency | undefined {
  const common = commonTimes(a, b, leastOfTail);
  if (common === undefined) return undefined;
  const { items } = common;
  const [left, right] = [common.a.map(tailSource), common.b.map(tailSource)];
  const tails = (side: typeof left, counts: ArrayLike<number>): readonly number[] => side.map((own) => own(counts));
  const whole = new Uint32Array(items).fill(1);
  const found = launchRatio(tails(left, whole), tails(right, whole), options);
  const random = createRandom(1);
  const counts = new Uint32Array(items);
  const logs = Array.from({ length: resamples }, () => {
    counts.fill(0);
    for (let draw = 0; draw < items; draw += 1) {
      const item = random.below(items);
      counts[item] = (counts[item] as number) + 1;
    }
    return Math.log(geometricMean(tails(right, counts)) / geometricMean(tails(left, counts)));
  });
  return overItems(found, items, standardDeviation(logs), options);
}
