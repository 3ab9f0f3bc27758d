import { FencedError } from '../../core/errors.ts';
import type { Block } from '../../core/store.ts';
import { itemsOfBlock } from '../item-blocks.ts';
import { launchesOf } from '../protocol.ts';
import type { BlockSearch, CellJob, RunState, Step, Strategy } from '../strategy.ts';

type Steps<Result = void> = AsyncGenerator<Step, Result, void>;

/**
 * Answers the items of blocks, one block after the other, until none can be had.
 *
 * @returns why one can't be answered here; it was given back
 */
async function* answerBlocks(state: RunState, of: BlockSearch): Steps<CellJob['failure']> {
  while (!state.isStopped) {
    yield { type: 'claim-block', of };
    const { block: job } = state;
    if (job === undefined) return undefined;
    const blocks = (await state.store.blocks(job.cell.id)).length;
    const order = itemsOfBlock(job.planned, job.claim.block ?? 0, blocks);
    const passes = [{ pass: 'accuracy', order, gate: undefined }] as const;
    yield { type: 'pass', job, launch: 0, launches: launchesOf(state.plan.suite), passes };
    if (job.failure === undefined) continue;
    yield { type: 'give-back', job };
    // One that was lost is answered by somebody else.
    if (!(job.failure.error instanceof FencedError)) return job.failure;
  }
  return undefined;
}

/**
 * Answers the items of a cell of one's own that are split into blocks, as far as nobody else does, and waits for those of
 * others. The accuracy pass then asks what is left: usually nothing.
 */
export async function* answerSplitItems(state: RunState, job: CellJob): Steps {
  const cellId = job.cell.id;
  const openBlocks = async (): Promise<readonly Block[]> =>
    (await state.store.blocks(cellId)).filter((block) => block.state !== 'done');
  while (!state.isStopped) {
    let open = await openBlocks();
    if (open.some(({ isClaimable }) => isClaimable)) {
      job.failure ??= yield* answerBlocks(state, { cellId });
      if (job.failure !== undefined) return;
      open = await openBlocks();
    }
    if (open.length === 0) return;
    yield { type: 'wait', blocks: open.length };
  }
}

/** Answers blocks of items of a plan's models for whoever measures them, until none can be had. */
export const blockRun: Strategy = async function* (state) {
  const models = state.plan.models.map(({ spec }) => spec.name);
  yield* answerBlocks(state, { models });
};
