import type { CacheType } from '../core/llama-settings.ts';
import type { CacheLayout } from './cache-layout.ts';
import type { ModelOutline } from './model-outline.ts';

/** Tokens of a sequence that estimates assume where nobody says. */
export const usualContextTokens = 2048;

/** How a model is going to be used. */
export interface ModelUse {
  /** Tokens that one sequence may hold. */
  readonly contextTokens: number;
  /** Sequences at once. */
  readonly sequences: number;
  readonly kvCache: CacheType;
  readonly flashAttention: 'auto' | 'on' | 'off';
  /**
   * Layers with a sliding window keep all tokens too, so that a beginning can be used again anywhere; else the window and
   * what is decoded at once. By default they do: an upper bound.
   */
  readonly keepsWindow?: boolean;
}

/** Bytes of the parts of a model, each of which is on one device or on the host. An estimate, never a measurement. */
export interface ModelNeeds {
  readonly layers: readonly { readonly weightsBytes: number; readonly expertBytes: number; readonly kvBytes: number }[];
  readonly outputBytes: number;
  readonly inputBytes: number;
  /** Of each device that computes a part of the layers. */
  readonly computeBytes: number;
}

/** Numbers that are kept in one block, and the bytes of a block, as ggml lays them out. */
const cacheBlocks: Readonly<Record<CacheType, readonly [numbers: number, bytes: number]>> = {
  f32: [1, 4],
  f16: [1, 2],
  bf16: [1, 2],
  q8_0: [32, 34],
  q5_1: [32, 24],
  q5_0: [32, 22],
  q4_1: [32, 20],
  q4_0: [32, 18],
  iq4_nl: [32, 18],
};

/** Tokens that llama.cpp decodes at once; sizes its compute buffers. */
export const decodeTokens = 512;
const floatBytes = 4;
/** llama.cpp rounds the length of a sequence's cache up to this. */
const contextStep = 256;

/**
 * Why a model can't have this type of cache, as a phrase; undefined where it can. Quantised types keep a whole number of
 * blocks for each head.
 */
export function cacheTypeProblem({ keyLength, valueLength }: ModelOutline, type: CacheType): string | undefined {
  const [numbers] = cacheBlocks[type];
  const odd = [keyLength, valueLength].find((length) => length % numbers !== 0);
  if (odd === undefined) return undefined;
  return `a ${type} key-value cache needs heads of a multiple of ${numbers} numbers, but this model's have ${odd}`;
}

/** Tokens of one sequence that a layer keeps. */
function cellsOf({ windowTokens }: CacheLayout, { contextTokens, keepsWindow = true }: ModelUse): number {
  const all = Math.ceil(contextTokens / contextStep) * contextStep;
  if (windowTokens === undefined || keepsWindow) return all;
  return Math.min(all, Math.ceil((windowTokens + decodeTokens) / contextStep) * contextStep);
}

/** Bytes of a type of cache that so many numbers take. */
export function cacheBytes(type: CacheType, numbers: number): number {
  const [each, bytes] = cacheBlocks[type];
  return (numbers * bytes) / each;
}

/**
 * Estimates what the parts of a model take.
 *
 * Key-value cache: what `cacheLayouts` says, for each token of each sequence. Compute: activations of one decode and the logits of one token per sequence, rough; without flash
 * attention the scores of one layer too.
 */
export function needsOfModel(outline: ModelOutline, use: ModelUse): ModelNeeds {
  const { layers, outputBytes, inputBytes, heads } = outline;
  const { embeddingLength, feedForwardLength, vocabularySize } = outline;
  const cellsEach = Math.ceil(use.contextTokens / contextStep) * contextStep;
  const activations = decodeTokens * (6 * embeddingLength + 3 * feedForwardLength);
  const scores = use.flashAttention === 'off' ? decodeTokens * cellsEach * heads : 0;
  return {
    layers: layers.map(({ weightsBytes, expertBytes, cache }) => {
      const kept = cacheBytes(use.kvCache, cellsOf(cache, use) * cache.numbersPerToken);
      return {
        weightsBytes,
        expertBytes,
        kvBytes: Math.ceil(use.sequences * (kept + floatBytes * cache.stateNumbers)),
      };
    }),
    outputBytes,
    inputBytes,
    computeBytes: floatBytes * (activations + scores + 2 * use.sequences * vocabularySize),
  };
}
