import { setTimeout as sleep } from 'node:timers/promises';
import { nowMs } from '../core/clock.ts';
import { createRandom } from '../stats/random.ts';
import { suiteSettings } from '../core/suite-settings.ts';
import type { PassResult } from '../core/cell.ts';
import type { LoadedModel, WorkInFlight } from '../core/engine.ts';
import { UnsupportedError } from '../core/errors.ts';
import type { GoodputLimits, LoadRecord } from '../core/load.ts';
import { type AnsweredRequest, openWindow, throughputWindow } from '../metrics/throughput-window.ts';
import { type Answer, askItems, type DuePosition } from './ask-items.ts';
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

/** Times from one arrival to the next of a Poisson process, in milliseconds: the same for the same seed. */
export function* arrivalGaps(requestsPerSecond: number, seed: number): Generator<number, never, void> {
  const random = createRandom(seed);
  for (;;) yield (-Math.log(1 - random.nextFloat()) * 1000) / requestsPerSecond;
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
  let scheduledMs = nowMs();
  const endMs = scheduledMs + windowMs;
  let count = 0;
  for (const gapMs of arrivalGaps(requestsPerSecond, seed)) {
    scheduledMs += gapMs;
    if (scheduledMs > endMs || signal.aborted) return;
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

export interface ThroughputPassOptions {
  /** Order of the items; asked round and round until the time is up. */
  readonly positions: readonly number[];
  readonly windowMs: number;
  /** Never fewer requests, however soon the time is up. */
  readonly minRequests: number;
  /** Gets every answer; what it keeps is looked at after the pass, since scoring costs time. */
  readonly onAnswer: (answer: Answer) => void;
  /** Without a rate, a closed loop that keeps all places busy. */
  readonly load: LoadOptions;
  readonly signal: AbortSignal;
}

/** At least so many rounds of requests: a window within the first round says more about its start than about a rate. */
const minRounds = 2;

/** Asks until the window is long enough and each sequence has had its rounds. */
async function* closedLoop(
  { positions, windowMs, minRequests, signal }: ThroughputPassOptions,
  concurrency: number,
): AsyncGenerator<number> {
  const least = Math.max(concurrency * minRounds, minRequests);
  let busyAtMs = Infinity;
  for (let count = 0; !signal.aborted; count += 1) {
    if (count === concurrency) busyAtMs = performance.now();
    if (count >= least && performance.now() - busyAtMs >= windowMs) return;
    yield positions[count % positions.length] ?? 0;
  }
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
      const pass = { concurrency, reuse: 'none', isStreamed, signal, onWork } as const;
      const asked =
        requestRate === undefined
          ? closedLoop(options, concurrency)
          : openLoop({ ...options, requestsPerSecond: requestRate, seed });
      for await (const answer of askItems(model, planned, asked, pass)) {
        tally.count(answer);
        options.onAnswer(answer);
        const { result } = answer;
        if (isUnderLoad) collector.add(result);
        if (result.status === 'failed') continue;
        const { startedMs: sentMs, lastTokenMs } = result.times;
        answered.push({
          startedMs: sentMs,
          lastTokenMs,
          outputTokens: 'outputTokens' in result ? result.outputTokens : 0,
        });
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
      return { window, load: isUnderLoad ? record : undefined, latencies };
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
  const options = { ...search, minRequests: 0, onAnswer: () => undefined, load };
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

/** A few distinct requests, their answers cut short, before a measured pass; nothing of them is recorded. */
export async function warmUp(
  { model, planned }: PassContext,
  positions: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  const first = positions.slice(0, warmUpRequests);
  const pass = { concurrency: first.length, reuse: 'none', signal, maxTokens: warmUpTokens } as const;
  for await (const answer of askItems(model, planned, first, pass)) void answer;
}
