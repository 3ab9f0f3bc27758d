import type { Interval, Measurement } from '../core/measurement.ts';
import { wilsonInterval } from '../stats/score-interval.ts';
import { readMeasurement } from '../core/measurement-schema.ts';

export interface PublishedRatio {
  /** In [0, 1]. */
  readonly value: number;
  readonly items?: number | undefined;
  readonly standardError?: number | undefined;
  /** As the file has it. */
  readonly interval?:
    | {
        readonly low: number;
        readonly high: number;
        readonly level: number | undefined;
        readonly method: string | undefined;
      }
    | undefined;
  /** Each item is right or wrong, so that a count of right ones follows from the mean. */
  readonly isShare?: boolean;
}

const z95 = 1.959963984540054;

function intervalOf({ value, items, standardError, interval, isShare }: PublishedRatio): Interval | undefined {
  if (interval !== undefined) {
    const { low, high, level = 0.95, method = 'as published' } = interval;
    return { low, high, level, method };
  }
  if (isShare === true && items !== undefined && items > 0)
    return wilsonInterval(Math.min(items, value * items), items);
  if (standardError === undefined || !(standardError >= 0)) return undefined;
  const half = z95 * standardError;
  return {
    low: Math.max(0, value - half),
    high: Math.min(1, value + half),
    level: 0.95,
    method: 'published standard error x 1.96',
  };
}

/** A share that somebody else measured; it is never `measured` here. */
export function publishedRatio(input: PublishedRatio): Measurement {
  const interval = intervalOf(input);
  return {
    status: 'published',
    value: input.value,
    unit: 'ratio',
    n: input.items ?? 1,
    ...(interval !== undefined && { interval }),
    warnings: [],
  };
}

/**
 * The number as a file of ours has it whole, where it is the same number as the one that its format has a place for:
 * interval and count are better known there.
 */
export function wholeMeasurement(read: Measurement, own: Measurement | undefined): Measurement {
  if (read.status === 'unavailable' || own === undefined || own.status === 'unavailable') return read;
  return Math.abs(read.value - own.value) <= 1e-9 ? own : read;
}

function asPublished(measurement: Measurement): Measurement {
  if (measurement.status === 'unavailable') return measurement;
  const { value, unit, n, interval, warnings } = measurement;
  return { status: 'published', value, unit, n, ...(interval !== undefined && { interval }), warnings };
}

/** Measurements that a file of ours has by name, as published ones; what isn't a measurement is left out. */
export function publishedMeasurements(values: Readonly<Record<string, unknown>>): Record<string, Measurement> {
  const read = Object.entries(values).map(([name, value]) => [name, readMeasurement(value)] as const);
  return Object.fromEntries(
    read.flatMap(([name, value]) => (value === undefined ? [] : [[name, asPublished(value)] as const])),
  );
}
