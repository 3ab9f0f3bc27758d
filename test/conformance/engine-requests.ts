import { expect } from 'vitest';
import type {
  GenerateRequest,
  GenerationResult,
  LoadedModel,
  LoglikelihoodRequest,
  LoglikelihoodResult,
  PassOptions,
} from '../../src/core/engine.ts';

/** Parts of the suite that a member may skip, each with its reason. */
export type SkippablePart =
  | 'knowledge'
  | 'chat'
  | 'prefix reuse'
  | 'long prompt'
  | 'processes'
  | 'stop string'
  | 'prompt tokens';

export interface EngineConformanceOptions {
  readonly skips?: Partial<Record<SkippablePart, string>>;
  /** How far a token's log-probability may move with what else is in the same decode; 0 for exact engines. */
  readonly tolerance?: number;
}

const never = new AbortController().signal;

export function passOptions(changes: Partial<PassOptions> = {}): PassOptions {
  return { concurrency: 4, reuse: 'none', signal: never, ...changes };
}

export function plainRequest(id: string, text: string, changes: Partial<GenerateRequest> = {}): GenerateRequest {
  return { id, prompt: { style: 'plain', text }, maxTokens: 12, stop: [], ...changes };
}

export async function* streamOf<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  yield* items;
}

/** All generations by id; fails the test on a request that failed. */
export async function generateAll(
  model: LoadedModel,
  requests: readonly GenerateRequest[],
  changes: Partial<PassOptions> = {},
): Promise<ReadonlyMap<string, GenerationResult>> {
  const results = new Map<string, GenerationResult>();
  for await (const result of model.generate(streamOf(requests), passOptions(changes))) {
    if (result.status === 'failed') throw new Error(`${result.id}: ${result.message}`);
    expect(results.has(result.id), `a second result for ${result.id}`).toBe(false);
    results.set(result.id, result);
  }
  return results;
}

/** All scores by id; fails the test on a request that failed. */
export async function scoreAll(
  model: LoadedModel,
  requests: readonly LoglikelihoodRequest[],
  changes: Partial<PassOptions> = {},
): Promise<ReadonlyMap<string, LoglikelihoodResult>> {
  const results = new Map<string, LoglikelihoodResult>();
  for await (const result of model.loglikelihood(streamOf(requests), passOptions(changes))) {
    if (result.status === 'failed') throw new Error(`${result.id}: ${result.message}`);
    expect(results.has(result.id), `a second result for ${result.id}`).toBe(false);
    results.set(result.id, result);
  }
  return results;
}

export async function collect<Result>(results: AsyncIterable<Result>): Promise<Result[]> {
  return Array.fromAsync(results);
}

export const prompts = [
  'The sun rises in the',
  'A dog and a cat',
  'Once upon a time there was a king who',
  'To bake bread you need',
  'The first month of the year is',
  'Rivers flow to the',
  'Seven days make a',
];

export const sharedStart = [
  'Question: How many legs has a horse?\nAnswer: 4\n\n',
  'Question: How many legs has a spider?\nAnswer: 8\n\n',
  'Question: How many wheels has a bicycle?\nAnswer: 2\n\n',
].join('');
