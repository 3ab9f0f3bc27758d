import { nowMs } from '../core/clock.ts';
import type { PassName, PassResult } from '../core/cell.ts';
import type { LoadedModel } from '../core/engine.ts';
import { parseGoodput } from '../core/load.ts';
import { runAccuracyPass } from './accuracy-pass.ts';
import type { Answer } from './ask-items.ts';
import type { ItemWork } from './cell-work.ts';
import { firstPrompt, longestKeptPrompt } from './first-prompt.ts';
import { followAnswers } from './follow-answers.ts';
import { panelAndRest } from './latency-panel.ts';
import { runLatencyPass } from './latency-pass.ts';
import type { PassContext } from './measure-pass.ts';
import { shuffledOrder } from './plan.ts';
import { plannedConcurrency } from './protocol.ts';
import type { QuietMachine, TimedPass } from './quiet-machine.ts';
import { createSampleWriter } from './sample-writer.ts';
import type { LaunchItems, PassOrder, WorkStep } from './strategy.ts';
import { measuredRounds } from './closed-loop.ts';
import { findConcurrency, maxTried, runThroughputPass, warmUp } from './throughput-pass.ts';
import { answeredWork, createWorkEstimate } from './item-work.ts';

/** A cell with the engine that is open for it. */
interface Turn extends ItemWork {
  readonly model: LoadedModel;
  readonly launch: number;
  /** Of the engine. */
  readonly maxConcurrency: number;
  readonly quiet: QuietMachine;
}

function passContext(turn: Turn, concurrency: number): PassContext {
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

/** An order of the items for something that measures time: its own in every launch, and each time that it is measured. */
function timedOrder(
  { job: { planned }, suite, launch }: Turn,
  purpose: 'warm-up' | 'throughput',
  attempt = 0,
): readonly number[] {
  const again = attempt === 0 ? [] : [String(attempt)];
  return shuffledOrder(planned.order, suite.seed, purpose, planned.task.id, String(launch), ...again);
}

/**
 * Keeps answers of a pass as items.
 *
 * @throws {UnusableAnswersError} if none of them is of use
 */
async function keepAnswers(turn: Turn, answers: ReadonlyMap<number, Answer>): Promise<void> {
  const { dependencies, job, leaseMs } = turn;
  const follower = await followAnswers(turn, answers.size);
  {
    await using writer = createSampleWriter(dependencies.store, job.claim, leaseMs);
    for (const answer of answers.values()) {
      const sample = answer.sample();
      await writer.add(sample);
      follower.see(answer, sample);
    }
  }
  follower.end();
}

/** Says what the model was asked first, where that is wanted. */
function showFirstPrompt({ job, model, emit, onFirstPrompt }: Turn, answer: Answer): void {
  const { cell, planned } = job;
  const event = firstPrompt(planned, cell.id, answer, model.info.promptStyle);
  emit(event);
  const { result } = answer;
  if (result.status !== 'done') return;
  const { promptSha256: sha256, promptHead: tokenIds } = result;
  onFirstPrompt({ sha256, tokenIds, ...(event.text.length <= longestKeptPrompt && { text: event.text }) });
}

async function throughputPass(
  turn: Turn,
  context: PassContext,
  items: LaunchItems | undefined,
  attempt: number,
): Promise<PassResult> {
  const { suite, launch, stopSignal } = turn;
  const { requestRate, goodput, seed } = suite;
  // What is asked round after round counts once.
  const answers = new Map<number, Answer>();
  // By the same answers in every launch of a race, also once more of them are in.
  const known = items === undefined ? await answeredWork(turn.dependencies.store, turn.job) : undefined;
  const seen = createWorkEstimate(turn.job.planned);
  const result = await runThroughputPass(context, {
    positions: items?.order ?? timedOrder(turn, 'throughput', attempt),
    windowMs: suite.windowSeconds * 1000,
    rounds: measuredRounds,
    minRequests: items?.least ?? 0,
    onAnswer: (answer) => {
      seen.add(answer);
      if (items?.isKept === true && !answers.has(answer.position)) answers.set(answer.position, answer);
    },
    itemWork: () => known ?? seen.estimate(),
    load: {
      requestRate,
      limits: goodput === undefined ? undefined : parseGoodput(goodput),
      // Every launch draws arrivals of its own.
      seed: (seed + launch) % 2 ** 32,
    },
    signal: stopSignal,
  });
  if (items?.isKept === true) await keepAnswers(turn, answers);
  return result;
}

/** The panel in every launch, as far as the first had time for it; a race goes on from there. */
async function latencyPass(
  { job: { cell, planned }, suite, launch, dependencies, stopSignal: signal }: Turn,
  context: PassContext,
  { from, requests }: Extract<PassOrder, { readonly pass: 'latency' }>,
): Promise<PassResult> {
  const passes = launch === 0 ? [] : await dependencies.store.passResults(cell.id);
  const first = passes.find(({ pass, launch: of }) => pass === 'latency' && of === 0);
  const items = panelAndRest(planned, suite.latencyRequests, suite.seed);
  const limitMs = first === undefined ? suite.latencySeconds * 1000 : undefined;
  const to = from + Math.min(requests, first?.requests ?? Infinity);
  return runLatencyPass(context, { items: items.slice(from, to), limitMs, signal });
}

function timedPass({ job, model, launch, stopSignal }: Turn, pass: PassName): TimedPass {
  return { cell: job.cell, pass, launch, engine: model.info, signal: stopSignal };
}

const searchWindowMs = 4_000;

/** Passes of the cell, and this machine's own blocks of it: others may have found another concurrency for theirs. */
async function earlierPasses({ job: { cell, claim }, dependencies: { store, hostname } }: Turn): Promise<PassResult[]> {
  const own = (await store.blocks(cell.id)).flatMap(({ result }) =>
    result?.hostname === hostname ? (result ?? []) : [],
  );
  return [...(claim.block === undefined ? await store.passResults(cell.id) : []), ...own];
}

/** Concurrency that the suite gives, that an earlier pass of the cell found, or that is found now. */
async function concurrencyOf(turn: Turn, context: PassContext): Promise<number> {
  const { suite, job, stopSignal } = turn;
  const { planned } = job;
  if (suite.concurrency !== 'auto') return suite.concurrency;
  const known = (await earlierPasses(turn)).find(({ pass }) => pass !== 'latency')?.concurrency;
  if (known !== undefined) return known;
  const positions = shuffledOrder(planned.order, suite.seed, 'search', planned.task.id);
  await turn.quiet.wait(timedPass(turn, 'throughput'));
  return findConcurrency(context, { positions, windowMs: searchWindowMs, signal: stopSignal });
}

async function runPass(turn: Turn, order: PassOrder, concurrency: number, attempt: number): Promise<PassResult> {
  const context = passContext(turn, concurrency);
  switch (order.pass) {
    case 'accuracy':
      return runAccuracyPass(turn, context, order);
    case 'throughput':
      return throughputPass(turn, context, order.items, attempt);
    case 'latency':
      return latencyPass(turn, context, order);
  }
}

/** Of the time that a pass has: what is waited is not there for its items. */
const waitShare = 0.1;

/** Nothing waits where no time is measured; a whole pass over the items, which the paper's protocol times, isn't repeated. */
async function onQuietMachine(
  turn: Turn,
  order: PassOrder,
  attempt: (index: number) => Promise<PassResult>,
): Promise<PassResult | undefined> {
  const { quiet, suite, stopSignal } = turn;
  const timed = timedPass(turn, order.pass);
  if (order.pass !== 'accuracy') return quiet.measure(timed, attempt);
  const mostWaitMs = order.time && (order.time.endAtMs - nowMs()) * waitShare;
  if (suite.protocol === 'paper') await quiet.wait({ ...timed, mostWaitMs });
  return stopSignal.aborted ? undefined : attempt(0);
}

/**
 * Runs passes of a cell one after the other, each stored as soon as it is done.
 *
 * Returns early when it is told to stop: a pass that was cut isn't stored, its samples are.
 */
export async function runPasses(turn: Turn, { type, passes }: WorkStep): Promise<void> {
  const { job, launch, suite, dependencies, emit, stopSignal } = turn;
  const cellId = job.cell.id;
  const plain = passContext(turn, plannedConcurrency(suite));
  if (type === 'launch') {
    const showsPrompt = dependencies.writeOut === true && launch === 0;
    const onFirst = showsPrompt ? (answer: Answer) => showFirstPrompt(turn, answer) : undefined;
    await warmUp(plain, timedOrder(turn, 'warm-up'), stopSignal, onFirst);
  }
  const isOneByOne = passes.every(({ pass }) => pass === 'latency');
  const concurrency = isOneByOne ? 1 : await concurrencyOf(turn, plain);
  for (const order of passes) {
    if (stopSignal.aborted) return;
    const { pass } = order;
    const places = pass === 'latency' ? 1 : concurrency;
    const result = await onQuietMachine(turn, order, async (attempt) => {
      emit({ type: 'pass-start', cellId, pass, launch, concurrency: places });
      return runPass(turn, order, places, attempt);
    });
    if (stopSignal.aborted || result === undefined) return;
    const { hostname } = dependencies;
    await keepResult(turn, hostname === undefined ? result : { ...result, hostname });
  }
}

/** The block of a cell is answered, which is no whole pass of the cell. */
async function keepResult({ job, launch, dependencies: { store }, emit }: Turn, result: PassResult): Promise<void> {
  const { cell, claim } = job;
  if (claim.block !== undefined) return store.endBlock(claim, result);
  await store.appendPassResult(claim, result);
  return emit({ type: 'pass-end', cellId: cell.id, pass: result.pass, launch, result });
}
