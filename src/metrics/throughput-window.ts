import type { Backlog, ThroughputWindow } from '../core/cell.ts';

/** One answered request of a throughput pass. */
export interface AnsweredRequest {
  /** When it was due. */
  readonly scheduledMs: number;
  readonly startedMs: number;
  readonly lastTokenMs: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

const ascending = (left: number, right: number): number => left - right;

/** Requests that may be in flight when a closed loop's window ends and outlast its full load. */
export function stragglers(concurrency: number): number {
  return Math.floor(concurrency / 8);
}

/** A stretch of time on the clock of requests. */
export interface TimeSpan {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * The steady part of a closed loop: from the moment at which as many requests had ended as there are places until the last
 * at which those in flight, but for a few stragglers, would still end under full load.
 *
 * Before, all places start at once; after, those that are left share the server with fewer and fewer.
 * bench/throughput.ts shows what the choice of edges is worth.
 *
 * @param requests in any order
 * @returns undefined where there were too few requests for such a part
 */
export function steadyPart(
  requests: readonly Pick<AnsweredRequest, 'startedMs' | 'lastTokenMs'>[],
  concurrency: number,
): TimeSpan | undefined {
  if (requests.length <= 2 * concurrency) return undefined;
  const ends = requests.map(({ lastTokenMs }) => lastTokenMs).toSorted(ascending);
  const startMs = ends[concurrency - 1] ?? 0;
  // All but the first `concurrency` requests are successors, so that many ends had one.
  const fullUntilMs = ends[requests.length - concurrency] ?? 0;
  const inFlight = requests.filter(({ lastTokenMs }) => lastTokenMs >= fullUntilMs);
  const starts = inFlight.map(({ startedMs }) => startedMs).toSorted(ascending);
  const endMs = Math.min(fullUntilMs, starts[stragglers(concurrency)] ?? fullUntilMs);
  return endMs > startMs ? { startMs, endMs } : undefined;
}

/**
 * What was done in the steady part of a closed loop. Items and tokens at its edges count by the share of their time that lies
 * inside, so that it doesn't matter where they happen to end.
 *
 * @param requests in any order
 * @returns undefined where there were too few requests for such a part
 */
export function throughputWindow(
  requests: readonly AnsweredRequest[],
  concurrency: number,
): ThroughputWindow | undefined {
  const steady = steadyPart(requests, concurrency);
  if (steady === undefined) return undefined;
  const { startMs, endMs } = steady;
  const durationMs = endMs - startMs;
  let [items, promptTokens, outputTokens, busyMs] = [0, 0, 0, 0];
  for (const request of requests) {
    const { startedMs, lastTokenMs } = request;
    const insideMs = Math.min(lastTokenMs, endMs) - Math.max(startedMs, startMs);
    if (insideMs <= 0) continue;
    busyMs += insideMs;
    const share = lastTokenMs > startedMs ? insideMs / (lastTokenMs - startedMs) : 1;
    items += share;
    promptTokens += share * request.promptTokens;
    outputTokens += share * request.outputTokens;
  }
  return { durationMs, items, promptTokens, outputTokens, concurrency, achievedConcurrency: busyMs / durationMs };
}

/** Requests that were due at that moment and not yet answered. */
function waitingAt(requests: readonly AnsweredRequest[], atMs: number): number {
  return requests.filter(({ scheduledMs, lastTokenMs }) => scheduledMs <= atMs && lastTokenMs > atMs).length;
}

function backlogOf(requests: readonly AnsweredRequest[], startMs: number, endMs: number): Backlog {
  return {
    atStart: waitingAt(requests, startMs),
    atEnd: waitingAt(requests, endMs),
    arrivals: requests.filter(({ scheduledMs }) => scheduledMs > startMs).length,
  };
}

/**
 * The steady part of an open loop, while requests came: what was answered from one answer to the last arrival. It begins
 * once as many requests had ended as were in flight when the first one did, so that short answers, which come first, don't
 * stand for all. Unfinished requests count nowhere: of a server that falls behind, they tell how long the queue is.
 */
export function openWindow(requests: readonly AnsweredRequest[], concurrency: number): ThroughputWindow | undefined {
  const due = requests.map(({ scheduledMs }) => scheduledMs).toSorted(ascending);
  const [firstMs, lastMs] = [due[0], due.at(-1)];
  if (firstMs === undefined || lastMs === undefined) return undefined;
  const answered = requests
    .filter(({ lastTokenMs }) => lastTokenMs <= lastMs)
    .toSorted((left, right) => left.lastTokenMs - right.lastTokenMs);
  const [first] = answered;
  if (first === undefined) return undefined;
  // Where even a quarter of the answers came before, the rest is worth more than an even start.
  const begun = Math.min(waitingAt(requests, first.lastTokenMs), Math.floor(answered.length / 4));
  const startMs = answered[begun]?.lastTokenMs ?? lastMs;
  const durationMs = lastMs - startMs;
  if (!(durationMs > 0)) return undefined;
  const inside = answered.slice(begun + 1);
  const sum = (read: (request: AnsweredRequest) => number): number =>
    inside.reduce((total, request) => total + read(request), 0);
  const busyMs = requests.reduce(
    (total, { startedMs, lastTokenMs }) =>
      total + Math.max(0, Math.min(lastTokenMs, lastMs) - Math.max(startedMs, startMs)),
    0,
  );
  return {
    durationMs,
    items: inside.length,
    promptTokens: sum(({ promptTokens }) => promptTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    concurrency,
    achievedConcurrency: busyMs / durationMs,
    backlog: backlogOf(requests, startMs, lastMs),
  };
}
