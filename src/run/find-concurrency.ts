import type { PassContext } from './measure-pass.ts';
import { runThroughputPass, type ThroughputPassOptions } from './throughput-pass.ts';

/** As many as a suite may ask for. */
export const mostConcurrency = 512;
const leastGain = 1.05;

/**
 * Doubles the concurrency until throughput gains less than 5 %, and gives the last one that paid.
 *
 * Windows are short: this finds a setting, it isn't a result.
 */
export async function findConcurrency(context: PassContext, options: ThroughputPassOptions): Promise<number> {
  let best = { concurrency: 1, itemsPerMs: 0 };
  for (let concurrency = 1; concurrency <= mostConcurrency && !options.signal.aborted; concurrency *= 2) {
    const { window } = await runThroughputPass({ ...context, concurrency }, options);
    if (window === undefined) break;
    const itemsPerMs = window.items / window.durationMs;
    if (itemsPerMs < best.itemsPerMs * leastGain) break;
    best = { concurrency, itemsPerMs };
  }
  return best.concurrency;
}
