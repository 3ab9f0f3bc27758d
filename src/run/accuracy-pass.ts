import type { PassResult } from '../core/cell.ts';
import { askItems } from './ask-items.ts';
import { measurePass, type PassContext } from './measure-pass.ts';
import { pacedPositions } from './paced-positions.ts';
import type { PlannedTask } from './plan.ts';
import type { SampleWriter } from './sample-writer.ts';

export interface AccuracyPassOptions {
  /** Positions without a stored sample, in the pre-drawn order. */
  readonly positions: readonly number[];
  readonly before: { readonly done: number; readonly scoreSum: number };
  readonly reuse: 'none' | 'prefix';
  /** Its duration is a result: nothing else is asked of the engine meanwhile. */
  readonly isTimed?: boolean;
  /** Items are asked in exactly the given order, few ahead of their answers: the pass may stop at any moment. */
  readonly isStoppedEarly?: boolean;
  readonly writer: SampleWriter;
  /** Stops asking; what is in flight is finished and kept. */
  readonly stopSignal: AbortSignal;
  /** Gives up what is in flight. */
  readonly forceSignal: AbortSignal;
  readonly onFailure: (itemId: string, message: string) => void;
  readonly onFirstPrompt: (prompt: { readonly sha256: string; readonly tokenIds: readonly number[] }) => void;
}

/**
 * Items of one cluster, such as the questions on one passage, come together, so that their prefix is decoded once.
 * Clusters keep the pre-drawn random order: what is done at any moment is a random sample of them.
 */
function byCluster({ task, items }: PlannedTask, positions: readonly number[]): readonly number[] {
  const { cluster } = task;
  if (cluster === undefined) return positions;
  return Array.from(Map.groupBy(positions, (position) => cluster(items[position])).values()).flat();
}

/** Every item once, as fast as the engine can. */
export async function runAccuracyPass(context: PassContext, options: AccuracyPassOptions): Promise<PassResult> {
  const { model, planned, concurrency } = context;
  const { before, writer, stopSignal, forceSignal } = options;
  const reuse = model.capabilities.prefixReuse ? options.reuse : 'none';
  const positions =
    reuse === 'prefix' && options.isStoppedEarly !== true ? byCluster(planned, options.positions) : options.positions;
  const plan = {
    pass: 'accuracy',
    concurrency,
    total: planned.order.length,
    limitMs: undefined,
    before,
    watchMemory: options.isTimed !== true,
    readsMemory: true,
  } as const;
  const paced = pacedPositions(positions, options.isStoppedEarly === true ? 2 * concurrency : Infinity, stopSignal);
  let isFirst = true;
  await model.resetMemoryPeak();
  return measurePass(context, plan, async (tally) => {
    const pass = { concurrency, reuse, signal: forceSignal };
    try {
      for await (const answer of askItems(model, planned, paced.positions(), pass)) {
        const sample = answer.sample();
        tally.count(answer, sample.score);
        if (sample.failure !== undefined) options.onFailure(sample.itemId, sample.failure.message);
        else if (isFirst && answer.result.status === 'done') {
          isFirst = false;
          options.onFirstPrompt({ sha256: answer.result.promptSha256, tokenIds: answer.result.promptHead });
        }
        await writer.add(sample);
        paced.answered();
      }
    } finally {
      await writer.flush();
    }
    return { warnings: [] };
  });
}
