import type { ThroughputWindow } from '../core/cell.ts';

/** One answered request of a closed loop. */
export interface AnsweredRequest {
  readonly startedMs: number;
  readonly lastTokenMs: number;
  readonly outputTokens: number;
}

/**
 * The part of a closed loop in which all sequences were busy: from the start of request number `concurrency` until the
 * first request ends without a successor.
 *
 * Items and tokens at its edges count by the share of their time that lies inside, so that a short window isn't biased
 * by where items happen to end.
 *
 * @param requests in any order
 * @returns undefined where there were too few requests for such a part
 */
export function throughputWindow(
  requests: readonly AnsweredRequest[],
  concurrency: number,
): ThroughputWindow | undefined {
  if (requests.length <= concurrency) return undefined;
  const starts = requests.map(({ startedMs }) => startedMs).toSorted((left, right) => left - right);
  const ends = requests.map(({ lastTokenMs }) => lastTokenMs).toSorted((left, right) => left - right);
  const startMs = starts[concurrency - 1] ?? 0;
  // All but the first `concurrency` requests are successors, so that many ends had one.
  const endMs = ends[requests.length - concurrency] ?? 0;
  return windowBetween(requests, startMs, endMs, concurrency);
}

/**
 * The part of an open loop in which requests were sent, from the first to the last: what comes after it is only the rest
 * being answered.
 */
export function openWindow(requests: readonly AnsweredRequest[], concurrency: number): ThroughputWindow | undefined {
  // Not Math.min(...): a long pass has more answers than a call may have arguments.
  const startMs = requests.reduce((least, { startedMs }) => Math.min(least, startedMs), Infinity);
  const endMs = requests.reduce((most, { startedMs }) => Math.max(most, startedMs), -Infinity);
  return windowBetween(requests, startMs, endMs, concurrency);
}

/** Items and tokens between two instants; those at the edges count by the share of their time that lies inside. */
function windowBetween(
  requests: readonly AnsweredRequest[],
  startMs: number,
  endMs: number,
  concurrency: number,
): ThroughputWindow | undefined {
  const durationMs = endMs - startMs;
  if (!(durationMs > 0)) return undefined;
  let items = 0;
  let outputTokens = 0;
  let busyMs = 0;
  for (const { startedMs, lastTokenMs, outputTokens: tokens } of requests) {
    const insideMs = Math.min(lastTokenMs, endMs) - Math.max(startedMs, startMs);
    if (insideMs <= 0) continue;
    busyMs += insideMs;
    const share = lastTokenMs > startedMs ? insideMs / (lastTokenMs - startedMs) : 1;
    items += share;
    outputTokens += share * tokens;
  }
  return { durationMs, items, outputTokens, concurrency, achievedConcurrency: busyMs / durationMs };
}
