import type { ItemWork, LatencyRecord, PassResult } from '../core/cell.ts';
import { medianOf } from '../stats/means.ts';

/** What tokens cost one request at a time, in milliseconds; only their ratio is used. */
export interface TokenCosts {
  readonly promptMs: number;
  readonly outputMs: number;
}

/** Least squares of times by two numbers of tokens, neither of which may cost less than nothing. */
function fittedCosts(times: readonly number[], prompts: readonly number[], outputs: readonly number[]): TokenCosts {
  const products = (left: readonly number[], right: readonly number[]): number =>
    left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0);
  const [pp, po, oo] = [products(prompts, prompts), products(prompts, outputs), products(outputs, outputs)];
  const [pt, ot] = [products(prompts, times), products(outputs, times)];
  const determinant = pp * oo - po * po;
  const both = { promptMs: (pt * oo - ot * po) / determinant, outputMs: (ot * pp - pt * po) / determinant };
  // Where the two go together, all answers cost by their prompts alone as well.
  if (determinant <= 1e-9 * pp * oo || both.outputMs <= 0) return { promptMs: pp > 0 ? pt / pp : 0, outputMs: 0 };
  if (both.promptMs <= 0) return { promptMs: 0, outputMs: ot / oo };
  return both;
}

/**
 * What a prompt token costs against an output token: time to first token per prompt token against time per output token.
 * Where answers weren't streamed, by least squares of their times.
 *
 * @returns undefined where the requests weren't counted in tokens, or there are none
 */
export function tokenCosts(record: LatencyRecord | undefined): TokenCosts | undefined {
  const { endToEndMs = [], timeToFirstTokenMs = [], timePerOutputTokenMs = [], outputTokens = [] } = record ?? {};
  const prompts = record?.promptTokens ?? [];
  if (prompts.every((tokens) => tokens === 0)) return undefined;
  const perPromptToken = timeToFirstTokenMs.flatMap((ms, index) => {
    const tokens = prompts[index] ?? 0;
    return ms === null || tokens === 0 ? [] : [ms / tokens];
  });
  if (perPromptToken.length === 0) return fittedCosts(endToEndMs, prompts, outputTokens);
  const perOutputToken = timePerOutputTokenMs.filter((ms) => ms !== null);
  // Answers of one token are all prompt.
  return { promptMs: medianOf(perPromptToken), outputMs: perOutputToken.length === 0 ? 0 : medianOf(perOutputToken) };
}

/**
 * Answers per millisecond of a throughput pass.
 *
 * In a closed loop, the rate of work in the window over the work of an item of the benchmark: which items a window happens
 * to hold, and that short answers end first, doesn't matter then. Where work isn't known, and in an open loop, whose rate
 * is what was asked, the answers themselves count.
 *
 * @param latencies of single requests in the same launch
 * @returns undefined where there was no steady part
 */
export function itemsPerMs(
  { window, itemWork, load }: Pick<PassResult, 'window' | 'itemWork' | 'load'>,
  latencies: LatencyRecord | undefined,
): number | undefined {
  if (window === undefined) return undefined;
  const { durationMs, items, promptTokens, outputTokens } = window;
  const counted = items / durationMs;
  if (load?.requestRate !== undefined || itemWork === undefined || promptTokens === undefined) return counted;
  // Where nothing is generated, prompts are all the work there is.
  const costs = itemWork.outputTokens === 0 ? { promptMs: 1, outputMs: 0 } : tokenCosts(latencies);
  if (costs === undefined) return counted;
  const workOf = (tokens: ItemWork): number =>
    costs.promptMs * tokens.promptTokens + costs.outputMs * tokens.outputTokens;
  const rate = workOf({ promptTokens, outputTokens }) / workOf(itemWork) / durationMs;
  return rate > 0 && Number.isFinite(rate) ? rate : counted;
}
