/**
 * How other load generators define what perbench measures too, each as one function of a recorded window, written from
 * their sources: vLLM `vllm/benchmarks/serve.py` (009e6d4), SGLang `python/sglang/benchmark/serving.py` (00f9ec4) and
 * `steady_state.py` (41f869b), AIPerf `src/aiperf/metrics` (58dd5de, 0fec57a, cf79369), guidellm
 * `src/guidellm/schemas/base` (31c74ea, 0280467) and `benchmark/schemas/generative/metrics.py` (06cef29), LoadGen
 * `loadgen/results.cc` (05a9cec) and `early_stopping.cc` (51a4a7e).
 */
import { allowedMisses, quantile } from '../src/stats/quantile.ts';
import type { Answered } from './simulated-server.ts';

export interface Rates {
  readonly itemsPerSecond: number;
  readonly tokensPerSecond: number;
}

const firstMs = ({ tokenMs }: Answered): number => tokenMs[0] as number;
const lastMs = ({ tokenMs }: Answered): number => tokenMs.at(-1) as number;
const least = (values: readonly number[]): number => values.reduce((low, value) => Math.min(low, value), Infinity);
const most = (values: readonly number[]): number => values.reduce((high, value) => Math.max(high, value), -Infinity);
const tokensOf = (window: readonly Answered[]): number =>
  window.reduce((sum, { outputTokens }) => sum + outputTokens, 0);
const perSecond = (count: number, ms: number): number => (1000 * count) / ms;

/** vLLM, SGLang, AIPerf, and LoadGen's Offline: all answers by the time from the first request to the last answer. */
export function wholeRunRates(window: readonly Answered[]): Rates {
  const ms = most(window.map(lastMs)) - least(window.map(({ sentMs }) => sentMs));
  return { itemsPerSecond: perSecond(window.length, ms), tokensPerSecond: perSecond(tokensOf(window), ms) };
}

/** guidellm without its warm-up and cool-down: as the others, but tokens by the time from the first token to the last. */
export function guidellmRates(window: readonly Answered[]): Rates {
  const tokenSpanMs = most(window.map(lastMs)) - least(window.map(firstMs));
  return { ...wholeRunRates(window), tokensPerSecond: perSecond(tokensOf(window), tokenSpanMs) };
}

/**
 * SGLang's steady state: the longest time in which at least a share of the peak concurrency was in flight; answers that
 * end in it, and tokens that come in it.
 */
export function sglangSteadyRates(window: readonly Answered[], ratio: number): Rates {
  const changes = new Map<number, number>();
  const change = (atMs: number, by: number): Map<number, number> => changes.set(atMs, (changes.get(atMs) ?? 0) + by);
  for (const request of window) {
    change(request.sentMs, 1);
    change(lastMs(request), -1);
  }
  const times = [...changes.keys()].toSorted((a, b) => a - b);
  let inFlight = 0;
  const levels = times.map((atMs) => (inFlight += changes.get(atMs) as number));
  const threshold = Math.max(1, Math.ceil(ratio * most(levels)));
  let longest = { startMs: 0, endMs: 0 };
  let startMs: number | undefined;
  for (const [index, atMs] of times.entries()) {
    if ((levels[index] as number) >= threshold) {
      startMs ??= atMs;
      continue;
    }
    if (startMs !== undefined && atMs - startMs > longest.endMs - longest.startMs) longest = { startMs, endMs: atMs };
    startMs = undefined;
  }
  const isInside = (atMs: number): boolean => atMs >= longest.startMs && atMs <= longest.endMs;
  const durationMs = longest.endMs - longest.startMs;
  const tokens = window.reduce((sum, { tokenMs }) => sum + tokenMs.filter(isInside).length, 0);
  return {
    itemsPerSecond: perSecond(window.filter((request) => isInside(lastMs(request))).length, durationMs),
    tokensPerSecond: perSecond(tokens, durationMs),
  };
}

/** LoadGen's Server scenario: one less than all, by when the last request was answered (completed) or due (scheduled). */
export function loadgenServerRates(window: readonly Answered[]): {
  readonly completed: number;
  readonly scheduled: number;
} {
  const last = window.reduce((late, request) => (request.dueMs >= late.dueMs ? request : late));
  return {
    completed: perSecond(window.length - 1, lastMs(last)),
    scheduled: perSecond(window.length - 1, last.dueMs),
  };
}

/** From sending: vLLM, SGLang, AIPerf, guidellm. LoadGen and perbench count from when it was due. */
export function endToEndFromSent(request: Answered): number {
  return lastMs(request) - request.sentMs;
}

export function endToEndFromDue(request: Answered): number {
  return lastMs(request) - request.dueMs;
}

export function firstTokenFromSent(request: Answered): number {
  return firstMs(request) - request.sentMs;
}

export function firstTokenFromDue(request: Answered): number {
  return firstMs(request) - request.dueMs;
}

/**
 * Time between the tokens of an answer: TPOT of vLLM, SGLang and LoadGen, ITL of AIPerf and guidellm. None for an answer of
 * one token.
 */
export function betweenTokens(request: Answered): number | undefined {
  const { outputTokens } = request;
  return outputTokens > 1 ? (lastMs(request) - firstMs(request)) / (outputTokens - 1) : undefined;
}

/** guidellm's TPOT: the whole time of an answer, until its last token, by all of its tokens. */
export function perTokenWithFirst(request: Answered): number {
  return endToEndFromSent(request) / request.outputTokens;
}

/** ITL of vLLM and SGLang, inter-chunk latency of AIPerf: each gap is a value of its own. */
export function gapsBetweenTokens({ tokenMs }: Answered): readonly number[] {
  return tokenMs.slice(1).map((atMs, index) => atMs - (tokenMs[index] as number));
}

const ascending = (values: readonly number[]): readonly number[] => values.toSorted((a, b) => a - b);

/** vLLM, SGLang, AIPerf, perbench: linear between the two nearest values. */
export function interpolated(values: readonly number[], p: number): number {
  return quantile(ascending(values), p);
}

/** guidellm: the smallest value that has the share below or at it, values weighted. */
export function weightedQuantile(values: readonly (readonly [value: number, weight: number])[], p: number): number {
  const sorted = values.toSorted((a, b) => a[0] - b[0]);
  const total = sorted.reduce((sum, [, weight]) => sum + weight, 0);
  let below = 0;
  for (const [value, weight] of sorted) {
    below += weight;
    // Sums of weights land a hair beside the share that is meant.
    if (below >= total * p - 1e-9) return value;
  }
  throw new RangeError('a quantile needs at least one value');
}

/** LoadGen's percentile: the value at the whole part of n x p, counted from 0. */
export function loadgenPercentile(values: readonly number[], p: number): number {
  return ascending(values)[Math.floor(values.length * p)] as number;
}

/**
 * LoadGen's early stopping, what SingleStream reports: a value that the percentile is below with 99 % confidence. Undefined
 * where there are too few.
 */
export function loadgenEarlyStopping(values: readonly number[], p: number): number | undefined {
  const misses = allowedMisses(p, values.length);
  return misses === undefined ? undefined : ascending(values)[values.length - misses];
}

/** Concurrency of SGLang: the time of all requests by the duration of the run. */
export function wholeRunConcurrency(window: readonly Answered[]): number {
  const ms = most(window.map(lastMs)) - least(window.map(({ sentMs }) => sentMs));
  return window.reduce((sum, request) => sum + endToEndFromSent(request), 0) / ms;
}

export interface Limits {
  readonly ttft: number;
  readonly tpot: number;
}

/**
 * Good requests per second of the whole run. An answer of one token has no time between tokens: vLLM counts it as good if
 * its first token came in time, AIPerf never; guidellm leaves it out.
 */
export function wholeRunGoodput(
  window: readonly Answered[],
  { ttft, tpot }: Limits,
  { isOneTokenGood }: { readonly isOneTokenGood: boolean },
): number {
  const ms = most(window.map(lastMs)) - least(window.map(({ sentMs }) => sentMs));
  const good = window.filter((request) => {
    const between = betweenTokens(request) ?? (isOneTokenGood ? 0 : Infinity);
    return firstTokenFromSent(request) <= ttft && between <= tpot;
  });
  return perSecond(good.length, ms);
}
