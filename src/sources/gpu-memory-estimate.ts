import type { AttentionShape } from './attention-shapes.ts';

/** Memory of a served model on each of its GPUs. An estimate, never a measurement. */
export interface GpuMemoryEstimate {
  readonly weightsBytes: number;
  /** Undefined where the shape of the model isn't known; then it isn't in the total either. */
  readonly kvBytes: number | undefined;
  readonly overheadBytes: number;
  readonly totalBytes: number;
}

export interface GpuMemoryQuestion {
  readonly parameters: number;
  readonly shape: AttentionShape | undefined;
  readonly dtype: 'auto' | 'float16' | 'bfloat16' | 'float32';
  readonly tensorParallel: number;
  readonly contextTokens: number;
  readonly sequences: number;
  /** Cache of each GPU, where its size is given: it is set aside whatever the sequences need. */
  readonly kvCacheBytes?: number | undefined;
}

const halfBytes = 2;
const fullBytes = 4;
/** Context of the driver, activations and captured graphs; assumed, servers differ. */
const assumedOverheadBytes = 2 * 2 ** 30;

/**
 * Weights: parameters times bytes of their type, over the GPUs. Cache: keys and values of every layer for each token of
 * each sequence, all of them full: an upper bound. Heads are split over GPUs, and copied where there are more GPUs than
 * heads.
 */
export function estimateGpuMemory(question: GpuMemoryQuestion): GpuMemoryEstimate {
  const { parameters, shape, dtype, tensorParallel, contextTokens, sequences, kvCacheBytes } = question;
  const bytesEach = dtype === 'float32' ? fullBytes : halfBytes;
  const weightsBytes = (parameters * bytesEach) / tensorParallel;
  const neededKvBytes =
    shape === undefined
      ? undefined
      : (2 * shape.layers * shape.keyValueHeads * shape.headSize * bytesEach * contextTokens * sequences) /
        Math.min(tensorParallel, shape.keyValueHeads);
  const kvBytes = kvCacheBytes ?? neededKvBytes;
  const overheadBytes = assumedOverheadBytes;
  return { weightsBytes, kvBytes, overheadBytes, totalBytes: weightsBytes + (kvBytes ?? 0) + overheadBytes };
}
