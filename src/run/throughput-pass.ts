import type { PassResult } from '../core/cell.ts';
import type { Warning } from '../core/measurement.ts';
import { type AnsweredRequest, throughputWindow } from '../metrics/throughput-window.ts';
import { type Answer, askItems } from './ask-items.ts';
import { measurePass, type PassContext } from './measure-pass.ts';

export interface ThroughputPassOptions {
  /** Order of the items; asked round and round until the time is up. */
  readonly positions: readonly number[];
  readonly windowMs: number;
  /** Never fewer requests, however soon the time is up. */
  readonly leastRequests?: number;
  /** Gets every answer; what it keeps is looked at after the pass, since scoring costs time. */
  readonly onAnswer?: (answer: Answer) => void;
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

function windowWarnings(window: PassResult['window'], windowMs: number): Warning[] {
  if (window === undefined) return [{ reason: 'short_window', detail: 'never were all sequences busy at once' }];
  // Engines take requests a little ahead, so the window may end before the last one is given.
  if (window.durationMs >= windowMs / 2) return [];
  return [
    {
      reason: 'short_window',
      detail: `all sequences were busy for ${(window.durationMs / 1000).toFixed(1)} s of the ${windowMs / 1000} s asked for`,
    },
  ];
}

/** Closed loop at a fixed concurrency, nothing reused between items. Also where peak memory is read. */
export async function runThroughputPass(context: PassContext, options: ThroughputPassOptions): Promise<PassResult> {
  const { model, planned, concurrency } = context;
  const { windowMs, signal } = options;
  const answered: AnsweredRequest[] = [];
  await model.resetMemoryPeak();
  return measurePass(
    context,
    { pass: 'throughput', concurrency, total: undefined, limitMs: windowMs },
    async (tally) => {
      const pass = { concurrency, reuse: 'none', signal } as const;
      for await (const answer of askItems(model, planned, closedLoop(options, concurrency), pass)) {
        tally.count(answer);
        options.onAnswer?.(answer);
        const { result } = answer;
        if (result.status === 'failed') continue;
        const { startedMs, lastTokenMs } = result.times;
        answered.push({ startedMs, lastTokenMs, outputTokens: 'outputTokens' in result ? result.outputTokens : 0 });
      }
      const window = throughputWindow(answered, concurrency);
      return {
        ...(window !== undefined && { window }),
        memory: await model.memory(),
        warnings: windowWarnings(window, windowMs),
      };
    },
  );
}
