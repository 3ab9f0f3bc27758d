import type { Measurement } from '../core/measurement.ts';
import type { ScoreboardRow } from './scoreboard.ts';

/** What a model must keep to; whatever isn't there isn't asked. */
export interface ScoreLimits {
  /** From 0 to 1. */
  readonly minAccuracy?: number | undefined;
  /** Bytes. */
  readonly maxMemory?: number | undefined;
  /** Median latency, in the unit of the scoreboard. */
  readonly maxLatency?: number | undefined;
  /** 95th percentile of latency, in ms. */
  readonly maxLatencyP95?: number | undefined;
  /** Money for 1,000 items. */
  readonly maxPrice?: number | undefined;
}

/** What is beyond a limit, and by how much. */
export interface LimitMiss {
  readonly limit: keyof ScoreLimits;
  /** Undefined where it wasn't measured. */
  readonly value: number | undefined;
  readonly bound: number;
}

export interface LimitCheck {
  readonly misses: readonly LimitMiss[];
  /** Limits that lie inside the measurement's interval: kept or missed, but not for sure. */
  readonly unsure: readonly (keyof ScoreLimits)[];
}

export const limitNames = ['minAccuracy', 'maxMemory', 'maxLatency', 'maxLatencyP95', 'maxPrice'] as const;

function measuredAt(name: keyof ScoreLimits, row: ScoreboardRow): Measurement | undefined {
  const { accuracy, memory, latency, latencyP95, pricePerThousand } = row.measurements;
  switch (name) {
    case 'minAccuracy':
      return accuracy;
    case 'maxMemory':
      return memory;
    case 'maxLatency':
      return latency;
    case 'maxLatencyP95':
      return latencyP95;
    case 'maxPrice':
      return pricePerThousand;
    default:
      return name satisfies never;
  }
}

/** Holds one row against limits. A number that is missing keeps no limit. */
export function checkLimits(row: ScoreboardRow, limits: ScoreLimits): LimitCheck {
  const misses: LimitMiss[] = [];
  const unsure: (keyof ScoreLimits)[] = [];
  for (const limit of limitNames) {
    const bound = limits[limit];
    if (bound === undefined) continue;
    const measurement = measuredAt(limit, row);
    const known = measurement === undefined || measurement.status === 'unavailable' ? undefined : measurement;
    const value = known?.value;
    const isKept = value !== undefined && (limit === 'minAccuracy' ? value >= bound : value <= bound);
    if (!isKept) misses.push({ limit, value, bound });
    const { interval } = known ?? {};
    if (interval !== undefined && interval.low < bound && bound < interval.high) unsure.push(limit);
  }
  return { misses, unsure };
}

/** Whether any limit is set. */
export function hasLimits(limits: ScoreLimits | undefined): limits is ScoreLimits {
  return limits !== undefined && limitNames.some((name) => limits[name] !== undefined);
}
