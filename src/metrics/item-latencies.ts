import type { LatencyRecord, PassResult } from '../core/cell.ts';
import type { Interval, Measurement, Warning } from '../core/measurement.ts';
import { singleLaunch } from '../core/measurement.ts';
import { launchInterval, launchSpread } from '../stats/launch-interval.ts';
import { meanOf } from '../stats/means.ts';
import { minCount, percentileInterval, weightedQuantile } from '../stats/quantile.ts';

/** The latency of an item end to end, in milliseconds, and how many items of the benchmark it stands for. */
interface ItemLatency {
  readonly value: number;
  readonly weight: number;
}

/** Times that are known, each with the weight of its item. */
export function weightedTimes(
  record: LatencyRecord | undefined,
  name: 'endToEndMs' | 'timeToFirstTokenMs' | 'timePerOutputTokenMs',
): readonly ItemLatency[] {
  const times: readonly (number | null)[] = record?.[name] ?? [];
  return times.flatMap((value, index) => (value === null ? [] : [{ value, weight: record?.weights?.[index] ?? 1 }]));
}

/** Latencies of a launch by item; empty where a record doesn't tell its items, as under load. */
export function latencyByItem(record: LatencyRecord | undefined): ReadonlyMap<string, number> {
  const { itemIds = [], endToEndMs = [] } = record ?? {};
  return new Map(itemIds.map((id, index) => [id, endToEndMs[index] ?? 0]));
}

/** The items of a benchmark over all launches, each once: the geometric mean of its times. A request without item is one. */
function itemsOver(records: readonly LatencyRecord[]): readonly ItemLatency[] {
  const byItem = new Map<string, { readonly logs: number[]; readonly weight: number }>();
  for (const [number, { endToEndMs, itemIds, weights }] of records.entries()) {
    for (const [index, ms] of endToEndMs.entries()) {
      if (!(ms > 0)) continue;
      const id = itemIds?.[index] ?? `request ${index} of ${number}`;
      const known = byItem.get(id) ?? { logs: [], weight: weights?.[index] ?? 1 };
      known.logs.push(Math.log(ms));
      byItem.set(id, known);
    }
  }
  return Array.from(byItem.values(), ({ logs, weight }) => ({ value: Math.exp(meanOf(logs)), weight }));
}

/** How launches differ in latency, one number each: over the items that all of them asked, else by their medians. */
function launchLevels(records: readonly LatencyRecord[]): readonly number[] {
  const byItem = records.map(latencyByItem);
  const common = commonItems(byItem);
  if (common.length > 0) return byItem.map((own) => meanOverItems(own, common));
  return records.map((record) => weightedQuantile(weightedTimes(record, 'endToEndMs'), 0.5));
}

/** Items that all launches asked and answered. */
function commonItems(launches: readonly ReadonlyMap<string, number>[]): readonly string[] {
  const [first, ...others] = launches;
  if (first === undefined) return [];
  return first
    .keys()
    .filter((id) => [first, ...others].every((launch) => (launch.get(id) ?? 0) > 0))
    .toArray();
}

/** Geometric mean over items. */
function meanOverItems(launch: ReadonlyMap<string, number>, ids: readonly string[]): number {
  return Math.exp(meanOf(ids.map((id) => Math.log(launch.get(id) ?? 0))));
}

function percentileBounds(items: readonly ItemLatency[], value: number, p: number, records: readonly LatencyRecord[]) {
  const sorted = items.map((item) => item.value).toSorted((left, right) => left - right);
  const order = percentileInterval(sorted, p);
  if (order === undefined) return undefined;
  const spread = launchSpread(launchLevels(records).map((level) => [level]));
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

/**
 * A percentile of the benchmark's latencies, from the items that were asked: each once, however many launches asked it.
 * None from too few of them.
 *
 * Its interval covers other items of the benchmark (order statistics) and other launches (Student's t), whose errors are
 * independent and add in squares on the logarithm. docs/measurement.md, "Intervals".
 *
 * @param launches passes by launch
 * @param counted what is counted, for people
 */
export function latencyPercentile(
  launches: readonly (readonly PassResult[])[],
  p: number,
  counted: 'items' | 'requests',
  warnings: readonly Warning[],
): Measurement {
  const records = launches
    .map((passes) => joinedRecords(passes.flatMap(({ latencies }) => latencies ?? [])))
    .filter(({ endToEndMs }) => endToEndMs.length > 0);
  const items = itemsOver(records);
  const needed = minCount(p, 1);
  if (items.length < needed) {
    const detail = `${items.length} ${counted}; p${Math.round(p * 100)} needs at least ${needed}`;
    return { status: 'unavailable', reason: 'too_few_requests', detail };
  }
  const value = weightedQuantile(items, p);
  const interval = percentileBounds(items, value, p, records);
  const single: Warning[] = records.length === 1 ? [{ reason: 'one_launch', detail: singleLaunch }] : [];
  return {
    status: 'measured',
    value,
    unit: 'ms',
    n: items.length,
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
