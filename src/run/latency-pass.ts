import type { LatencyRecord, PassResult } from '../core/cell.ts';
import type { Generation, Loglikelihood } from '../core/engine.ts';
import type { GoodputLimits } from '../core/load.ts';
import { askItems } from './ask-items.ts';
import { tokensOf } from './item-work.ts';
import type { PanelItem } from './latency-panel.ts';
import { measurePass, noFindings, type PassContext } from './measure-pass.ts';

export interface LatencyCollector {
  /**
   * Failed and retried requests are none of the model's latencies, and aren't good.
   *
   * @param item which it was, in passes over a panel
   */
  add(result: Generation | Loglikelihood, item?: { readonly id: string; readonly weight: number }): void;
  readonly latencies: LatencyRecord;
  readonly good: () => number;
}

export function collectLatencies(limits: GoodputLimits = {}): LatencyCollector {
  const endToEndMs: number[] = [];
  const timeToFirstTokenMs: (number | null)[] = [];
  const timePerOutputTokenMs: (number | null)[] = [];
  const outputTokens: number[] = [];
  const promptTokens: number[] = [];
  const itemIds: string[] = [];
  const weights: number[] = [];
  const { ttft = Infinity, tpot = Infinity, e2el = Infinity } = limits;
  let good = 0;
  return {
    add(result, item) {
      // A retried request waited for the server to come back.
      if (result.status === 'failed' || (result.retries ?? 0) > 0) return;
      const { scheduledMs, firstTokenMs, lastTokenMs } = result.times;
      const { promptTokens: asked, outputTokens: tokens } = tokensOf(result);
      // Of an answer in one piece only bounds are known: it is good where even they keep the limits.
      const perTokenMs = tokens > 1 ? (lastTokenMs - (firstTokenMs ?? scheduledMs)) / (tokens - 1) : null;
      const firstMs = (firstTokenMs ?? lastTokenMs) - scheduledMs;
      endToEndMs.push(lastTokenMs - scheduledMs);
      timeToFirstTokenMs.push(firstTokenMs === undefined ? null : firstMs);
      timePerOutputTokenMs.push(firstTokenMs === undefined ? null : perTokenMs);
      outputTokens.push(tokens);
      promptTokens.push(asked);
      if (item !== undefined) {
        itemIds.push(item.id);
        weights.push(item.weight);
      }
      // An answer of one token has no time between tokens to be too long.
      if (lastTokenMs - scheduledMs <= e2el && firstMs <= ttft && (perTokenMs ?? 0) <= tpot) good += 1;
    },
    get latencies() {
      const times = { endToEndMs, timeToFirstTokenMs, timePerOutputTokenMs, outputTokens, promptTokens };
      return itemIds.length === 0 ? times : { ...times, itemIds, weights };
    },
    good: () => good,
  };
}

export interface LatencyPassOptions {
  /** In the order in which they are asked. */
  readonly items: readonly PanelItem[];
  /** After this time nothing more is asked; undefined where all items are, however long it takes. */
  readonly limitMs: number | undefined;
  readonly signal: AbortSignal;
}

/** However slow a model is: fewer items don't stand for a benchmark. */
export const leastLatencyRequests = 8;

async function* oneByOne({ items, limitMs = Infinity, signal }: LatencyPassOptions): AsyncGenerator<number> {
  const startedMs = performance.now();
  for (const [count, { position }] of items.entries()) {
    if (signal.aborted || (count >= leastLatencyRequests && performance.now() - startedMs >= limitMs)) return;
    yield position;
  }
}

/** One request at a time; ends with the items or with the time, whichever comes first. */
export async function runLatencyPass(context: PassContext, options: LatencyPassOptions): Promise<PassResult> {
  const { model, planned } = context;
  const { items, limitMs, signal } = options;
  const total = items.length;
  const weights = new Map(items.map(({ position, weight }) => [position, weight]));
  const collector = collectLatencies();
  const pass = { concurrency: 1, reuse: 'none', isStreamed: true, signal } as const;
  return measurePass(context, { pass: 'latency', concurrency: 1, total, limitMs, isStreamed: true }, async (tally) => {
    for await (const answer of askItems(model, planned, oneByOne(options), pass)) {
      tally.count(answer);
      const { position, result } = answer;
      const id = planned.task.itemId(planned.items[position]);
      collector.add(result, { id, weight: weights.get(position) ?? 1 });
    }
    return { ...noFindings, latencies: collector.latencies };
  });
}
