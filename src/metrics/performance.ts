import type { CellMeasurements, PassResult } from '../core/cell.ts';
import type { MemoryReading, MemorySplit } from '../core/meter.ts';
import type { Measurement, Unit, Warning } from '../core/measurement.ts';
import type { Task } from '../core/task.ts';
import { latencyPercentile } from './item-latencies.ts';
import {
  isCounted,
  type Launch,
  launchesIn,
  launchFigures,
  type LaunchFigures,
  valuesOf,
  mergeWarnings,
  overLaunches,
  noTokenCounts,
  notStreamed,
  noValue,
} from './launches.ts';

function unavailable(reason: Extract<Measurement, { status: 'unavailable' }>['reason'], detail: string): Measurement {
  return { status: 'unavailable', reason, detail };
}

function nominal(value: number, unit: Unit, n: number): Measurement {
  return { status: 'nominal', value, unit, n, warnings: [] };
}

/** Resident memory beside what a model takes on GPUs. */
function hostMemory(readings: readonly MemoryReading[]): CellMeasurements {
  const peaks = readings.map(({ hostPeakBytes }) => hostPeakBytes).filter((bytes) => bytes !== undefined);
  return peaks.length === 0 ? {} : { memoryHost: overLaunches(peaks, 'bytes', []) };
}

function part(readings: readonly MemoryReading[], name: keyof MemorySplit): Measurement {
  const values = readings.map(({ split }) => split?.[name]).filter((value) => value !== undefined);
  if (values.length === 0) return unavailable('unsupported', 'the engine does not report it');
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { status: 'measured', value: mean, unit: 'bytes', n: values.length, warnings: [] };
}

/** Peak memory of the engine while it ran these passes, per device, and what it consists of. */
function memoryMeasurements(passes: readonly PassResult[], peakBytes: readonly number[]): CellMeasurements {
  const readings = passes.map(({ memory }) => memory).filter((reading) => reading !== undefined);
  if (readings.length === 0) {
    const detail = passes.find(({ memoryUnknown }) => memoryUnknown !== undefined)?.memoryUnknown;
    return detail === undefined ? {} : { memory: unavailable('unsupported', detail) };
  }
  const warnings: Warning[] = readings.every(({ isPeakReset }) => isPeakReset)
    ? []
    : [{ reason: 'peak_not_reset', detail: 'the peak includes earlier work of the same launch' }];
  const doubt = readings.find((reading) => reading.doubt !== undefined)?.doubt;
  if (doubt !== undefined) warnings.push({ reason: 'estimated', detail: doubt });
  const reserved = readings.map(({ reservedBytes }) => reservedBytes).filter((bytes) => bytes !== undefined);
  return {
    memory: overLaunches(peakBytes, 'bytes', warnings),
    memoryWeights: part(readings, 'weightsBytes'),
    memoryKv: part(readings, 'kvBytes'),
    memoryCompute: part(readings, 'computeBytes'),
    memoryOverhead: part(readings, 'overheadBytes'),
    ...hostMemory(readings),
    ...(reserved.length > 0 && { memoryReserved: nominal(Math.max(...reserved), 'bytes', reserved.length) }),
  };
}

const nothing = unavailable('no_samples', 'nothing was generated');
function isStreamed({ latencies }: PassResult): boolean {
  const times = latencies?.timeToFirstTokenMs ?? [];
  return times.length === 0 || times.some((value) => value !== null);
}

/** Some servers count the tokens of whole answers only. */
function isStreamCounted({ latencies }: PassResult): boolean {
  const counts = latencies?.outputTokens ?? [];
  return counts.length === 0 || counts.some((tokens) => tokens > 0);
}

/**
 * Requests per second and device that kept all limits: their share of those asked, which of a closed loop is what was
 * answered, of an open one what was offered. Nothing where no limits were set.
 */
function goodput(launches: readonly Launch[], hasCounts: boolean): CellMeasurements {
  const passes = launches.map(({ throughput }) => throughput).filter((pass) => pass !== undefined);
  const limited = launches.filter(({ throughput }) => throughput?.load?.good !== undefined);
  if (limited.length === 0) return {};
  if (!hasCounts && limited.some(({ throughput }) => throughput?.load?.limits?.tpot !== undefined))
    return { goodput: noTokenCounts };
  const rates = limited.map((launch) => {
    const { load, devices = 1 } = launch.throughput ?? {};
    const { requestRate, good = 0, asked = 0 } = load ?? {};
    const perSecond =
      requestRate === undefined ? (launchFigures('serving', launch).itemsPerSecond ?? 0) : requestRate / devices;
    return (good / (asked || 1)) * perSecond;
  });
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
  const loads = passes.filter(({ load }) => load !== undefined);
  const [first] = loads;
  if (first === undefined) return {};
  const percentile = (p: number): Measurement =>
    latencyPercentile(
      loads.map((pass) => [pass]),
      p,
      'requests',
      mergeWarnings(loads),
    );
  const { devices = 1 } = first;
  const { requestRate } = first.load ?? {};
  return {
    ...(requestRate !== undefined && { offeredRate: nominal(requestRate / devices, 'items/s', loads.length) }),
    loadLatencyP50: percentile(0.5),
    loadLatencyP95: percentile(0.95),
    loadLatencyP99: percentile(0.99),
  };
}

/** What was asked for, and the fewest rounds that a window had; of an open loop, what came of it. */
function concurrencyOf(passes: readonly PassResult[]): CellMeasurements {
  const [first] = passes;
  if (first === undefined) return {};
  if (first.load?.requestRate === undefined) {
    const rounds = passes.flatMap(({ window }) => (window === undefined ? [] : [window.items / window.concurrency]));
    return {
      concurrency: nominal(first.concurrency, 'count', passes.length),
      ...(rounds.length > 0 && { rounds: nominal(Math.min(...rounds), 'count', rounds.length) }),
    };
  }
  const achieved = passes.map(({ window }) => window?.achievedConcurrency ?? 0).filter((value) => value > 0);
  return { concurrency: overLaunches(achieved, 'count', mergeWarnings(passes)) };
}

interface Drafts {
  readonly drafted: number;
  readonly accepted: number;
}

/** As the engine counted them, else as its server did, which counts 0 where it drafts nothing. */
function draftsOf({ draftedTokens, acceptedTokens = 0, server }: PassResult): Drafts | undefined {
  if (draftedTokens !== undefined) return { drafted: draftedTokens, accepted: acceptedTokens };
  const drafted = server?.draftedTokens ?? 0;
  return drafted > 0 ? { drafted, accepted: server?.acceptedTokens ?? 0 } : undefined;
}

/** The share of drafted tokens that came true; nothing without speculative decoding. */
function draftAcceptance({ kind }: Task, passes: readonly PassResult[]): CellMeasurements {
  const drafting = passes.map(draftsOf).filter((drafts) => drafts !== undefined);
  if (kind !== 'generate' || drafting.length === 0) return {};
  const sum = (name: keyof Drafts): number => drafting.reduce((total, drafts) => total + drafts[name], 0);
  const drafted = sum('drafted');
  if (drafted > 0) {
    const value = sum('accepted') / drafted;
    return { draftAcceptance: { status: 'measured', value, unit: 'ratio', n: drafted, warnings: [] } };
  }
  const detail = 'the draft model was not sure enough of any token to propose it';
  return { draftAcceptance: unavailable('no_samples', detail) };
}

/** Throughput, latency and memory under the serving protocol; intervals come from launches. */
export function servingMeasurements(task: Task, passResults: readonly PassResult[]): CellMeasurements {
  const launches = launchesIn(passResults);
  const throughput = launches.map((launch) => launch.throughput).filter((pass) => pass !== undefined);
  const latency = launches.map((launch) => launch.latency).filter((pass) => pass !== undefined);
  if (throughput.length === 0 && latency.length === 0) return {};
  const figures = launches.map((launch) => launchFigures('serving', launch));
  const rate = (name: keyof LaunchFigures, unit: Unit): Measurement =>
    overLaunches(valuesOf(figures, name), unit, mergeWarnings(throughput), throughput);
  const time = (name: keyof LaunchFigures, unit: Unit): Measurement =>
    overLaunches(valuesOf(figures, name), unit, mergeWarnings(latency), latency);
  const latencies = launches.map((launch) => launch.latencies);
  const isAllFailed = latency.length > 0 && latencies.flat().every((pass) => pass.failedRequests === pass.requests);
  const percentile = (p: number): Measurement =>
    isAllFailed ? noValue(latency) : latencyPercentile(latencies, p, 'items', mergeWarnings(latencies.flat()));
  const streamed = (name: keyof LaunchFigures, unit: Unit): Measurement =>
    latency.every(isStreamed) ? time(name, unit) : notStreamed;
  return {
    throughput: rate('itemsPerSecond', 'items/s'),
    ...(task.kind === 'generate' && {
      outputTokensPerSecond: isCounted(throughput) ? rate('tokensPerSecond', 'tokens/s') : noTokenCounts,
      timeToFirstTokenP50: streamed('timeToFirstTokenP50', 'ms'),
      timePerOutputTokenP50:
        isCounted(latency) && latency.every((pass) => !isStreamed(pass) || isStreamCounted(pass))
          ? streamed('timePerOutputTokenP50', 'ms/token')
          : noTokenCounts,
    }),
    latency: time('latencyP50', 'ms'),
    latencyP50: percentile(0.5),
    latencyP90: percentile(0.9),
    latencyP95: percentile(0.95),
    latencyP99: percentile(0.99),
    ...goodput(launches, isCounted(throughput)),
    ...loadLatencies(throughput),
    ...memoryMeasurements(throughput, valuesOf(figures, 'peakBytes')),
    ...concurrencyOf(throughput),
    ...draftAcceptance(task, throughput),
  };
}

/** One launch is what the paper's protocol has: that is said once with the protocol, not beside every number. */
function withoutLaunchWarning(measurements: CellMeasurements): CellMeasurements {
  const { memory } = measurements;
  if (memory === undefined || memory.status === 'unavailable') return measurements;
  const warnings = memory.warnings.filter(({ reason }) => reason !== 'one_launch');
  return { ...measurements, memory: { ...memory, warnings } };
}

/**
 * Throughput, latency and memory under the paper's protocol: from one pass over the whole data set, tokens for tasks that
 * generate text, items for tasks that classify.
 *
 * Latency is the inverse of throughput, as in the paper's tables (within rounding), and says so.
 */
export function paperMeasurements(task: Task, passResults: readonly PassResult[]): CellMeasurements {
  const launch = launchesIn(passResults).find(({ accuracy }) => accuracy !== undefined);
  const pass = launch?.accuracy;
  if (launch === undefined || pass === undefined) return {};
  const isGeneration = task.category === 'generation';
  const { devices = 1 } = pass;
  const figures = launchFigures('paper', launch);
  const perSecond = (isGeneration ? figures.tokensPerSecond : figures.itemsPerSecond) ?? 0;
  const shared = { n: 1, warnings: mergeWarnings([pass]) };
  // Throughput is counted per GPU, time is not: the paper's tables give 1000 / (THR x LAT) = number of GPUs.
  const perAnswerMs = 1000 / (perSecond * devices);
  const [rateUnit, timeUnit] = isGeneration ? (['tokens/s', 'ms/token'] as const) : (['items/s', 'ms/item'] as const);
  const rate: Measurement = { status: 'measured', value: perSecond, unit: rateUnit, ...shared };
  const time: Measurement = { status: 'derived', from: 'throughput', value: perAnswerMs, unit: timeUnit, ...shared };
  return {
    ...(perSecond > 0 ? { throughput: rate, latency: time } : { throughput: nothing, latency: nothing }),
    ...withoutLaunchWarning(memoryMeasurements([pass], valuesOf([figures], 'peakBytes'))),
    concurrency: nominal(pass.concurrency, 'count', 1),
    ...draftAcceptance(task, [pass]),
  };
}
