import type { CellMeasurements, LatencyRecord, PassResult } from '../core/cell.ts';
import { type Unit, type launchMetrics, type Measurement, singleLaunch, type Warning } from '../core/measurement.ts';
import type { ProtocolName } from '../core/suite.ts';
import { minCount, quantile } from '../stats/quantile.ts';
import { launchInterval, launchSpread } from '../stats/launch-interval.ts';

export interface Launch {
  readonly accuracy: PassResult | undefined;
  readonly throughput: PassResult | undefined;
  /** All of them as one: a race may ask for more requests than a pass has. */
  readonly latency: PassResult | undefined;
}

function joined(passes: readonly PassResult[]): PassResult | undefined {
  const [first, ...rest] = passes;
  if (first === undefined) return undefined;
  return rest.reduce((before, pass) => {
    const [a, b] = [before.latencies, pass.latencies];
    if (a === undefined || b === undefined) return before;
    return {
      ...before,
      requests: before.requests + pass.requests,
      failedRequests: before.failedRequests + pass.failedRequests,
      warnings: [...before.warnings, ...pass.warnings],
      latencies: {
        endToEndMs: [...a.endToEndMs, ...b.endToEndMs],
        timeToFirstTokenMs: [...a.timeToFirstTokenMs, ...b.timeToFirstTokenMs],
        timePerOutputTokenMs: [...a.timePerOutputTokenMs, ...b.timePerOutputTokenMs],
        outputTokens: [...a.outputTokens, ...b.outputTokens],
      },
    };
  }, first);
}

/** Passes of a cell by launch, in the order in which launches come. */
export function launchesIn(passes: readonly PassResult[]): readonly Launch[] {
  return Array.from(Map.groupBy(passes, ({ launch }) => launch).values(), (own) => {
    const named = (name: PassResult['pass']): readonly PassResult[] => own.filter(({ pass }) => pass === name);
    return { accuracy: named('accuracy')[0], throughput: named('throughput')[0], latency: joined(named('latency')) };
  });
}

/** The pass that shows what a deployment would do: at full load, nothing reused. */
export function loadPass(protocol: ProtocolName, { accuracy, throughput }: Launch): PassResult | undefined {
  return protocol === 'paper' ? accuracy : throughput;
}

function answersOf({ requests, failedRequests }: PassResult): number {
  return requests - failedRequests;
}

/** What one launch measured, each above 0; undefined where it gave no value. */
export interface LaunchFigures {
  /** Answers per second and device. */
  readonly itemsPerSecond: number | undefined;
  /** Per device too. */
  readonly tokensPerSecond: number | undefined;
  /** Times of single requests in milliseconds. */
  readonly latencyP50: number | undefined;
  readonly latencyP95: number | undefined;
  readonly timeToFirstTokenP50: number | undefined;
  readonly timePerOutputTokenP50: number | undefined;
  readonly peakBytes: number | undefined;
  /** Energy per answer over the whole of the pass: what its ramps took belongs to its answers too. */
  readonly joulesPerItem: number | undefined;
}

/** Under the paper protocol the whole pass counts, else the part of it with all sequences busy. */
function busyPart(
  protocol: ProtocolName,
  pass: PassResult,
): (Pick<PassResult, 'durationMs' | 'outputTokens'> & { readonly items: number }) | undefined {
  return protocol === 'paper' ? { ...pass, items: answersOf(pass) } : pass.window;
}

function joulesPerItem(pass: PassResult | undefined): number | undefined {
  const { energy } = pass?.host ?? {};
  if (pass === undefined || energy === undefined || answersOf(pass) === 0) return undefined;
  return energy.parts.reduce((sum, { joules }) => sum + joules, 0) / answersOf(pass);
}

const positive = (value: number | undefined): number | undefined =>
  value !== undefined && value > 0 ? value : undefined;

/** Every quantity of a launch, computed once: measurements, comparisons and races are made of these. */
export function launchFigures(protocol: ProtocolName, launch: Launch): LaunchFigures {
  const pass = loadPass(protocol, launch);
  const busy = pass && busyPart(protocol, pass);
  const { devices = 1 } = pass ?? {};
  const perSecond = (count: 'items' | 'outputTokens'): number | undefined =>
    positive(busy && (1000 * busy[count]) / busy.durationMs / devices);
  const quantileOf = (p: number, times: keyof LatencyRecord): number | undefined => {
    const all: readonly (number | null)[] = launch.latency?.latencies?.[times] ?? [];
    const known = all.filter((value) => value !== null);
    if (known.length === 0) return undefined;
    const sorted = known.toSorted((left, right) => left - right);
    return positive(quantile(sorted, p));
  };
  return {
    itemsPerSecond: perSecond('items'),
    tokensPerSecond: perSecond('outputTokens'),
    latencyP50: quantileOf(0.5, 'endToEndMs'),
    latencyP95: quantileOf(0.95, 'endToEndMs'),
    timeToFirstTokenP50: quantileOf(0.5, 'timeToFirstTokenMs'),
    timePerOutputTokenP50: quantileOf(0.5, 'timePerOutputTokenMs'),
    peakBytes: positive(pass?.memory?.peakBytes),
    joulesPerItem: positive(joulesPerItem(pass)),
  };
}

/** One figure of all launches that gave it. */
export function valuesOf(figures: readonly LaunchFigures[], name: keyof LaunchFigures): readonly number[] {
  return figures.map((each) => each[name]).filter((value) => value !== undefined);
}

/** A performance figure as each launch gave it. */
export interface LaunchValues {
  readonly unit: Unit;
  /** One per launch, above 0; empty where nothing was measured. */
  readonly values: readonly number[];
}

type LaunchMetric = (typeof launchMetrics)[number];

/** By metric; those that a protocol or a task doesn't have are left out. */
export type LaunchEvidence = Readonly<Partial<Record<LaunchMetric, LaunchValues>>>;

/**
 * Performance launch by launch, under the same rules as the measurements of a cell: what an interval for the ratio of two
 * cells is made of.
 *
 * @param measurements of the cell: they tell in which units it was measured
 */
export function launchEvidence(
  { throughput, outputTokensPerSecond, energyPerItem, pricePerThousand }: CellMeasurements,
  protocol: ProtocolName,
  passResults: readonly PassResult[],
): LaunchEvidence {
  const launches = launchesIn(passResults);
  const figures = launches.map((launch) => launchFigures(protocol, launch));
  const values = (unit: Unit, name: keyof LaunchFigures): LaunchValues => ({
    unit,
    values: valuesOf(figures, name),
  });
  const memory = values('bytes', 'peakBytes');
  const costs = { ...energyEvidence(energyPerItem, figures), ...priceEvidence(pricePerThousand, figures) };
  if (protocol === 'paper') {
    const isTokens = throughput !== undefined && throughput.status !== 'unavailable' && throughput.unit === 'tokens/s';
    return {
      throughput: isTokens ? values('tokens/s', 'tokensPerSecond') : values('items/s', 'itemsPerSecond'),
      memory,
      ...costs,
    };
  }
  const requests = launches.reduce((sum, { latency }) => sum + (latency?.latencies?.endToEndMs.length ?? 0), 0);
  return {
    throughput: values('items/s', 'itemsPerSecond'),
    latency: values('ms', 'latencyP50'),
    ...(requests >= minCount(0.95, 1) && { latencyP95: values('ms', 'latencyP95') }),
    ...(outputTokensPerSecond !== undefined && {
      outputTokensPerSecond: values('tokens/s', 'tokensPerSecond'),
      timeToFirstTokenP50: values('ms', 'timeToFirstTokenP50'),
      timePerOutputTokenP50: values('ms/token', 'timePerOutputTokenP50'),
    }),
    memory,
    ...costs,
  };
}

/** No values where launches can't be put side by side; the measurement says why. */
function energyEvidence(measured: Measurement | undefined, figures: readonly LaunchFigures[]): LaunchEvidence {
  if (measured === undefined) return {};
  const values = measured.status === 'unavailable' ? [] : valuesOf(figures, 'joulesPerItem');
  return { energyPerItem: { unit: 'J/item', values } };
}

/** The price of each launch is to that of all as the rate of all is to its own. */
function priceEvidence(measured: Measurement | undefined, figures: readonly LaunchFigures[]): LaunchEvidence {
  if (measured === undefined) return {};
  const rates = valuesOf(figures, 'itemsPerSecond');
  const unit = 'price/1000 items';
  if (measured.status === 'unavailable' || rates.length === 0) return { pricePerThousand: { unit, values: [] } };
  const { geometricMean } = launchSpread(rates.map((rate) => [rate]));
  return { pricePerThousand: { unit, values: rates.map((rate) => (measured.value * geometricMean) / rate) } };
}

/** Warnings of several passes, each reason once: the first, or that of the busiest window, and how often. */
export function mergeWarnings(passes: readonly Pick<PassResult, 'warnings'>[]): Warning[] {
  const byReason = Map.groupBy(
    passes.flatMap(({ warnings }) => warnings),
    ({ reason }) => reason,
  );
  return Array.from(byReason.values(), (alike) => {
    const worst = alike.reduce((most, warning) => ((warning.share ?? 0) > (most.share ?? 0) ? warning : most));
    if (alike.length === 1) return worst;
    return { ...worst, detail: `${worst.detail} (in ${alike.length} of ${passes.length} passes)` };
  });
}

/**
 * A positive quantity that each launch gives once: its geometric mean, with an interval from launches alone.
 *
 * @param values one per launch, above 0
 */
export function overLaunches(values: readonly number[], unit: Unit, warnings: readonly Warning[]): Measurement {
  if (values.length === 0) return { status: 'unavailable', reason: 'no_samples', detail: 'no launch produced a value' };
  const spread = launchSpread(values.map((value) => [value]));
  const interval = launchInterval(spread, { unit });
  const single: Warning[] = values.length === 1 ? [{ reason: 'one_launch', detail: singleLaunch }] : [];
  return {
    status: 'measured',
    value: spread.geometricMean,
    unit,
    n: values.length,
    ...(interval !== undefined && { interval }),
    warnings: [...warnings, ...single],
  };
}
