import type { CellMeasurements, PassResult, ThroughputWindow } from '../core/cell.ts';
import type { Measurement, Unit } from '../core/measurement.ts';
import type { Task } from '../core/task.ts';
import { leastCount, percentile } from '../stats/percentile.ts';
import { quantile } from '../stats/quantile.ts';
import { memoryMeasurements } from './memory.ts';
import { mergeWarnings, overLaunches } from './over-launches.ts';

const ascending = (values: readonly number[]): number[] => values.toSorted((left, right) => left - right);

function positive(values: readonly (number | undefined)[]): number[] {
  return values.filter((value): value is number => value !== undefined && value > 0);
}

function rate(passes: readonly PassResult[], unit: Unit, count: (window: ThroughputWindow) => number): Measurement {
  const rates = passes.map(({ window, devices = 1 }) =>
    window === undefined ? undefined : (1000 * count(window)) / window.durationMs / devices,
  );
  return overLaunches(positive(rates), unit, mergeWarnings(passes));
}

/** A percentile over all requests of all launches; none from too few of them. */
function pooledPercentile(passes: readonly PassResult[], p: number): Measurement {
  const values = ascending(passes.flatMap(({ latencies }) => latencies?.endToEndMs ?? []));
  const estimate = percentile(values, p);
  if (estimate === undefined) {
    const detail = `${values.length} requests; p${Math.round(p * 100)} needs at least ${leastCount(p, 1)}`;
    return { status: 'unavailable', reason: 'too_few_requests', detail };
  }
  return { status: 'measured', value: estimate.value, unit: 'ms', n: values.length, warnings: mergeWarnings(passes) };
}

/** The median of each launch, then over launches. */
function medianOverLaunches(
  passes: readonly PassResult[],
  unit: Unit,
  values: (latencies: NonNullable<PassResult['latencies']>) => readonly (number | null)[],
): Measurement {
  const medians = passes.map(({ latencies }) => {
    const known = latencies === undefined ? [] : values(latencies).filter((value) => value !== null);
    return known.length === 0 ? undefined : quantile(ascending(known), 0.5);
  });
  return overLaunches(positive(medians), unit, mergeWarnings(passes));
}

const noCounts: Measurement = {
  status: 'unavailable',
  reason: 'no_token_counts',
  detail: 'the server counts no tokens, and nobody else can count them for it',
};

const notStreamed: Measurement = {
  status: 'unavailable',
  reason: 'not_streamed',
  detail: 'the server answered in one piece although it was asked for a stream',
};

function isStreamed({ latencies }: PassResult): boolean {
  const times = latencies?.timeToFirstTokenMs ?? [];
  return times.length === 0 || times.some((value) => value !== null);
}

/** Answers per second and device, of a closed loop what was answered, of an open one what was offered. */
function askedPerSecond({ load, window, devices = 1 }: PassResult): number {
  const { requestRate } = load ?? {};
  if (requestRate !== undefined) return requestRate / devices;
  return window === undefined ? 0 : (1000 * window.items) / window.durationMs / devices;
}

/** Requests per second and device that kept all limits: their share of those asked. Nothing where no limits were set. */
function goodput(passes: readonly PassResult[], isCounted: boolean): CellMeasurements {
  const limited = passes.filter(({ load }) => load?.good !== undefined);
  if (limited.length === 0) return {};
  if (!isCounted && limited.some(({ load }) => load?.limits?.tpot !== undefined)) return { goodput: noCounts };
  const rates = limited.map((pass) => ((pass.load?.good ?? 0) / (pass.load?.asked || 1)) * askedPerSecond(pass));
  const warnings = mergeWarnings(passes);
  // None at all is a result; a geometric mean has no place for it.
  if (rates.some((value) => value === 0)) {
    const value = rates.reduce((sum, each) => sum + each, 0) / rates.length;
    return { goodput: { status: 'measured', value, unit: 'items/s', n: rates.length, warnings } };
  }
  return { goodput: overLaunches(rates, 'items/s', warnings) };
}

/** End to end, of requests that came at a rate or were held against limits. */
function loadLatencies(passes: readonly PassResult[]): CellMeasurements {
  if (!passes.some(({ load }) => load !== undefined)) return {};
  return {
    loadLatencyP50: pooledPercentile(passes, 0.5),
    loadLatencyP95: pooledPercentile(passes, 0.95),
    loadLatencyP99: pooledPercentile(passes, 0.99),
  };
}

/** What was asked for; of an open loop, what came of it. */
function concurrencyOf(passes: readonly PassResult[]): CellMeasurements {
  const [first] = passes;
  if (first === undefined) return {};
  if (first.load?.requestRate !== undefined) {
    const achieved = passes.map(({ window }) => window?.achievedConcurrency);
    return { concurrency: overLaunches(positive(achieved), 'count', mergeWarnings(passes)) };
  }
  return {
    concurrency: { status: 'nominal', value: first.concurrency, unit: 'count', n: passes.length, warnings: [] },
  };
}

/** Throughput, latency and memory under the serving protocol; intervals come from launches. */
export function servingMeasurements(task: Task, passes: readonly PassResult[]): CellMeasurements {
  const throughput = passes.filter(({ pass }) => pass === 'throughput');
  const latency = passes.filter(({ pass }) => pass === 'latency');
  if (throughput.length === 0 && latency.length === 0) return {};
  const isCounted = passes.every(({ hasNoTokenCounts }) => hasNoTokenCounts !== true);
  const hasStreams = latency.every(isStreamed);
  return {
    throughput: rate(throughput, 'items/s', ({ items }) => items),
    ...(task.kind === 'generate' && {
      outputTokensPerSecond: isCounted ? rate(throughput, 'tokens/s', ({ outputTokens }) => outputTokens) : noCounts,
      timeToFirstTokenP50: hasStreams
        ? medianOverLaunches(latency, 'ms', ({ timeToFirstTokenMs }) => timeToFirstTokenMs)
        : notStreamed,
      timePerOutputTokenP50: !isCounted
        ? noCounts
        : hasStreams
          ? medianOverLaunches(latency, 'ms/token', ({ timePerOutputTokenMs }) => timePerOutputTokenMs)
          : notStreamed,
    }),
    latency: medianOverLaunches(latency, 'ms', ({ endToEndMs }) => endToEndMs),
    latencyP50: pooledPercentile(latency, 0.5),
    latencyP90: pooledPercentile(latency, 0.9),
    latencyP95: pooledPercentile(latency, 0.95),
    latencyP99: pooledPercentile(latency, 0.99),
    ...goodput(throughput, isCounted),
    ...loadLatencies(throughput),
    ...memoryMeasurements(throughput),
    ...concurrencyOf(throughput),
  };
}
