/**
 * An engine without a model: it answers by a hash of the prompt, at a speed that its options set.
 *
 * For tests, demonstrations of the run loop, and the overhead of perbench itself. Its outputs mean nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { nowMs } from '../../core/clock.ts';
import { parseEngineOptions } from '../../core/engine-options.ts';
import type { LoadedModel, ModelInfo, ModelSpec, PassOptions, Engine } from '../../core/engine.ts';
import { EngineError } from '../../core/errors.ts';
import { servedMaxConcurrency, requestPool, tellingWork } from '../request-pool.ts';
import type { ThinkingPlan } from '../thinking/resolve-thinking.ts';
import { planMockThoughts } from './mock-thoughts.ts';
import { answerMock, type MockWorld, weighMock, type MockOptions, mockOptionsSchema } from './mock-answers.ts';

function createWorld(name: string, plan: ThinkingPlan, options: MockOptions, hangMs: number): MockWorld {
  let requests = 0;
  return {
    options,
    plan,
    async begin(signal) {
      requests += 1;
      if (options.crashAtRequest !== undefined && requests >= options.crashAtRequest) {
        throw new EngineError(`${name}: the mock engine died at request ${requests}`);
      }
      if (options.hangAtRequest !== undefined && requests >= options.hangAtRequest) {
        await sleep(hangMs, undefined, { signal });
        throw new EngineError(`${name}: no progress for ${hangMs} ms, the engine was stopped`);
      }
    },
    async work(tokens, signal) {
      if (options.tokenMs > 0) await sleep(tokens * options.tokenMs, undefined, { signal });
    },
    nowMs,
  };
}

function mockInfo(
  { promptStyle, structuredOutput }: ModelSpec,
  { memoryBytes, contextTokens, thoughts }: MockOptions,
  { thinking }: ThinkingPlan,
): ModelInfo {
  return {
    architecture: 'mock',
    parameters: undefined,
    weightsBytes: memoryBytes,
    quantisation: undefined,
    trainedContextTokens: contextTokens,
    contextTokens,
    vocabularySize: 50_000,
    chatTemplateSha256: undefined,
    ...(thoughts !== undefined && { thinking }),
    promptStyle: promptStyle === 'instruct' ? 'chat' : 'plain',
    structuredOutput,
    tokenizerSha256: undefined,
    engineBuild: 'mock 1',
    devices: ['none'],
    threads: undefined,
    processIds: [],
    gpus: undefined,
    deviceCount: undefined,
    serverCommand: undefined,
  };
}

export function createMockModel(model: ModelSpec, options: MockOptions, hangMs = 300_000): LoadedModel {
  const closed = new AbortController();
  const plan = planMockThoughts(model, options.thoughts);
  const world = createWorld(model.name, plan, options, hangMs);
  const { memoryBytes, loglikelihood, structuredOutput } = options;

  const run = <Request, Result>(
    requests: AsyncIterable<Request>,
    { concurrency, signal, onWork }: PassOptions,
    answer: (world: MockWorld, request: Request, signal: AbortSignal) => Promise<Result>,
  ): AsyncIterable<Result> =>
    requestPool(
      requests,
      { places: concurrency, signal: AbortSignal.any([signal, closed.signal]) },
      tellingWork((request: Request, turn) => answer(world, request, turn.signal), { onWork }),
    );

  return {
    info: mockInfo(model, options, plan),
    capabilities: {
      generate: true,
      loglikelihood,
      prefixReuse: false,
      usage: true,
      memory: true,
      isTimedByClient: false,
      whyNoLoglikelihood: undefined,
      isLoglikelihoodDetour: false,
      structuredOutput,
    },
    watch: undefined,
    clients: undefined,
    generate: (requests, pass) => run(requests, pass, answerMock),
    loglikelihood: (requests, pass) => run(requests, pass, weighMock),
    async resetMemoryPeak() {},
    async memory() {
      const bytes = { nowBytes: memoryBytes, peakBytes: memoryBytes, reservedBytes: undefined };
      return { ...bytes, isPeakReset: true, split: undefined, doubt: undefined };
    },
    async [Symbol.asyncDispose]() {
      closed.abort();
    },
  };
}

export function createMockEngine(): Engine {
  return {
    kind: 'mock',
    maxConcurrency: servedMaxConcurrency,
    async open(model: ModelSpec, options, signal): Promise<LoadedModel> {
      const own = parseEngineOptions(mockOptionsSchema, 'mock', model);
      await sleep(own.loadMs, undefined, { signal });
      const contextTokens = options.contextTokens ?? own.contextTokens;
      return createMockModel(model, { ...own, contextTokens }, options.hangMs);
    },
  };
}
