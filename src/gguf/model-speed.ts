import type { CacheType } from '../core/llama-settings.ts';
import { plainType, type Roofline, type TypeRate } from '../core/roofline.ts';
import { cacheBytes, decodeTokens } from './model-needs.ts';
import type { ModelOutline } from './model-outline.ts';
import type { TypedWeights } from './model-work.ts';

/** The request whose times are estimated, alone on the machine. */
export interface SpeedUse {
  readonly promptTokens: number;
  /** Tokens behind the one that is generated, on average. */
  readonly contextTokens: number;
  readonly kvCache: CacheType;
}

/** Times of a request. Estimates, never measurements. */
export interface ModelSpeed {
  /** Time to first token: the prompt, and the first row of logits. */
  readonly firstTokenMs: number;
  /** Time per output token after the first. */
  readonly tokenMs: number;
}

/** Types whose speed isn't known, though the model has matrices of them. */
export function unmeasuredTypes({ work }: ModelOutline, roofline: Pick<Roofline, 'rates'>): readonly number[] {
  const needed = new Set([plainType, ...[...work.layers, ...work.output].map(({ type }) => type)]);
  return [...needed].filter((type) => !roofline.rates.some((rate) => rate.type === type));
}

/** Numbers of keys and values that a token with so many behind it reads. */
function readNumbers({ layers }: ModelOutline, contextTokens: number): number {
  return layers.reduce((sum, { cache: { numbersPerToken, windowTokens = Infinity, stateNumbers } }) => {
    return sum + numbersPerToken * Math.min(contextTokens, windowTokens) + stateNumbers;
  }, 0);
}

/** Multiplications and additions of attention: each query with each key and value. */
function attentionOperations({ layers, heads, keyLength, valueLength }: ModelOutline, contextTokens: number): number {
  return layers.reduce((sum, { cache: { numbersPerToken, windowTokens = Infinity } }) => {
    const seen = numbersPerToken === 0 ? 0 : Math.min(contextTokens, windowTokens);
    return sum + 2 * heads * (keyLength + valueLength) * seen;
  }, 0);
}

/**
 * Estimates the speed of a model by a roofline: each step takes as long as reading its weights, or computing with them,
 * whichever is longer (Williams, Waterman, Patterson 2009), at the rates that were measured for their type.
 *
 * A token alone reads the weights that it passes through, its keys and its values. A prompt passes all weights once in
 * each batch of 512 tokens. Beside it, every step costs what the threads take to wait for each other.
 *
 * @returns undefined where the rate of a type isn't known
 */
export function estimateSpeed(outline: ModelOutline, roofline: Roofline, use: SpeedUse): ModelSpeed | undefined {
  const rateOf = (type: number): TypeRate | undefined => roofline.rates.find((rate) => rate.type === type);
  const plain = rateOf(plainType);
  if (plain === undefined || unmeasuredTypes(outline, roofline).length > 0) return undefined;
  const { work } = outline;
  const readMs = (weights: readonly TypedWeights[]): number =>
    weights.reduce(
      (sum, { type, activeBytes }) => sum + (1000 * activeBytes) / (rateOf(type) ?? plain).bytesPerSecond,
      0,
    );
  const batches = Math.ceil(use.promptTokens / decodeTokens);
  const promptMs = work.layers.reduce((sum, { type, bytes, activeParameters }) => {
    const { bytesPerSecond, operationsPerSecond } = rateOf(type) ?? plain;
    const operations = 2 * activeParameters * use.promptTokens;
    return sum + 1000 * Math.max((batches * bytes) / bytesPerSecond, operations / operationsPerSecond);
  }, 0);
  const attended = use.promptTokens * attentionOperations(outline, use.promptTokens / 2);
  const keptBytes = cacheBytes(use.kvCache, readNumbers(outline, use.contextTokens));
  const stepsMs = work.operations * roofline.stepMs;
  return {
    firstTokenMs: promptMs + (1000 * attended) / plain.operationsPerSecond + readMs(work.output) + batches * stepsMs,
    tokenMs: readMs([...work.layers, ...work.output]) + (1000 * keptBytes) / plain.bytesPerSecond + stepsMs,
  };
}
