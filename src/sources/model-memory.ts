import type { MemorySplit } from '../core/meter.ts';
import { type ModelUse, needsOfModel } from '../gguf/model-needs.ts';
import { type ModelOutline, readModelOutline } from '../gguf/model-outline.ts';

/** What a model will need, computed from its file's header before it is loaded. An estimate, never a measurement. */
export interface ModelMemoryEstimate extends MemorySplit {
  readonly totalBytes: number;
  readonly isEstimated: true;
  readonly parameters: number;
  readonly architecture: string;
  readonly trainedContextTokens: number | undefined;
}

/** A Node process with the library and its tables, before any weights. */
const processBytes = 110 * 1024 * 1024;
const bytesPerVocabularyEntry = 150;

type MemoryUse = Pick<ModelUse, 'contextTokens' | 'sequences'> & Partial<ModelUse>;

/**
 * Estimates the memory of a model on the llama engine's host, from what its GGUF header says: the bytes of its tensors,
 * what `needsOfModel` says of cache and computation, and as overhead the process itself, rough.
 *
 * With several sequences it counts what of their caches stays empty.
 *
 * @param use by default with a 16-bit cache
 */
export function memoryOfOutline(outline: ModelOutline, use: MemoryUse): ModelMemoryEstimate {
  const { weightsBytes, parameters, architecture, trainedContextTokens, vocabularySize } = outline;
  const { layers, computeBytes } = needsOfModel(outline, { kvCache: 'f16', flashAttention: 'auto', ...use });
  const kvBytes = layers.reduce((sum, layer) => sum + layer.kvBytes, 0);
  const overheadBytes = processBytes + vocabularySize * bytesPerVocabularyEntry;
  return {
    weightsBytes,
    kvBytes,
    computeBytes,
    overheadBytes,
    totalBytes: weightsBytes + kvBytes + computeBytes + overheadBytes,
    isEstimated: true,
    parameters,
    architecture,
    trainedContextTokens,
  };
}

/**
 * The same for a file on this machine.
 *
 * @throws {ModelError} if it is no GGUF, and then it says what it is
 */
export async function estimateModelMemory(path: string, use: MemoryUse): Promise<ModelMemoryEstimate> {
  return memoryOfOutline(await readModelOutline(path), use);
}
