import type { PassResult } from '../core/cell.ts';
import type { LoadedModel } from '../core/engine.ts';
import { UnsupportedError } from '../core/errors.ts';
import type { GoodputLimits, LoadRecord } from '../core/load.ts';
import { type AnsweredRequest, openWindow, throughputWindow } from '../metrics/throughput-window.ts';
import { type Answer, askItems } from './ask-items.ts';
import { collectLatencies } from './load-record.ts';
import { measurePass, type PassContext } from './measure-pass.ts';
import { openLoop } from './open-loop.ts';

export interface LoadOptions {
  /** Requests per second of an open loop. */
  readonly requestRate?: number | undefined;
  readonly limits?: GoodputLimits | undefined;
  /** Of the arrivals. */
  readonly seed?: number;
}

export interface ThroughputPassOptions {
  /** Order of the items; asked round and round until the time is up. */
  readonly positions: readonly number[];
  readonly windowMs: number;
  /** Never fewer requests, however soon the time is up. */
  readonly leastRequests?: number;
  /** Gets every answer; what it keeps is looked at after the pass, since scoring costs time. */
  readonly onAnswer?: (answer: Answer) => void;
  /** Without it, a closed loop that keeps all places busy. */
  readonly load?: LoadOptions | undefined;
  readonly signal: AbortSignal;
}

/** At least so many rounds of requests: a window within the first round says more about its start than about a rate. */
const leastRounds = 2;

/** Asks until the window is long enough and each sequence has had its rounds. */
async function* closedLoop(
  { positions, windowMs, leastRequests = 0, signal }: ThroughputPassOptions,
  concurrency: number,
): AsyncGenerator<number> {
  const least = Math.max(concurrency * leastRounds, leastRequests);
  let busyAtMs = Infinity;
  for (let count = 0; !signal.aborted; count += 1) {
    if (count === concurrency) busyAtMs = performance.now();
    if (count >= least && performance.now() - busyAtMs >= windowMs) return;
    yield positions[count % positions.length] ?? 0;
  }
}

/** Requests that an open loop may have in flight at a server; a place that is missing is waited for, and counted. */
const mostInFlight = 2_000;

function requireOpenLoop(model: LoadedModel): void {
  if (model.capabilities.isTimedByClient) return;
  throw new UnsupportedError('a request rate needs a served model: this engine takes requests as it has room', {
    hint: 'Leave requestRate out, or serve the model and measure it with the openai engine.',
  });
}

/** Closed loop at a fixed concurrency, or an open loop; nothing reused between items. Also where peak memory is read. */
export async function runThroughputPass(context: PassContext, options: ThroughputPassOptions): Promise<PassResult> {
  const { model, planned, concurrency: places } = context;
  const { windowMs, signal, load = {} } = options;
  const { requestRate, limits, seed = 0 } = load;
  if (requestRate !== undefined) requireOpenLoop(model);
  const concurrency = requestRate === undefined ? places : mostInFlight;
  const isStreamed = limits !== undefined;
  const isUnderLoad = requestRate !== undefined || isStreamed;
  const answered: AnsweredRequest[] = [];
  const collector = collectLatencies(limits);
  await model.resetMemoryPeak();
  return measurePass(
    context,
    { pass: 'throughput', concurrency, total: undefined, limitMs: windowMs, readsMemory: true, isStreamed },
    async (tally) => {
      const pass = { concurrency, reuse: 'none', isStreamed, signal } as const;
      const asked =
        requestRate === undefined
          ? closedLoop(options, concurrency)
          : openLoop({ ...options, requestsPerSecond: requestRate, seed });
      for await (const answer of askItems(model, planned, asked, pass)) {
        tally.count(answer);
        options.onAnswer?.(answer);
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
        ...(requestRate !== undefined && { requestRate }),
        ...(limits !== undefined && { limits, good: collector.good() }),
        asked: tally.counts.done,
      };
      return {
        ...(window !== undefined && { window }),
        ...(isUnderLoad && { load: record, latencies: collector.latencies }),
      };
    },
  );
}
