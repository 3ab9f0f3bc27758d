import { askItems } from './ask-items.ts';
import type { PassContext } from './measure-pass.ts';
import { runThroughputPass, type ThroughputPassOptions } from './throughput-pass.ts';

/** As many as a suite may ask for. */
const maxConcurrency = 512;
const minGain = 1.05;

/** The most that a search tries with an engine. */
export function mostTried(ofEngine: number): number {
  return Math.min(maxConcurrency, ofEngine);
}

/**
 * Doubles the concurrency until throughput gains less than 5 %, and gives the last one that paid.
 *
 * Windows are short: this finds a setting, it isn't a result.
 */
export async function findConcurrency(context: PassContext, options: ThroughputPassOptions): Promise<number> {
  let best = { concurrency: 1, itemsPerMs: 0 };
  const { searchedUpTo: most = maxConcurrency } = context;
  for (let concurrency = 1; concurrency <= most && !options.signal.aborted; concurrency *= 2) {
    const { window } = await runThroughputPass({ ...context, concurrency }, options);
    if (window === undefined) break;
    const itemsPerMs = window.items / window.durationMs;
    if (itemsPerMs < best.itemsPerMs * minGain) break;
    best = { concurrency, itemsPerMs };
  }
  return best.concurrency;
}

const warmUpRequests = 4;
const warmUpTokens = 8;

/** A few distinct requests, their answers cut short, before a measured pass; nothing of them is recorded. */
export async function warmUp(
  { model, planned }: PassContext,
  positions: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  const first = positions.slice(0, warmUpRequests);
  async function* few(): AsyncGenerator<number> {
    yield* first;
  }
  const pass = { concurrency: first.length, reuse: 'none', signal, maxTokens: warmUpTokens } as const;
  for await (const answer of askItems(model, planned, few(), pass)) void answer;
}
