import type { LatencyRecord, PassResult } from '../core/cell.ts';
import type { Generation, Loglikelihood } from '../core/engine.ts';
import type { GoodputLimits } from '../core/load.ts';
import { askItems } from './ask-items.ts';
import { measurePass, noFindings, type PassContext } from './measure-pass.ts';

export interface LatencyCollector {
  /** Failed and retried requests are none of the model's latencies, and aren't good. */
  add(result: Generation | Loglikelihood): void;
  readonly latencies: LatencyRecord;
  readonly good: () => number;
}

export function collectLatencies(limits: GoodputLimits = {}): LatencyCollector {
  const endToEndMs: number[] = [];
  const timeToFirstTokenMs: (number | null)[] = [];
  const timePerOutputTokenMs: (number | null)[] = [];
  const outputTokens: number[] = [];
  const { ttft = Infinity, tpot = Infinity, e2el = Infinity } = limits;
  let good = 0;
  return {
    add(result) {
      // A retried request waited for the server to come back.
      if (result.status === 'failed' || (result.retries ?? 0) > 0) return;
      const { scheduledMs, firstTokenMs, lastTokenMs } = result.times;
      const tokens = 'outputTokens' in result ? result.outputTokens : 0;
      // Of an answer in one piece only bounds are known: it is good where even they keep the limits.
      const perTokenMs = tokens > 1 ? (lastTokenMs - (firstTokenMs ?? scheduledMs)) / (tokens - 1) : null;
      const firstMs = (firstTokenMs ?? lastTokenMs) - scheduledMs;
      endToEndMs.push(lastTokenMs - scheduledMs);
      timeToFirstTokenMs.push(firstTokenMs === undefined ? null : firstMs);
      timePerOutputTokenMs.push(firstTokenMs === undefined ? null : perTokenMs);
      outputTokens.push(tokens);
      // An answer of one token has no time between tokens to be too long.
      if (lastTokenMs - scheduledMs <= e2el && firstMs <= ttft && (perTokenMs ?? 0) <= tpot) good += 1;
    },
    latencies: { endToEndMs, timeToFirstTokenMs, timePerOutputTokenMs, outputTokens },
    good: () => good,
  };
}

export interface LatencyPassOptions {
  readonly positions: readonly number[];
  readonly requests: number;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

const minRequests = 3;

async function* oneByOne({ positions, requests, limitMs, signal }: LatencyPassOptions): AsyncGenerator<number> {
  const startedMs = performance.now();
  for (let count = 0; count < requests && !signal.aborted; count += 1) {
    if (count >= minRequests && performance.now() - startedMs >= limitMs) return;
    yield positions[count % positions.length] ?? 0;
  }
}

/** One request at a time; ends at the number of requests or at the time, whichever comes first. */
export async function runLatencyPass(context: PassContext, options: LatencyPassOptions): Promise<PassResult> {
  const { model, planned } = context;
  const { requests: total, limitMs, signal } = options;
  const collector = collectLatencies();
  const pass = { concurrency: 1, reuse: 'none', isStreamed: true, signal } as const;
  return measurePass(context, { pass: 'latency', concurrency: 1, total, limitMs, isStreamed: true }, async (tally) => {
    for await (const answer of askItems(model, planned, oneByOne(options), pass)) {
      tally.count(answer);
      collector.add(answer.result);
    }
    return { ...noFindings, latencies: collector.latencies };
  });
}
