import type { LatencyRecord, PassResult } from '../../core/cell.ts';
import { keepsBound, type Limit, loadPercentileOf, type LimitName, percentileOf } from '../../core/limits.ts';
import type { LoadProbe, LoadVerdict } from '../../core/sweep.ts';
import { weightedTimes } from '../../metrics/item-latencies.ts';
import { minCount, percentileBounds, quantile } from '../../stats/quantile.ts';

/** Whether a limit can be kept by a load: one on a percentile of a time. */
export function isLoadLimit(name: LimitName): boolean {
  return timeOf(name) !== undefined;
}

const records = {
  ttft: 'timeToFirstTokenMs',
  tpot: 'timePerOutputTokenMs',
  e2el: 'endToEndMs',
} as const satisfies Record<string, keyof LatencyRecord>;

/** `latency` is what the whole request takes, here as elsewhere. */
function timeOf(name: LimitName): { readonly time: keyof typeof records; readonly share: number } | undefined {
  const load = loadPercentileOf(name);
  if (load !== undefined) return { time: load.time, share: load.percentile / 100 };
  const percentile = percentileOf(name);
  return percentile === undefined ? undefined : { time: 'e2el', share: percentile / 100 };
}

/** How often a probe is judged, with more requests each time, as multiples of what a bound from above takes. */
const looks = [0.25, 1, 2] as const;
/** The second look has no fewer: a median from a handful of requests leaves everything open. */
const leastRequests = 60;

export interface JudgeOptions {
  readonly limit: Limit;
  /** Confidence of all probes of a search together. */
  readonly level: number;
  /** Probes that the search makes at most. */
  readonly probes: number;
}

/**
 * How many requests a probe has each time that it is judged, ascending. An unclear one goes on to the next. Far beyond its
 * limit a percentile is known from few; a bound from above takes the second number.
 */
export function lookSizes(options: JudgeOptions): readonly number[] {
  const { share } = wantedTime(options);
  const least = Math.max(leastRequests, minCount(share, 1, (1 + levelOfLook(options)) / 2));
  return looks.map((times) => Math.ceil(times * least));
}

/** Each look of each probe may err with an equal share of what all may together. */
function levelOfLook({ level, probes }: JudgeOptions): number {
  return 1 - (1 - level) / (probes * looks.length);
}

function wantedTime({ limit }: JudgeOptions): { readonly time: keyof typeof records; readonly share: number } {
  const wanted = timeOf(limit.name);
  if (wanted === undefined) throw new RangeError(`${limit.name} is no limit on a percentile of a time`);
  return wanted;
}

/** The time that a limit is on, of every request of some passes in their steady parts; a failed request took for ever. */
export function limitedTimes(passes: readonly PassResult[], options: JudgeOptions): readonly number[] {
  const name = records[wantedTime(options).time];
  const times = passes.flatMap(({ latencies }) => weightedTimes(latencies, name)).map(({ value }) => value);
  const failed = passes.reduce((sum, { failedRequests }) => sum + failedRequests, 0);
  return [...times, ...Array.from({ length: failed }, () => Infinity)].toSorted((left, right) => left - right);
}

/**
 * What times say of a percentile's limit: `within` where even its bound from above is, `beyond` where even that from below
 * isn't.
 *
 * Source: order statistics, `percentileBounds`; for independent times.
 *
 * @param times ascending
 */
export function judgeLoad(concurrency: number, times: readonly number[], options: JudgeOptions): LoadProbe {
  const { share } = wantedTime(options);
  const { bound } = options.limit;
  const { low, high } = percentileBounds(times, share, levelOfLook(options));
  const value = times.length === 0 ? undefined : quantile(times, share);
  const isWithin = (ms: number | undefined): boolean => ms !== undefined && keepsBound(ms, bound, true);
  const isBeyond = low !== undefined && !isWithin(low);
  const verdict: LoadVerdict = isWithin(high) ? 'within' : isBeyond ? 'beyond' : 'unclear';
  const finite = (ms: number | undefined): number | undefined => (Number.isFinite(ms) ? ms : undefined);
  return {
    concurrency,
    requests: times.length,
    value: finite(value),
    low: finite(low),
    high: finite(high),
    verdict,
    isValueWithin: isWithin(value),
  };
}
