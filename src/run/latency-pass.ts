import type { PassResult } from '../core/cell.ts';
import { askItems } from './ask-items.ts';
import { collectLatencies } from './load-record.ts';
import { measurePass, type PassContext } from './measure-pass.ts';

export interface LatencyPassOptions {
  readonly positions: readonly number[];
  readonly requests: number;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

const leastRequests = 3;

async function* oneByOne({ positions, requests, limitMs, signal }: LatencyPassOptions): AsyncGenerator<number> {
  const startedMs = performance.now();
  for (let count = 0; count < requests && !signal.aborted; count += 1) {
    if (count >= leastRequests && performance.now() - startedMs >= limitMs) return;
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
    return { latencies: collector.latencies };
  });
}
