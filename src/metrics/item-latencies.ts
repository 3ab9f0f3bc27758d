import type { LatencyRecord, PassResult } from '../core/cell.ts';
import type { Interval, Measurement, Warning } from '../core/measurement.ts';
import { singleLaunch } from '../core/measurement.ts';
import { launchInterval, launchSpread } from '../stats/launch-interval.ts';
import { commonItems, valuesAt } from '../stats/common-items.ts';
import { geometricMean } from '../stats/means.ts';
import { minCount, percentileInterval, weightedQuantile } from '../stats/quantile.ts';

/** A time of a request, in milliseconds, and how many items of the benchmark it stands for. */
interface WeightedTime {
  readonly value: number;
  readonly weight: number;
}

/** Which time of each request. */
export type TimeName = 'endToEndMs' | 'timeToFirstTokenMs' | 'timePerOutputTokenMs';

/** Times that are known, each with the weight of its item. */
export function weightedTimes(record: LatencyRecord | undefined, name: TimeName): readonly WeightedTime[] {
  const times: readonly (number | null)[] = record?.[name] ?? [];
  return times.flatMap((value, index) => (value === null ? [] : [{ value, weight: record?.weights?.[index] ?? 1 }]));
}

/** Times of answers that came at once have no logarithm. */
function positiveTimes(record: LatencyRecord, time: TimeName): readonly WeightedTime[] {
  return weightedTimes(record, time).filter(({ value }) => value > 0);
}

/** Latencies of a launch by item; empty where a record doesn't tell its items, as under load. */
export function latencyByItem(record: LatencyRecord | undefined): ReadonlyMap<string, number> {
  const { itemIds = [], endToEndMs = [] } = record ?? {};
  return new Map(itemIds.map((id, index) => [id, endToEndMs[index] ?? 0]));
}

/** The benchmark's latencies as all launches showed them. */
interface Pool {
  /** Every request of every launch; those of one item share what it stands for. */
  readonly requests: readonly WeightedTime[];
  /** Different ones. A request that doesn't tell its item is one. */
  readonly items: number;
}

function pooled(records: readonly LatencyRecord[], time: TimeName): Pool {
  const byItem = new Map<string, WeightedTime[]>();
  for (const [number, { [time]: times, itemIds, weights }] of records.entries()) {
    for (const [index, value] of times.entries()) {
      if (value === null || !(value > 0)) continue;
      const id = itemIds?.[index] ?? `request ${index} of ${number}`;
      const own = byItem.get(id) ?? [];
      own.push({ value, weight: weights?.[index] ?? 1 });
      byItem.set(id, own);
    }
  }
  const requests = [...byItem.values()].flatMap((own) =>
    own.map(({ value, weight }) => ({ value, weight: weight / own.length })),
  );
  return { requests, items: byItem.size };
}

/** How launches differ in latency, one number each: over the items that all of them asked, else by their medians. */
function launchLevels(records: readonly LatencyRecord[], time: TimeName): readonly number[] {
  const byItem = time === 'endToEndMs' ? records.map(latencyByItem) : [];
  const common = commonItems(byItem);
  if (common.length > 0) return byItem.map((own) => geometricMean(valuesAt(own, common)));
  return records.map((record) => weightedQuantile(positiveTimes(record, time), 0.5));
}

function percentileBounds(
  { requests, items }: Pool,
  value: number,
  p: number,
  records: readonly LatencyRecord[],
  time: TimeName,
) {
  // Requests of one item are alike, so that ranks are those of so many items, found among all requests by their share.
  const shares = percentileInterval(
    Array.from({ length: items }, (_, rank) => rank / (items - 1)),
    p,
  );
  if (shares === undefined) return undefined;
  const order = { low: weightedQuantile(requests, shares.low), high: weightedQuantile(requests, shares.high) };
  const spread = launchSpread(launchLevels(records, time).map((level) => [level]));
  const ofLaunches = launchInterval(spread);
  const launchHalf = ofLaunches === undefined ? 0 : Math.log(ofLaunches.high / spread.geometricMean);
  const interval: Interval = {
    low: value * Math.exp(-Math.hypot(Math.log(value / order.low), launchHalf)),
    high: value * Math.exp(Math.hypot(Math.log(order.high / value), launchHalf)),
    level: 0.95,
    method: ['order statistics', ...(ofLaunches === undefined ? [] : [ofLaunches.method])].join(', '),
  };
  return interval;
}

/** Settings that a percentile of the panel takes. */
export const panelSettings = 'latencyRequests, and enough latencySeconds for them';

/**
 * A percentile of the benchmark's latencies, or of another time of its requests: of all requests of all launches, so that
 * what requests of one item differ by counts too. None from too few items, however many launches asked them.
 *
 * Its interval covers other items of the benchmark (order statistics of as many values as there are items) and other
 * launches (Student's t), whose errors are independent and add in squares on the logarithm. docs/measurement.md,
 * "Intervals".
 *
 * @param launches passes by launch
 * @param counted what is counted, for people
 * @param time end to end where left out
 */
export function latencyPercentile(
  launches: readonly (readonly PassResult[])[],
  p: number,
  counted: 'items' | 'requests',
  warnings: readonly Warning[],
  time: TimeName = 'endToEndMs',
): Measurement {
  const records = launches
    .map((passes) => joinedRecords(passes.flatMap(({ latencies }) => latencies ?? [])))
    .filter((record) => positiveTimes(record, time).length > 0);
  const pool = pooled(records, time);
  const { requests, items } = pool;
  const needed = minCount(p, 1);
  if (items < needed) {
    const settings = counted === 'items' ? ` (${panelSettings})` : '';
    const detail = `${items} ${counted}; p${Math.round(p * 100)} needs at least ${needed}${settings}`;
    return { status: 'unavailable', reason: 'too_few_requests', detail };
  }
  const value = weightedQuantile(requests, p);
  const interval = percentileBounds(pool, value, p, records, time);
  const single: Warning[] = records.length === 1 ? [{ reason: 'one_launch', detail: singleLaunch }] : [];
  return {
    status: 'measured',
    value,
    unit: 'ms',
    n: items,
    ...(interval !== undefined && { interval }),
    warnings: [...warnings, ...single],
  };
}

/** Several passes of a launch as one. */
function joinedRecords(records: readonly LatencyRecord[]): LatencyRecord {
  const all = <Value>(read: (record: LatencyRecord) => readonly Value[]): readonly Value[] => records.flatMap(read);
  const everyone = (name: 'itemIds' | 'weights' | 'promptTokens'): boolean =>
    records.length > 0 && records.every((record) => record[name] !== undefined);
  return {
    endToEndMs: all(({ endToEndMs }) => endToEndMs),
    timeToFirstTokenMs: all(({ timeToFirstTokenMs }) => timeToFirstTokenMs),
    timePerOutputTokenMs: all(({ timePerOutputTokenMs }) => timePerOutputTokenMs),
    outputTokens: all(({ outputTokens }) => outputTokens),
    ...(everyone('promptTokens') && { promptTokens: all(({ promptTokens = [] }) => promptTokens) }),
    ...(everyone('itemIds') && { itemIds: all(({ itemIds = [] }) => itemIds) }),
    ...(everyone('weights') && { weights: all(({ weights = [] }) => weights) }),
  };
}
