import type { LatencyRecord, PassResult } from '../../core/cell.ts';
import type {
  GenerateRequest,
  Generation,
  GenerationResult,
  LoadedModel,
  Prompt,
  WorkInFlight,
} from '../../core/engine.ts';
import type { SweepLoad } from '../../core/sweep.ts';
import { steadyPart, throughputWindow } from '../../metrics/throughput-window.ts';
import { watchFailures } from '../ask-items.ts';
import { ClosedLoop, type ClosedLoopOptions } from '../closed-loop.ts';
import { collectLatencies } from '../latency-pass.ts';
import { type MeasureContext, measurePass, noFindings } from '../measure-pass.ts';

export interface LoadPassOptions extends Omit<ClosedLoopOptions, 'positions'> {
  readonly load: SweepLoad;
  /** A new prompt of the wanted length, each time. */
  readonly nextPrompt: () => string;
}

/** More requests than are ever in flight: the loop tells them apart by these. */
const positions = Array.from({ length: 16_384 }, (_, position) => position);

/** A request of nothing but work: no stop strings, and no end before its limit of tokens, where the engine can. */
function loadRequest(model: LoadedModel, id: string, text: string, maxTokens: number): GenerateRequest {
  const prompt: Prompt =
    model.info.promptStyle === 'plain'
      ? { style: 'plain', text }
      : { style: 'chat', messages: [{ role: 'user', content: text }] };
  return { id, prompt, maxTokens, maxThinkingTokens: maxTokens, stop: [], ignoresEnd: true };
}

/** With the prompt tokens that it cost work to process. */
function processed(result: GenerationResult): GenerationResult {
  return { ...result, promptTokens: Math.max(0, result.promptTokens - result.reusedTokens) };
}

/**
 * Latencies of the requests that were sent in the steady part: the first ones all start at once, and the last ones end with
 * fewer and fewer beside them.
 */
function steadyLatencies(results: readonly GenerationResult[], concurrency: number): LatencyRecord {
  const steady = steadyPart(
    results.map(({ times }) => times),
    concurrency,
  );
  const collector = collectLatencies();
  if (steady === undefined) return collector.latencies;
  const { startMs, endMs } = steady;
  for (const result of results) {
    const { scheduledMs } = result.times;
    if (scheduledMs >= startMs && scheduledMs <= endMs) collector.add(result);
  }
  return collector.latencies;
}

/**
 * A closed loop under one load, streamed, nothing reused: what is counted is its steady part, and in it only prompt tokens
 * that were processed.
 */
export async function runLoadPass(
  context: Omit<MeasureContext, 'planned' | 'concurrency' | 'searchedUpTo'>,
  options: LoadPassOptions,
): Promise<PassResult> {
  const { load, nextPrompt, windowMs, signal } = options;
  const { concurrency, outputTokens } = load;
  const { model } = context;
  const loop = new ClosedLoop({ ...options, positions }, concurrency);
  const failures = watchFailures();
  const results: GenerationResult[] = [];
  return measurePass(
    { ...context, concurrency, planned: { task: { kind: 'generate' } }, searchedUpTo: undefined },
    { pass: 'throughput', concurrency, total: undefined, limitMs: windowMs, isStreamed: true },
    async (tally) => {
      async function* requests(): AsyncGenerator<GenerateRequest> {
        for await (const position of loop.positions((ms) => tally.expect(ms)))
          yield loadRequest(model, String(position), nextPrompt(), outputTokens);
      }
      const onWork = (work: WorkInFlight): void => tally.working(work);
      const pass = { concurrency, reuse: 'none', ahead: Infinity, isStreamed: true, signal, onWork } as const;
      for await (const result of model.generate(requests(), pass)) {
        tally.count({ result });
        loop.answered(Number(result.id));
        if (result.status === 'done') results.push(processed(result));
        failures.see(result);
      }
      const answered = results.map(({ times, promptTokens, outputTokens: made }) => ({
        ...times,
        promptTokens,
        outputTokens: made,
      }));
      const window = throughputWindow(answered, concurrency);
      return { ...noFindings, window, latencies: steadyLatencies(results, concurrency) };
    },
  );
}

/** The answer to one short request of a prompt's length: what counts its tokens, and warms up. */
export async function askOnce(
  model: LoadedModel,
  text: string,
  maxTokens: number,
  signal: AbortSignal,
): Promise<Generation | undefined> {
  async function* one(): AsyncGenerator<GenerateRequest> {
    yield loadRequest(model, 'length', text, maxTokens);
  }
  const [result] = await Array.fromAsync(
    model.generate(one(), { concurrency: 1, reuse: 'none', isStreamed: true, signal }),
  );
  return result;
}
