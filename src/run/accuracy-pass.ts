import type { PassResult } from '../core/cell.ts';
import { nowMs } from '../core/clock.ts';
import type { Warning } from '../core/measurement.ts';
import type { Store } from '../core/store.ts';
import { mergeWarnings } from '../metrics/launches.ts';
import type { ItemGate } from '../scoring/race/score-gate.ts';
import { askItems } from './ask-items.ts';
import type { ItemWork } from './cell-work.ts';
import { followAnswers } from './follow-answers.ts';
import { byCluster } from './item-blocks.ts';
import { measurePass, noFindings, type PassContext } from './measure-pass.ts';
import type { PlannedTask } from './plan.ts';
import { createGatedWriter, createSampleWriter } from './sample-writer.ts';
import type { PassOrder, PassTime } from './strategy.ts';
import { takeAnswers } from './take-answers.ts';
import { yieldThreads } from './yield-threads.ts';

/** Positions handed out as fast as they are answered, so that little is asked in vain when a pass stops early. */
export interface PacedPositions {
  positions(): AsyncGenerator<number, void, void>;
  /** One more answer is in. */
  answered(): void;
}

/**
 * @param maxOpen positions that may be handed out without an answer, asked before each
 * @param stop ends the positions, also while they wait
 * @param isOver ends them too, before the next one is handed out after so many
 */
export function pacedPositions(
  positions: readonly number[],
  maxOpen: () => number,
  stop: AbortSignal,
  isOver: (asked: number) => boolean = () => false,
): PacedPositions {
  let open = 0;
  let wake = Promise.withResolvers<void>();
  const changed = (): void => {
    wake.resolve();
    wake = Promise.withResolvers<void>();
  };
  return {
    async *positions() {
      stop.addEventListener('abort', changed, { once: true });
      try {
        for (const [asked, position] of positions.entries()) {
          while (open >= maxOpen() && !stop.aborted) await wake.promise;
          if (stop.aborted || isOver(asked)) return;
          open += 1;
          yield position;
        }
      } finally {
        stop.removeEventListener('abort', changed);
      }
    },
    answered() {
      open -= 1;
      changed();
    },
  };
}

/** Scores that are stored, by the position of their items. */
export async function storedScores(
  store: Pick<Store, 'scores'>,
  cellId: string,
  { task, items, order }: PlannedTask,
): Promise<ReadonlyMap<number, number>> {
  const positions = new Map(order.map((position) => [task.itemId(items[position]), position]));
  const known = new Map<number, number>();
  for await (const { itemId, value } of store.scores(cellId)) {
    const position = positions.get(itemId);
    if (position !== undefined) known.set(position, value);
  }
  return known;
}

const newestAnswers = 16;

/** Whether the answer to one more item would come too late, going by the newest answers. */
function isTimeOver(asked: number, { enoughAtMs, least, endAtMs }: PassTime, answersMs: readonly number[]): boolean {
  if (asked === 0) return false;
  const newest = answersMs.slice(-newestAnswers);
  const dueMs = nowMs() + newest.reduce((sum, each) => sum + each / newest.length, 0);
  return dueMs > endAtMs || (asked >= least && dueMs > enoughAtMs);
}

interface ItemSource {
  /** Without a stored sample, in the order in which they are asked. */
  readonly positions: readonly number[];
  readonly before: { readonly done: number; readonly scoreSum: number };
}

/** Under the paper protocol time is taken from the pass itself, so a pass that was cut is done again as a whole. */
async function itemsLeft({ job, dependencies, suite }: ItemWork, order: readonly number[]): Promise<ItemSource> {
  if (suite.protocol === 'paper') return { positions: order, before: { done: 0, scoreSum: 0 } };
  const { task, items } = job.planned;
  const finished = await dependencies.store.finishedItemIds(job.cell.id);
  const { items: done, scoreSum } = await dependencies.store.sampleSummary(job.cell.id);
  const positions = order.filter((position) => !finished.has(task.itemId(items[position])));
  return { positions, before: { done, scoreSum } };
}

async function gatedWriter(work: ItemWork, order: readonly number[], gate: ItemGate | undefined) {
  const { dependencies, job, leaseMs, stopSignal } = work;
  const plain = createSampleWriter(dependencies.store, job.claim, leaseMs);
  if (gate === undefined) return { writer: plain, stop: stopSignal };
  const known = await storedScores(dependencies.store, job.cell.id, job.planned);
  const { writer, decided } = createGatedWriter(plain, gate, order, known);
  return { writer, stop: AbortSignal.any([stopSignal, decided]) };
}

/** Every item once: what a model with the same answers has answered is taken over, the rest is asked. */
export async function runAccuracyPass(
  work: ItemWork,
  context: PassContext,
  pass: Extract<PassOrder, { readonly pass: 'accuracy' }>,
): Promise<PassResult> {
  const oddTaken = await takeAnswers(work, pass.order);
  const result = await askWhatIsLeft(work, context, pass);
  return { ...result, warnings: [...result.warnings, ...oddTaken, ...(await oddInBlocks(work))] };
}

/** What was odd where items of the cell were answered block by block. */
async function oddInBlocks({ job: { cell, claim }, dependencies }: ItemWork): Promise<readonly Warning[]> {
  if (claim.block !== undefined) return [];
  return mergeWarnings((await dependencies.store.blocks(cell.id)).flatMap(({ result }) => result ?? []));
}

/**
 * Every item that has no answer once, as fast as the engine can. With a gate, items are asked in exactly the given order and
 * few ahead of their answers, until it has decided: answers come back in any order, the gate sees them in the drawn one.
 */
async function askWhatIsLeft(
  work: ItemWork,
  context: PassContext,
  { order, gate, time }: Extract<PassOrder, { readonly pass: 'accuracy' }>,
): Promise<PassResult> {
  const { job, suite, emit, forceSignal } = work;
  const { model, planned, concurrency } = context;
  const isTimed = suite.protocol === 'paper';
  const reuse = isTimed || !model.capabilities.prefixReuse ? 'none' : 'prefix';
  const { positions, before } = await itemsLeft(work, order);
  const { writer, stop } = await gatedWriter(work, order, gate);
  await using _ = writer;
  const follower = await followAnswers(work, positions.length);
  // Time ends a pass between two answers: then nothing is asked before there is room for it.
  const maxOpen = time !== undefined ? concurrency : gate !== undefined ? 2 * concurrency : Infinity;
  const isWhole = gate === undefined && time === undefined;
  const endsByTime = time !== undefined && order.length > time.least;
  const plan = {
    pass: 'accuracy',
    concurrency,
    // A block counts on from what the cell has.
    total: endsByTime ? undefined : job.claim.block === undefined ? order.length : planned.order.length,
    limitMs: endsByTime ? Math.max(0, time.enoughAtMs - nowMs()) : undefined,
    before,
    // A mean of what its own scores may stop is biased.
    hidesScore: gate !== undefined,
    watchMemory: !isTimed,
    // Of an engine that was asked nothing, memory says nothing.
    readsMemory: positions.length > 0,
  } as const;
  await model.resetMemoryPeak();
  // One sequence alone in a long context is rounded by the number of threads, and is asked for the same result each time.
  using threads = isTimed || concurrency === 1 ? undefined : yieldThreads(model, context.meter);
  return await measurePass(context, plan, async (tally) => {
    const paced = pacedPositions(
      reuse === 'prefix' && isWhole ? byCluster(planned, positions) : positions,
      () => (follower.isWatching ? Math.min(maxOpen, concurrency) : maxOpen),
      AbortSignal.any([stop, follower.stop]),
      (asked) => time !== undefined && isTimeOver(asked, time, tally.requests().durationsMs),
    );
    try {
      for await (const answer of askItems(model, planned, paced.positions(), {
        concurrency,
        reuse,
        ahead: follower.mayStop ? Math.min(maxOpen, concurrency) : maxOpen,
        signal: forceSignal,
        onWork: (inFlight) => tally.working(inFlight),
      })) {
        const sample = answer.sample();
        const { itemId, failure } = sample;
        tally.count(answer, sample.score);
        if (failure !== undefined)
          emit({ type: 'sample-error', cellId: job.cell.id, itemId, message: failure.message });
        await writer.add(sample);
        follower.see(answer, sample);
        paced.answered();
      }
    } finally {
      await writer.flush();
    }
    follower.end();
    return { ...noFindings, fewestThreads: threads?.fewest() };
  });
}
