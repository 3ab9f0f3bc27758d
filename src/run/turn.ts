import type { LoadedModel } from '../core/engine.ts';
import { parseGoodput } from '../core/load.ts';
import type { ItemWork } from './accuracy-pass.ts';
import type { Answer } from './ask-items.ts';
import type { LatencyPassOptions } from './latency-pass.ts';
import type { PassContext } from './measure-pass.ts';
import { shuffledOrder } from './plan.ts';
import { createSampleWriter } from './sample-writer.ts';
import type { KeptAnswers } from './strategy.ts';
import { maxTried, type ThroughputPassOptions } from './throughput-pass.ts';

/** A cell with the engine that is open for it. */
export interface Turn extends ItemWork {
  readonly model: LoadedModel;
  readonly launch: number;
  /** Of the engine. */
  readonly maxConcurrency: number;
}

/** What every pass of the turn shares. */
export function passContext(turn: Turn, concurrency: number): PassContext {
  const { job, model, launch, suite, maxConcurrency, dependencies, emit } = turn;
  const { meter, ceiling, framesDrawn } = dependencies;
  const { planned, cell } = job;
  return {
    model,
    planned,
    meter,
    launch,
    concurrency,
    ceiling,
    searchedUpTo: suite.concurrency === 'auto' ? maxTried(maxConcurrency) : undefined,
    framesDrawn,
    onProgress: (pass, progress) => emit({ type: 'pass-progress', cellId: cell.id, pass, launch, progress }),
  };
}

/** An order of the items for something that measures time: its own in every launch. */
export function timedOrder(
  { job: { planned }, suite, launch }: Turn,
  purpose: 'warm-up' | 'throughput' | 'latency',
): readonly number[] {
  return shuffledOrder(planned.order, suite.seed, purpose, planned.task.id, String(launch));
}

/** Keeps answers of a pass as items; what is asked round after round counts once. */
export async function keepAnswers(turn: Turn, answers: ReadonlyMap<number, Answer>): Promise<void> {
  const { dependencies, job, leaseMs, onFirstPrompt } = turn;
  await using writer = createSampleWriter(dependencies.store, job.claim, leaseMs);
  for (const answer of answers.values()) await writer.add(answer.sample());
  const done = Array.from(answers.values(), ({ result }) => result).find(({ status }) => status === 'done');
  if (done?.status === 'done') onFirstPrompt({ sha256: done.promptSha256, tokenIds: done.promptHead });
}

/** @param answers gets the first answer to every item, where they are kept */
export function throughputOptions(
  turn: Turn,
  keeps: KeptAnswers | undefined,
  answers: Map<number, Answer>,
): ThroughputPassOptions {
  const { suite, launch, stopSignal } = turn;
  const { requestRate, goodput, seed } = suite;
  return {
    positions: keeps?.order ?? timedOrder(turn, 'throughput'),
    windowMs: suite.windowSeconds * 1000,
    minRequests: keeps?.least ?? 0,
    onAnswer: (answer) => {
      if (keeps !== undefined && !answers.has(answer.position)) answers.set(answer.position, answer);
    },
    load: {
      requestRate,
      limits: goodput === undefined ? undefined : parseGoodput(goodput),
      // Every launch draws arrivals of its own.
      seed: (seed + launch) % 2 ** 32,
    },
    signal: stopSignal,
  };
}

export function latencyOptions(turn: Turn, from: number, requests: number): LatencyPassOptions {
  const positions = timedOrder(turn, 'latency');
  return {
    positions: [...positions.slice(from), ...positions.slice(0, from)],
    requests,
    limitMs: turn.suite.latencySeconds * 1000,
    signal: turn.stopSignal,
  };
}
