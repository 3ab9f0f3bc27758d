import type { PassResult } from '../core/cell.ts';
import type { Measurement, Unit } from '../core/measurement.ts';
import type { SweepMetric } from '../core/sweep.ts';
import { medianOf, meanOf } from '../stats/means.ts';
import { latencyPercentile, type TimeName, weightedTimes } from './item-latencies.ts';
import {
  isCounted,
  mergeWarnings,
  noTokenCounts,
  notStreamed,
  noValue,
  overLaunches,
  passesByLaunch,
} from './launches.ts';

/** Windows of one launch. */
type Windows = readonly PassResult[];

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Of the steady parts; NaN without any. */
const perSecond =
  (read: 'promptTokens' | 'outputTokens') =>
  (windows: Windows): number => {
    const steady = windows.flatMap(({ window }) => window ?? []);
    return (1000 * sum(steady.map(({ [read]: tokens = 0 }) => tokens))) / sum(steady.map((each) => each.durationMs));
  };

function times(windows: Windows, name: TimeName): readonly number[] {
  return windows.flatMap(({ latencies }) => weightedTimes(latencies, name)).map(({ value }) => value);
}

/** Prompt tokens over the time to first token, request by request; without those whose answers came in one piece. */
function promptSpeeds(windows: Windows): readonly number[] {
  return windows.flatMap(({ latencies }) =>
    (latencies?.timeToFirstTokenMs ?? []).flatMap((ms, index) =>
      ms === null ? [] : [(1000 * (latencies?.promptTokens?.[index] ?? 0)) / ms],
    ),
  );
}

/** Of an answer whose tokens came at once there is none. */
function outputSpeeds(windows: Windows): readonly number[] {
  return times(windows, 'timePerOutputTokenMs').flatMap((ms) => (ms > 0 ? [1000 / ms] : []));
}

/** Requests in flight, each window by its time. */
function inFlight(windows: Windows): number {
  const steady = windows.flatMap(({ window }) => window ?? []);
  const busy = steady.map(({ achievedConcurrency = 0, durationMs }) => achievedConcurrency * durationMs);
  return sum(busy) / sum(steady.map(({ durationMs }) => durationMs));
}

const meanTokens =
  (name: 'promptTokens' | 'outputTokens') =>
  (windows: Windows): number =>
    meanOf(windows.flatMap(({ latencies }) => latencies?.[name] ?? []));

const values: Readonly<Partial<Record<SweepMetric, readonly [unit: Unit, of: (windows: Windows) => number]>>> = {
  promptSpeed: ['tokens/s', (windows) => medianOf(promptSpeeds(windows))],
  outputSpeed: ['tokens/s', (windows) => medianOf(outputSpeeds(windows))],
  promptTokensPerSecond: ['tokens/s', perSecond('promptTokens')],
  outputTokensPerSecond: ['tokens/s', perSecond('outputTokens')],
  ttftP50: ['ms', (windows) => medianOf(times(windows, 'timeToFirstTokenMs'))],
  tpotP50: ['ms/token', (windows) => medianOf(times(windows, 'timePerOutputTokenMs'))],
  e2elP50: ['ms', (windows) => medianOf(times(windows, 'endToEndMs'))],
};

/** What was asked rather than what came of it: without an interval. */
const counts: Readonly<Partial<Record<SweepMetric, (windows: Windows) => number>>> = {
  achievedConcurrency: inFlight,
  promptTokens: meanTokens('promptTokens'),
  outputTokens: meanTokens('outputTokens'),
};

const percentiles: Readonly<Partial<Record<SweepMetric, readonly [unit: Unit, time: TimeName]>>> = {
  ttftP95: ['ms', 'timeToFirstTokenMs'],
  tpotP95: ['ms/token', 'timePerOutputTokenMs'],
  e2elP95: ['ms', 'endToEndMs'],
};

const inTokens: ReadonlySet<string> = new Set<SweepMetric>([
  'promptSpeed',
  'outputSpeed',
  'promptTokensPerSecond',
  'outputTokensPerSecond',
  'tpotP50',
  'tpotP95',
  'promptTokens',
  'outputTokens',
]);
const streamed: ReadonlySet<string> = new Set<SweepMetric>([
  'promptSpeed',
  'outputSpeed',
  'ttftP50',
  'ttftP95',
  'tpotP50',
  'tpotP95',
]);

/**
 * What a model does under one load: rates of the steady part, and times of the requests that were sent in it, in the
 * definitions of docs/measurement.md. Intervals come from launches.
 *
 * @param passes of `runLoadPass`; windows of one launch are one observation
 */
export function loadMeasurements(passes: readonly PassResult[]): Readonly<Partial<Record<SweepMetric, Measurement>>> {
  const warnings = mergeWarnings(passes);
  const launches = passesByLaunch(passes);
  const hasCounts = isCounted(passes);
  const isInOnePiece = times(passes, 'endToEndMs').length > 0 && times(passes, 'timeToFirstTokenMs').length === 0;
  const unknown = (name: string): Measurement | undefined => {
    if (!hasCounts && inTokens.has(name)) return noTokenCounts;
    return isInOnePiece && streamed.has(name) ? notStreamed : undefined;
  };
  return {
    ...measured(values, (name, [unit, of]) => {
      const found = launches.map(of).filter((value) => value > 0 && Number.isFinite(value));
      return unknown(name) ?? overLaunches(found, unit, warnings, passes);
    }),
    ...measured(counts, (name, of) => {
      const value = of(passes);
      if (!Number.isFinite(value)) return noValue(passes);
      const n = times(passes, 'endToEndMs').length;
      return unknown(name) ?? { status: 'measured', value, unit: 'count', n, warnings };
    }),
    ...measured(percentiles, (name, [unit, time]) => {
      const percentile = latencyPercentile(launches, 0.95, 'requests', warnings, time);
      return unknown(name) ?? (percentile.status === 'unavailable' ? percentile : { ...percentile, unit });
    }),
  };
}

function measured<Entry>(
  table: Readonly<Partial<Record<SweepMetric, Entry>>>,
  measure: (name: SweepMetric, entry: Entry) => Measurement,
): Readonly<Partial<Record<SweepMetric, Measurement>>> {
  const entries = Object.entries(table) as [SweepMetric, Entry][];
  return Object.fromEntries(entries.map(([name, entry]) => [name, measure(name, entry)]));
}
