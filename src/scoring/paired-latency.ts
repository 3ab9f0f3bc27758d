import type { Interval } from '../core/measurement.ts';
import { normalQuantile } from '../stats/distributions.ts';
import { type LaunchRatio, launchRatio, type LaunchRatioOptions } from '../stats/launch-interval.ts';
import { geometricMean, standardDeviation } from '../stats/means.ts';

/** Latency in milliseconds by item id, one map per launch. */
export type LatencyItems = readonly ReadonlyMap<string, number>[];

export interface PairedLatency extends LaunchRatio {
  /** That both asked in every launch. */
  readonly items: number;
}

/** Fewer items in common than a panel has at least say less about a benchmark than each side's own median. */
const leastItems = 8;

/**
 * Ratio of two models' latencies by the mean of its logarithm over the items that both asked: which items they were, and
 * how long each takes, cancels out.
 *
 * The interval is that of launches, as for other figures; to it comes, in squares, what other items of the benchmark would
 * change, where some ask more of one model than of the other.
 *
 * @param benchmark how many items it has
 * @returns undefined where too few items are in common
 */
export function pairedLatency(
  a: LatencyItems,
  b: LatencyItems,
  benchmark: number,
  options: LaunchRatioOptions = {},
): PairedLatency | undefined {
  const launches = [...a, ...b];
  if (a.length === 0 || b.length === 0) return undefined;
  const ids = [...(a[0]?.keys() ?? [])].filter((id) => launches.every((launch) => (launch.get(id) ?? 0) > 0));
  const items = ids.length;
  if (items < leastItems) return undefined;
  const overItems = (launch: ReadonlyMap<string, number>): number =>
    geometricMean(ids.map((id) => launch.get(id) ?? 0));
  const { ratio, interval } = launchRatio(a.map(overItems), b.map(overItems), options);
  if (interval === undefined) return { ratio, interval, items };
  const overLaunches = (side: LatencyItems, id: string): number =>
    geometricMean(side.map((launch) => launch.get(id) ?? 0));
  const logs = ids.map((id) => Math.log(overLaunches(b, id) / overLaunches(a, id)));
  const { level = 0.95 } = options;
  const left = Math.max(0, 1 - items / Math.max(benchmark, items));
  const ofItems = normalQuantile((1 + level) / 2) * standardDeviation(logs) * Math.sqrt(left / items);
  const half = (bound: number): number => Math.hypot(Math.log(bound / ratio), ofItems);
  const wider: Interval = {
    ...interval,
    low: ratio * Math.exp(-half(interval.low)),
    high: ratio * Math.exp(half(interval.high)),
    method: `${interval.method}, over ${items} items of both`,
  };
  return { ratio, interval: wider, items };
}
