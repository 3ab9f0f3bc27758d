import type { PassResult } from '../../core/cell.ts';
import type { LoadedModel } from '../../core/engine.ts';
import type { PassProgress } from '../../core/event.ts';
import type { Entrant } from '../../stats/race/entrant.ts';
import { replayGate, type ScoreGateRule } from '../../stats/race/score-gate.ts';
import { runAccuracyPass } from '../accuracy-pass.ts';
import type { Answer } from '../ask-items.ts';
import type { CellJob, JobContext } from '../cell-job.ts';
import { concurrencyOf, owedPasses, suiteLoad, warmUpRequests } from '../cell-passes.ts';
import { shuffledOrder } from '../item-order.ts';
import { runLatencyPass } from '../latency-pass.ts';
import type { PassContext } from '../measure-pass.ts';
import { saturationWarnings } from '../saturation-warnings.ts';
import { createSampleWriter } from '../sample-writer.ts';
import { plannedConcurrency } from '../suite-engine.ts';
import { runThroughputPass } from '../throughput-pass.ts';
import { warmUp } from '../warm-up.ts';
import { createGatedWriter } from './gated-writer.ts';
import type { RaceLane } from './race-lane.ts';

/** Items that a model answers at least, whatever its performance is: they count as items. */
const probeItems = 16;
const latencyBlock = 32;

/** One model's turn: its lane with the engine that is open for it. */
export interface RaceTurn {
  readonly context: JobContext;
  readonly lane: RaceLane;
  readonly job: CellJob;
  readonly model: LoadedModel;
  readonly launch: number;
  /** Stops asking: the run was told to stop, or the cell was lost. */
  readonly stopSignal: AbortSignal;
  readonly forceSignal: AbortSignal;
}

function passContext({ context, lane, model, launch }: RaceTurn, concurrency: number): PassContext {
  const { dependencies, emit } = context;
  return {
    model,
    planned: lane.planned,
    meter: dependencies.meter,
    launch,
    concurrency,
    ceiling: dependencies.ceiling,
    framesDrawn: dependencies.framesDrawn ?? (() => 0),
    onProgress: (pass, progress) => {
      const shown: PassProgress = pass === 'accuracy' ? { ...progress, hidesScore: true } : progress;
      emit({ type: 'pass-progress', cellId: lane.cell.id, pass, launch, progress: shown });
    },
  };
}

async function foundConcurrency(turn: RaceTurn): Promise<number> {
  const { context, lane, stopSignal } = turn;
  const { suite } = context.plan;
  const earlier = await context.dependencies.store.passResults(lane.cell.id);
  return concurrencyOf(passContext(turn, plannedConcurrency(suite)), { suite, stopSignal }, earlier);
}

function startPass({ context, lane, launch }: RaceTurn, pass: PassResult['pass'], concurrency: number): void {
  context.emit({ type: 'pass-start', cellId: lane.cell.id, pass, launch, concurrency });
}

async function endPass({ context, lane, job, launch }: RaceTurn, result: PassResult): Promise<void> {
  const { plan, dependencies, emit } = context;
  const warned = { ...result, warnings: [...result.warnings, ...saturationWarnings(plan.suite, result)] };
  await dependencies.store.appendPassResult(job.claim, warned);
  emit({ type: 'pass-end', cellId: lane.cell.id, pass: result.pass, launch, result: warned });
}

/** The first launch asks in the model's own order, and its answers are kept: measuring speed is not for nothing. */
async function throughputPass(turn: RaceTurn, concurrency: number): Promise<PassResult> {
  const { context, lane, job, launch, stopSignal } = turn;
  const { suite } = context.plan;
  const { order, task } = lane.planned;
  const isFirst = launch === 0;
  const first = new Map<number, Answer>();
  const result = await runThroughputPass(passContext(turn, concurrency), {
    positions: isFirst ? lane.order : shuffledOrder(order, suite.seed, 'throughput', task.id, String(launch)),
    windowMs: suite.windowSeconds * 1000,
    leastRequests: isFirst ? Math.min(probeItems, order.length) : 0,
    onAnswer: (answer) => {
      if (isFirst && !first.has(answer.position)) first.set(answer.position, answer);
    },
    load: suiteLoad(suite, launch),
    signal: stopSignal,
  });
  await using writer = createSampleWriter(context.dependencies.store, job.claim, context.leaseMs);
  for (const answer of first.values()) await writer.add(answer.sample());
  const done = Array.from(first.values(), (answer) => answer.result).find(({ status }) => status === 'done');
  if (done?.status === 'done') context.onFirstPrompt(job, { sha256: done.promptSha256, tokenIds: done.promptHead });
  return result;
}

/** Starts what a launch owes: throughput with memory, then latency. */
export async function measureLaunch(turn: RaceTurn): Promise<void> {
  const { context, lane, launch, stopSignal } = turn;
  const { suite } = context.plan;
  const { order, task } = lane.planned;
  const done = await context.dependencies.store.passResults(lane.cell.id);
  const warmUpOrder = shuffledOrder(order, suite.seed, 'warm-up', task.id, String(launch));
  const plain = passContext(turn, plannedConcurrency(suite));
  await warmUp(plain, warmUpOrder, Math.min(warmUpRequests, order.length), stopSignal);
  const concurrency = await foundConcurrency(turn);
  for (const pass of owedPasses(suite, launch, done)) {
    if (stopSignal.aborted) return;
    if (pass === 'accuracy') continue;
    startPass(turn, pass, pass === 'latency' ? 1 : concurrency);
    const result =
      pass === 'throughput'
        ? await throughputPass(turn, concurrency)
        : await latencyPass(turn, 0, suite.latencyRequests);
    if (stopSignal.aborted) return;
    await endPass(turn, result);
  }
}

function latencyPass(turn: RaceTurn, from: number, requests: number): Promise<PassResult> {
  const { context, lane, launch, stopSignal } = turn;
  const { suite } = context.plan;
  const { order, task } = lane.planned;
  const positions = shuffledOrder(order, suite.seed, 'latency', task.id, String(launch));
  return runLatencyPass(passContext(turn, 1), {
    positions: [...positions.slice(from), ...positions.slice(0, from)],
    requests,
    limitMs: suite.latencySeconds * 1000,
    signal: stopSignal,
  });
}

/** One more block of single requests, where the first ones don't decide about the limit on latency. */
export async function askOneByOne(turn: RaceTurn, { latencies }: Entrant): Promise<void> {
  const left = turn.lane.planned.order.length - latencies.length;
  startPass(turn, 'latency', 1);
  const result = await latencyPass(turn, latencies.length, Math.min(latencyBlock, left));
  if (!turn.stopSignal.aborted) await endPass(turn, result);
}

/**
 * Asks items in the model's own order until the gate says something. Answers come back in any order; the gate sees them
 * in the drawn one, and an answer that is missing holds up those behind it.
 */
export async function askUntilDecided(turn: RaceTurn, rule: ScoreGateRule, { scores }: Entrant): Promise<void> {
  const { context, lane, job, stopSignal, forceSignal } = turn;
  const { store } = context.dependencies;
  const { task, items } = lane.planned;
  const finished = await store.finishedItemIds(lane.cell.id);
  const before = await store.sampleSummary(lane.cell.id);
  const concurrency = await foundConcurrency(turn);
  if (stopSignal.aborted) return;
  const known = new Map<number, number>();
  const positions = new Map(lane.order.map((position) => [task.itemId(items[position]), position]));
  for await (const { itemId, value } of store.scores(lane.cell.id)) {
    const position = positions.get(itemId);
    if (position !== undefined) known.set(position, value);
  }
  startPass(turn, 'accuracy', concurrency);
  await using plain = createSampleWriter(store, job.claim, context.leaseMs);
  const gated = createGatedWriter(plain, replayGate(rule, scores), lane.order, known);
  const result = await runAccuracyPass(passContext(turn, concurrency), {
    positions: lane.order.filter((position) => !finished.has(task.itemId(items[position]))),
    before: { done: before.items, scoreSum: before.scoreSum },
    reuse: 'prefix',
    isStoppedEarly: true,
    writer: gated.writer,
    stopSignal: AbortSignal.any([stopSignal, gated.decided]),
    forceSignal,
    onFailure: (itemId, message) => context.emit({ type: 'sample-error', cellId: lane.cell.id, itemId, message }),
    onFirstPrompt: (prompt) => context.onFirstPrompt(job, prompt),
  });
  if (!stopSignal.aborted) await endPass(turn, result);
}
