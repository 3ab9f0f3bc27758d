import type { PassName, PassResult } from '../core/cell.ts';
import type { Claim, Store } from '../core/store.ts';
import { parseGoodput } from '../core/load.ts';
import type { Suite } from '../core/suite.ts';
import { runAccuracyPass } from './accuracy-pass.ts';
import { findConcurrency } from './find-concurrency.ts';
import { shuffledOrder } from './item-order.ts';
import { runLatencyPass } from './latency-pass.ts';
import type { PassContext } from './measure-pass.ts';
import { saturationWarnings } from './saturation-warnings.ts';
import { createSampleWriter } from './sample-writer.ts';
import { type LoadOptions, runThroughputPass } from './throughput-pass.ts';
import { warmUp } from './warm-up.ts';

/** How the passes of one cell stop, are kept and are told about. */
export interface CellPassOptions {
  readonly suite: Suite;
  readonly store: Store;
  readonly claim: Claim;
  readonly leaseMs: number;
  readonly stopSignal: AbortSignal;
  readonly forceSignal: AbortSignal;
  readonly onPassStart: (pass: PassName, concurrency: number) => void;
  readonly onPassEnd: (result: PassResult) => void;
  readonly onFailure: (itemId: string, message: string) => void;
  readonly onFirstPrompt: (prompt: { readonly sha256: string; readonly tokenIds: readonly number[] }) => void;
}

const searchWindowMs = 4_000;
export const warmUpRequests = 4;

/** Passes of a launch under the suite's protocol. The memory pass is read inside the throughput pass. */
function passesOf(suite: Suite, launch: number): readonly PassName[] {
  if (suite.protocol === 'paper') return launch === 0 ? ['accuracy'] : [];
  return launch === 0 ? ['accuracy', 'throughput', 'latency'] : ['throughput', 'latency'];
}

/** Passes of a launch that aren't done yet. */
export function owedPasses(suite: Suite, launch: number, done: readonly PassResult[]): readonly PassName[] {
  return passesOf(suite, launch).filter(
    (pass) => !done.some((result) => result.pass === pass && result.launch === launch),
  );
}

/** Engine starts of a suite; the paper protocol has one. */
export function launchesOf(suite: Suite): number {
  return suite.protocol === 'paper' ? 1 : suite.launches;
}

/** Concurrency that the suite gives, that an earlier pass of the cell found, or that is found now. */
export async function concurrencyOf(
  context: PassContext,
  options: Pick<CellPassOptions, 'suite' | 'stopSignal'>,
  earlier: readonly PassResult[],
): Promise<number> {
  const { suite, stopSignal } = options;
  if (suite.concurrency !== 'auto') return suite.concurrency;
  const known = earlier.find(({ pass }) => pass === 'accuracy' || pass === 'throughput')?.concurrency;
  if (known !== undefined) return known;
  const positions = shuffledOrder(context.planned.order, suite.seed, 'search', context.planned.task.id);
  return findConcurrency(context, { positions, windowMs: searchWindowMs, signal: stopSignal });
}

async function accuracyPass(context: PassContext, options: CellPassOptions): Promise<PassResult> {
  const { suite, store, claim, leaseMs } = options;
  const { planned } = context;
  const { task, items, order } = planned;
  // Under the paper protocol time is taken from the pass itself, so a pass that was cut is done again as a whole.
  const isTimed = suite.protocol === 'paper';
  const finished = isTimed ? new Set<string>() : await store.finishedItemIds(claim.cellId);
  const before = isTimed ? { items: 0, scoreSum: 0 } : await store.sampleSummary(claim.cellId);
  await using writer = createSampleWriter(store, claim, leaseMs);
  return await runAccuracyPass(context, {
    ...options,
    positions: order.filter((position) => !finished.has(task.itemId(items[position]))),
    before: { done: before.items, scoreSum: before.scoreSum },
    reuse: isTimed ? 'none' : 'prefix',
    isTimed,
    writer,
  });
}

/** The load that a suite asks for in the throughput pass of a launch. */
export function suiteLoad({ requestRate, goodput, seed }: Suite, launch: number): LoadOptions {
  return {
    requestRate,
    limits: goodput === undefined ? undefined : parseGoodput(goodput),
    // Every launch draws arrivals of its own.
    seed: (seed + launch) % 2 ** 32,
  };
}

function timedPass(pass: PassName, context: PassContext, options: CellPassOptions): Promise<PassResult> {
  const { suite, stopSignal: signal } = options;
  const { order, task } = context.planned;
  const positions = shuffledOrder(order, suite.seed, pass, task.id, String(context.launch));
  return pass === 'throughput'
    ? runThroughputPass(context, {
        positions,
        windowMs: suite.windowSeconds * 1000,
        load: suiteLoad(suite, context.launch),
        signal,
      })
    : runLatencyPass(context, {
        positions,
        requests: suite.latencyRequests,
        limitMs: suite.latencySeconds * 1000,
        signal,
      });
}

/**
 * Runs the passes that this launch still owes, each stored as soon as it is done.
 *
 * Returns early when `stopSignal` aborts: a pass that was cut isn't stored, its samples are.
 */
export async function runCellPasses(base: PassContext, options: CellPassOptions): Promise<void> {
  const { store, claim, suite, stopSignal } = options;
  const earlier = await store.passResults(claim.cellId);
  const owed = owedPasses(suite, base.launch, earlier);
  if (owed.length === 0) return;
  const { order, task } = base.planned;
  const warmUpOrder = shuffledOrder(order, suite.seed, 'warm-up', task.id, String(base.launch));
  await warmUp(base, warmUpOrder, Math.min(warmUpRequests, order.length), stopSignal);
  const concurrency = await concurrencyOf(base, options, earlier);
  const context = { ...base, concurrency };
  for (const pass of owed) {
    if (stopSignal.aborted) return;
    options.onPassStart(pass, pass === 'latency' ? 1 : concurrency);
    const measured =
      pass === 'accuracy' ? await accuracyPass(context, options) : await timedPass(pass, context, options);
    if (stopSignal.aborted) return;
    const result = { ...measured, warnings: [...measured.warnings, ...saturationWarnings(suite, measured)] };
    await store.appendPassResult(claim, result);
    options.onPassEnd(result);
  }
}
