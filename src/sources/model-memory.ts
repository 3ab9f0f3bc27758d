import type { MemorySplit } from '../core/meter.ts';
import { shardFiles } from '../gguf/gguf-file.ts';
import { type GgufHeader, readGgufHeader } from '../gguf/gguf-header.ts';
import { readModelHeader } from '../gguf/gguf-kind.ts';

/** What a model will need, computed from its file's header before it is loaded. An estimate, never a measurement. */
export interface ModelMemoryEstimate extends MemorySplit {
  readonly totalBytes: number;
  readonly isEstimated: true;
  readonly parameters: number;
  readonly architecture: string;
  readonly trainedContextTokens: number | undefined;
}

/** Tokens of a sequence that estimates assume where nobody says. */
export const usualContextTokens = 2048;

/** Tokens that llama.cpp decodes at once; sizes its compute buffer. */
const decodeTokens = 512;
const halfBytes = 2;
const floatBytes = 4;
/** llama.cpp rounds the length of a sequence's cache up to this. */
const contextStep = 256;
/** A Node process with the library and its tables, before any weights. */
const processBytes = 110 * 1024 * 1024;
const bytesPerVocabularyEntry = 150;

function number(header: GgufHeader, key: string): number | undefined {
  const value = header.values.get(key);
  return typeof value === 'number' ? value : undefined;
}

interface AttentionShape {
  readonly layers: number;
  /** Key-value heads, summed over all layers. */
  readonly keyValueHeads: number;
  readonly keyLength: number;
  readonly valueLength: number;
}

function attentionShape(header: GgufHeader, architecture: string): AttentionShape {
  const key = (name: string): string => `${architecture}.${name}`;
  const layers = number(header, key('block_count')) ?? 0;
  const heads = number(header, key('attention.head_count')) ?? 0;
  const headSize = heads === 0 ? 0 : (number(header, key('embedding_length')) ?? 0) / heads;
  const perLayer = header.values.get(key('attention.head_count_kv'));
  const keyValueHeads =
    typeof perLayer === 'object'
      ? perLayer.reduce((sum, value) => sum + value, 0)
      : layers * (typeof perLayer === 'number' ? perLayer : heads);
  return {
    layers,
    keyValueHeads,
    keyLength: number(header, key('attention.key_length')) ?? headSize,
    valueLength: number(header, key('attention.value_length')) ?? headSize,
  };
}

/**
 * Estimates the memory of a model on the llama engine, from the header of its GGUF file.
 *
 * Weights: bytes of the tensors. Key-value cache: 16-bit keys and values of every layer for each token of each sequence
 * (sliding windows counted in full: an upper bound). Compute: activations of one decode and the logits of one token per
 * sequence, rough. Overhead: the process itself, rough.
 *
 * Against measured peaks of the three small models it was 5 to 14 % high with one sequence of 1024 tokens; with more
 * sequences the distance is what of their caches stays empty.
 *
 * @param contextTokens tokens that one sequence may hold
 * @param sequences sequences at once
 * @throws {ModelError} if the file is no GGUF, and then it says what it is
 */
export async function estimateModelMemory(
  path: string,
  contextTokens: number,
  sequences: number,
): Promise<ModelMemoryEstimate> {
  const header = await readModelHeader(path);
  const { architecture } = header;
  let { weightsBytes, parameters } = header;
  for (const file of shardFiles(path).slice(1)) {
    const shard = await readGgufHeader(file);
    weightsBytes += shard.weightsBytes;
    parameters += shard.parameters;
  }
  const { keyValueHeads, keyLength, valueLength } = attentionShape(header, architecture);
  const cachedTokens = Math.ceil(contextTokens / contextStep) * contextStep * sequences;
  const kvBytes = Math.ceil(cachedTokens * keyValueHeads * (keyLength + valueLength) * halfBytes);
  const embedding = number(header, `${architecture}.embedding_length`) ?? 0;
  const feedForward = number(header, `${architecture}.feed_forward_length`) ?? 4 * embedding;
  const vocabulary = header.lengths.get('tokenizer.ggml.tokens') ?? number(header, `${architecture}.vocab_size`) ?? 0;
  const computeBytes = floatBytes * (decodeTokens * (6 * embedding + 3 * feedForward) + 2 * sequences * vocabulary);
  const overheadBytes = processBytes + vocabulary * bytesPerVocabularyEntry;
  return {
    weightsBytes,
    kvBytes,
    computeBytes,
    overheadBytes,
    totalBytes: weightsBytes + kvBytes + computeBytes + overheadBytes,
    isEstimated: true,
    parameters,
    architecture,
    trainedContextTokens: number(header, `${architecture}.context_length`),
  };
}
