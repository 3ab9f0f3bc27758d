import type { CellMeasurements, PassResult } from '../core/cell.ts';
import { type Unit, type launchMetrics, type Measurement, singleLaunch, type Warning } from '../core/measurement.ts';
import type { ProtocolName } from '../core/suite.ts';
import { minCount, weightedQuantile } from '../stats/quantile.ts';
import { latencyByItem, panelSettings, weightedTimes } from './item-latencies.ts';
import { itemsPerMs } from './item-rate.ts';
import { launchInterval, launchSpread } from '../stats/launch-interval.ts';

export interface Launch {
  readonly accuracy: PassResult | undefined;
  readonly throughput: PassResult | undefined;
  /** The first, which asks the panel of items. */
  readonly latency: PassResult | undefined;
  /** All of them: a race may ask for more requests than a pass has. */
  readonly latencies: readonly PassResult[];
}

/** The passes of each launch, in the order in which launches come. */
export function passesByLaunch(passes: readonly PassResult[]): readonly (readonly PassResult[])[] {
  return [...Map.groupBy(passes, ({ launch }) => launch).values()];
}

/** Passes of a cell by launch, in the order in which launches come. */
export function launchesIn(passes: readonly PassResult[]): readonly Launch[] {
  return passesByLaunch(passes).map((own) => {
    const named = (name: PassResult['pass']): readonly PassResult[] => own.filter(({ pass }) => pass === name);
    const latencies = named('latency');
    return { accuracy: named('accuracy')[0], throughput: named('throughput')[0], latency: latencies[0], latencies };
  });
}

const foreign: ReadonlySet<string> = new Set(['host_busy', 'throttled', 'foreign_process', 'client_bound']);

/** Whether others, heat or the client were at work: what such a launch differs by says nothing about launches. */
export function isDisturbed({ throughput, latency }: Pick<Launch, 'throughput' | 'latency'>): boolean {
  return [throughput, latency].some((pass) => pass?.warnings.some(({ reason }) => foreign.has(reason)));
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
  /** Times of single requests in milliseconds: of the benchmark, as the panel of items stands for it. */
  readonly latencyP50: number | undefined;
  /** From enough requests of this launch. */
  readonly latencyP95: number | undefined;
  readonly timeToFirstTokenP50: number | undefined;
  readonly timePerOutputTokenP50: number | undefined;
  readonly peakBytes: number | undefined;
  /** Energy per answer over the whole of the pass: what its ramps took belongs to its answers too. */
  readonly joulesPerItem: number | undefined;
}

/** Per millisecond. Under the paper protocol the whole pass counts, else the steady part of it; failed requests never. */
function ratesOf(
  protocol: ProtocolName,
  pass: PassResult,
  latency: PassResult | undefined,
): { readonly items: number | undefined; readonly tokens: number | undefined } {
  if (protocol === 'paper') {
    return { items: answersOf(pass) / pass.durationMs, tokens: pass.outputTokens / pass.durationMs };
  }
  const { window } = pass;
  return { items: itemsPerMs(pass, latency?.latencies), tokens: window && window.outputTokens / window.durationMs };
}

function joulesPerItem(pass: PassResult | undefined): number | undefined {
  const { energy } = pass?.host ?? {};
  if (pass === undefined || energy === undefined || answersOf(pass) === 0) return undefined;
  return energy.parts.reduce((sum, { joules }) => sum + joules, 0) / answersOf(pass);
}

const positive = (value: number | undefined): number | undefined =>
  value !== undefined && value > 0 ? value : undefined;

/** Requests that a launch needs for a percentile of its own. */
const p95Requests = minCount(0.95, 1);

/** Every quantity of a launch, computed once: measurements, comparisons and races are made of these. */
export function launchFigures(protocol: ProtocolName, launch: Launch): LaunchFigures {
  const pass = loadPass(protocol, launch);
  const rates = pass && ratesOf(protocol, pass, launch.latency);
  const { devices = 1 } = pass ?? {};
  const perSecond = (perMs: number | undefined): number | undefined => positive(perMs && (1000 * perMs) / devices);
  const quantileOf = (p: number, name: Parameters<typeof weightedTimes>[1]): number | undefined => {
    const times = weightedTimes(launch.latency?.latencies, name);
    return times.length === 0 ? undefined : positive(weightedQuantile(times, p));
  };
  const requests = launch.latency?.latencies?.endToEndMs.length ?? 0;
  return {
    itemsPerSecond: perSecond(rates?.items),
    tokensPerSecond: perSecond(rates?.tokens),
    latencyP50: quantileOf(0.5, 'endToEndMs'),
    latencyP95: requests < p95Requests ? undefined : quantileOf(0.95, 'endToEndMs'),
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
  /** Why there are none although the metric was measured, as a phrase. */
  readonly reason?: string;
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
  { throughput, latencyP95, outputTokensPerSecond, energyPerItem, pricePerThousand }: CellMeasurements,
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
  return {
    throughput: values('items/s', 'itemsPerSecond'),
    latency: values('ms', 'latencyP50'),
    ...(latencyP95 !== undefined && latencyP95.status !== 'unavailable' && { latencyP95: p95Evidence(figures) }),
    ...(outputTokensPerSecond !== undefined && {
      outputTokensPerSecond: values('tokens/s', 'tokensPerSecond'),
      timeToFirstTokenP50: values('ms', 'timeToFirstTokenP50'),
      timePerOutputTokenP50: values('ms/token', 'timePerOutputTokenP50'),
    }),
    memory,
    ...costs,
  };
}

function p95Evidence(figures: readonly LaunchFigures[]): LaunchValues {
  const values = valuesOf(figures, 'latencyP95');
  if (values.length === figures.length) return { unit: 'ms', values };
  return {
    unit: 'ms',
    values: [],
    reason: `not every launch has the ${p95Requests} requests that p95 needs (${panelSettings})`,
  };
}

/**
 * Latency item by item, launch by launch: what makes two cells comparable that asked the same items.
 *
 * @returns one map per launch that tells its items
 */
export function latencyItems(passResults: readonly PassResult[]): readonly ReadonlyMap<string, number>[] {
  return launchesIn(passResults)
    .map(({ latency }) => latencyByItem(latency?.latencies))
    .filter((items) => items.size > 0);
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

/** Whether all of them tell their tokens. */
export function isCounted(passes: readonly PassResult[]): boolean {
  return passes.every(({ hasNoTokenCounts }) => hasNoTokenCounts !== true);
}

/** What figures in tokens are where nobody counts them. */
export const noTokenCounts: Measurement = {
  status: 'unavailable',
  reason: 'no_token_counts',
  detail: 'the server does not report token counts, and perbench cannot count its tokens',
};

/** What times to the first token are where there is no telling when it came. */
export const notStreamed: Measurement = {
  status: 'unavailable',
  reason: 'not_streamed',
  detail: 'the server sent answers in one piece although a stream was requested',
};

/** That passes gave no value, and why, as far as they tell: what went wrong with their requests. */
export function noValue(passes: readonly PassResult[] = []): Measurement {
  const failure = passes.find((pass) => pass.failure !== undefined)?.failure;
  if (failure === undefined)
    return { status: 'unavailable', reason: 'no_samples', detail: 'no launch produced a value' };
  const count = (of: 'requests' | 'failedRequests'): number => passes.reduce((sum, pass) => sum + pass[of], 0);
  const [failed, all] = [count('failedRequests'), count('requests')];
  const which = failed === all ? 'every request' : `${failed} of ${all} requests`;
  return { status: 'unavailable', reason: 'requests_failed', detail: `${which} failed, the first: ${failure}` };
}

/**
 * A positive quantity that each launch gives once: its geometric mean, with an interval from launches alone.
 *
 * @param values one per launch, above 0
 * @param passes that gave them
 */
export function overLaunches(
  values: readonly number[],
  unit: Unit,
  warnings: readonly Warning[],
  passes?: readonly PassResult[],
): Measurement {
  if (values.length === 0) return noValue(passes);
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
