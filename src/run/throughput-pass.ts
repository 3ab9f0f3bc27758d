import { setTimeout as sleep } from 'node:timers/promises';
import { nowMs } from '../core/clock.ts';
import { createRandom } from '../stats/random.ts';
import { suiteSettings } from '../core/suite-settings.ts';
import type { ItemWork, PassResult } from '../core/cell.ts';
import type { LoadedModel, WorkInFlight } from '../core/engine.ts';
import { UnsupportedError } from '../core/errors.ts';
import type { GoodputLimits, LoadRecord } from '../core/load.ts';
import { type AnsweredRequest, openWindow, throughputWindow } from '../metrics/throughput-window.ts';
import { tokensOf } from './item-work.ts';
import { type Answer, askItems, type DuePosition } from './ask-items.ts';
import { ClosedLoop, type ClosedLoopOptions } from './closed-loop.ts';
import { collectLatencies } from './latency-pass.ts';
import { measurePass, type PassContext } from './measure-pass.ts';

export interface OpenLoopOptions {
  /** Order of the items; asked round and round until the time is up. */
  readonly positions: readonly number[];
  readonly requestsPerSecond: number;
  readonly windowMs: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

function* exponentials(count: number, seed: number): Generator<number, void, void> {
  const random = createRandom(seed);
  for (let index = 0; index < count; index += 1) yield -Math.log(1 - random.nextFloat());
}

/**
 * Times of the arrivals of a Poisson process of which exactly so many as the rate says fall into the window, in
 * milliseconds from its start: the same for the same seed.
 *
 * Given how many there are, arrivals of a Poisson process divide the window as so many exponentials and one more divide
 * their sum. vLLM's benchmark scales its gaps to the rate too.
 */
export function* arrivals(requestsPerSecond: number, windowMs: number, seed: number): Generator<number, void, void> {
  const count = Math.max(1, Math.round((requestsPerSecond * windowMs) / 1000));
  let sum = 0;
  for (const gap of exponentials(count + 1, seed)) sum += gap;
  const scale = (1000 * count) / requestsPerSecond / sum;
  let atMs = 0;
  for (const gap of exponentials(count, seed)) {
    atMs += gap * scale;
    yield atMs;
  }
}

/**
 * Requests that come when they come, whether or not earlier ones are answered. One that is handed out late, because the
 * client was busy or no place was free, is still due when it was due.
 */
export async function* openLoop({
  positions,
  requestsPerSecond,
  windowMs,
  seed,
  signal,
}: OpenLoopOptions): AsyncGenerator<DuePosition, void, void> {
  const startMs = nowMs();
  let count = 0;
  for (const atMs of arrivals(requestsPerSecond, windowMs, seed)) {
    if (signal.aborted) return;
    const scheduledMs = startMs + atMs;
    const waitMs = scheduledMs - nowMs();
    if (waitMs > 0) {
      try {
        await sleep(waitMs, undefined, { signal });
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
    }
    yield { position: positions[count % positions.length] ?? 0, scheduledMs };
    count += 1;
  }
}

export interface LoadOptions {
  /** Requests per second of an open loop. */
  readonly requestRate: number | undefined;
  readonly limits: GoodputLimits | undefined;
  /** Of the arrivals. */
  readonly seed: number;
}

export interface ThroughputPassOptions extends ClosedLoopOptions {
  /** Gets every answer; what it keeps is looked at after the pass, since scoring costs time. */
  readonly onAnswer: (answer: Answer) => void;
  /** What an item costs on average, as far as it is known once all are answered. */
  readonly itemWork?: () => ItemWork | undefined;
  /** Without a rate, a closed loop that keeps all places busy. */
  readonly load: LoadOptions;
}

/** Requests that an open loop may have in flight at a server; a place that is missing is waited for, and counted. */
const maxInFlight = 2_000;

function requireOpenLoop(model: LoadedModel): void {
  if (model.capabilities.isTimedByClient) return;
  throw new UnsupportedError('a request rate needs a server: this engine takes requests only as it has room', {
    hint: 'Remove requestRate, or serve the model and measure it with the openai engine.',
  });
}

/** Closed loop at a fixed concurrency, or an open loop; nothing reused between items. Also where peak memory is read. */
export async function runThroughputPass(context: PassContext, options: ThroughputPassOptions): Promise<PassResult> {
  const { model, planned, concurrency: places } = context;
  const { windowMs, signal, load } = options;
  const { requestRate, limits, seed } = load;
  if (requestRate !== undefined) requireOpenLoop(model);
  const concurrency = requestRate === undefined ? places : maxInFlight;
  const isStreamed = limits !== undefined;
  const isUnderLoad = requestRate !== undefined || isStreamed;
  const answered: AnsweredRequest[] = [];
  const collector = collectLatencies(limits);
  await model.resetMemoryPeak();
  return measurePass(
    context,
    { pass: 'throughput', concurrency, total: undefined, limitMs: windowMs, readsMemory: true, isStreamed },
    async (tally) => {
      const onWork = (work: WorkInFlight): void => tally.working(work);
      // A closed loop has always more to ask; what a race keeps of its answers is the same each time.
      const ahead = requestRate === undefined ? Infinity : undefined;
      const pass = { concurrency, reuse: 'none', ahead, isStreamed, signal, onWork } as const;
      const loop = requestRate === undefined ? new ClosedLoop(options, concurrency) : undefined;
      const asked =
        loop?.positions((ms) => tally.expect(ms)) ??
        openLoop({ ...options, requestsPerSecond: requestRate ?? 0, seed });
      for await (const answer of askItems(model, planned, asked, pass)) {
        tally.count(answer);
        loop?.answered(answer.position);
        options.onAnswer(answer);
        const { result } = answer;
        if (isUnderLoad) collector.add(result);
        if (result.status === 'failed') continue;
        const { scheduledMs, startedMs, lastTokenMs } = result.times;
        answered.push({ scheduledMs, startedMs, lastTokenMs, ...tokensOf(result) });
      }
      const window =
        requestRate === undefined ? throughputWindow(answered, concurrency) : openWindow(answered, concurrency);
      const record: LoadRecord = {
        requestRate,
        limits,
        good: limits === undefined ? undefined : collector.good(),
        asked: tally.counts.done,
      };
      const latencies = isUnderLoad ? collector.latencies : undefined;
      const itemWork = model.capabilities.usage ? options.itemWork?.() : undefined;
      return { window, itemWork, load: isUnderLoad ? record : undefined, latencies };
    },
  );
}

/** As many as a suite may ask for. */
const maxConcurrency = suiteSettings.concurrency.form.range.max ?? Infinity;
const minGain = 1.05;

/** The most that a search tries with an engine. */
export function maxTried(ofEngine: number): number {
  return Math.min(maxConcurrency, ofEngine);
}

/**
 * Doubles the concurrency until throughput gains less than 5 %, and gives the last one that paid.
 *
 * Windows are short: this finds a setting, it isn't a result.
 */
export async function findConcurrency(
  context: PassContext,
  search: Pick<ThroughputPassOptions, 'positions' | 'windowMs' | 'signal'>,
): Promise<number> {
  const load = { requestRate: undefined, limits: undefined, seed: 0 };
  const options = { ...search, rounds: 1, minRequests: 0, onAnswer: () => undefined, load };
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

/**
 * A few distinct requests, their answers cut short, before a measured pass; nothing of them is measured.
 *
 * @param onFirst hears the answer to the first of them, which comes with the prompt as it was rendered
 */
export async function warmUp(
  { model, planned }: PassContext,
  positions: readonly number[],
  signal: AbortSignal,
  onFirst?: (answer: Answer) => void,
): Promise<void> {
  const first = positions.slice(0, warmUpRequests);
  const wantsPrompt = onFirst !== undefined;
  const pass = { concurrency: first.length, reuse: 'none', signal, maxTokens: warmUpTokens, wantsPrompt } as const;
  for await (const answer of askItems(model, planned, first, pass)) if (answer.isFirst) onFirst?.(answer);
}
