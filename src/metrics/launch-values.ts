import type { CellMeasurements, LatencyRecord, PassResult } from '../core/cell.ts';
import type { Unit } from '../core/measurement.ts';
import type { ProtocolName } from '../core/suite.ts';
import type { launchMetrics } from '../stats/comparison.ts';
import { leastCount } from '../stats/percentile.ts';
import { quantile } from '../stats/quantile.ts';

/** A performance figure as each launch gave it. */
export interface LaunchValues {
  readonly unit: Unit;
  /** One per launch, above 0; empty where nothing was measured. */
  readonly values: readonly number[];
}

export type LaunchMetric = (typeof launchMetrics)[number];

/** By metric; those that a protocol or a task doesn't have are left out. */
export type LaunchEvidence = Readonly<Partial<Record<LaunchMetric, LaunchValues>>>;

function positive(unit: Unit, values: readonly (number | undefined)[]): LaunchValues {
  return { unit, values: values.filter((value): value is number => value !== undefined && value > 0) };
}

function rates(passes: readonly PassResult[], unit: Unit, count: 'items' | 'outputTokens'): LaunchValues {
  return positive(
    unit,
    passes.map(({ window, devices = 1 }) => window && (1000 * window[count]) / window.durationMs / devices),
  );
}

function quantiles(
  passes: readonly PassResult[],
  unit: Unit,
  p: number,
  pick: (latencies: LatencyRecord) => readonly (number | null)[],
): LaunchValues {
  return positive(
    unit,
    passes.map(({ latencies }) => {
      const known = latencies === undefined ? [] : pick(latencies).filter((value) => value !== null);
      return known.length === 0
        ? undefined
        : quantile(
            known.toSorted((left, right) => left - right),
            p,
          );
    }),
  );
}

function peaks(passes: readonly PassResult[]): LaunchValues {
  return positive(
    'bytes',
    passes.map(({ memory }) => memory?.peakBytes),
  );
}

function servingValues(hasTokens: boolean, passes: readonly PassResult[]): LaunchEvidence {
  const throughput = passes.filter(({ pass }) => pass === 'throughput');
  const latency = passes.filter(({ pass }) => pass === 'latency');
  const requests = latency.reduce((sum, { latencies }) => sum + (latencies?.endToEndMs.length ?? 0), 0);
  return {
    throughput: rates(throughput, 'items/s', 'items'),
    latency: quantiles(latency, 'ms', 0.5, ({ endToEndMs }) => endToEndMs),
    ...(requests >= leastCount(0.95, 1) && {
      latencyP95: quantiles(latency, 'ms', 0.95, ({ endToEndMs }) => endToEndMs),
    }),
    ...(hasTokens && {
      outputTokensPerSecond: rates(throughput, 'tokens/s', 'outputTokens'),
      timeToFirstTokenP50: quantiles(latency, 'ms', 0.5, ({ timeToFirstTokenMs }) => timeToFirstTokenMs),
      timePerOutputTokenP50: quantiles(latency, 'ms/token', 0.5, ({ timePerOutputTokenMs }) => timePerOutputTokenMs),
    }),
    memory: peaks(throughput),
  };
}

/**
 * Performance launch by launch, under the same rules as the measurements of a cell: what an interval for the ratio of two
 * cells is made of.
 *
 * @param measurements of the cell: they tell in which units it was measured
 */
export function launchEvidence(
  measurements: CellMeasurements,
  protocol: ProtocolName,
  passResults: readonly PassResult[],
): LaunchEvidence {
  const { throughput, outputTokensPerSecond } = measurements;
  if (protocol === 'serving') return servingValues(outputTokensPerSecond !== undefined, passResults);
  const passes = passResults.filter(({ pass }) => pass === 'accuracy').slice(0, 1);
  const isTokens = throughput !== undefined && throughput.status !== 'unavailable' && throughput.unit === 'tokens/s';
  const perSecond = passes.map(
    ({ requests, outputTokens, durationMs, devices = 1 }) =>
      (1000 * (isTokens ? outputTokens : requests)) / durationMs / devices,
  );
  return { throughput: positive(isTokens ? 'tokens/s' : 'items/s', perSecond), memory: peaks(passes) };
}
