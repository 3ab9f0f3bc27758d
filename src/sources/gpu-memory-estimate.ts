/** What decides how large the key-value cache of a model is. */
export interface AttentionShape {
  readonly layers: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
}

const attentionShape = (layers: number, keyValueHeads: number, headSize: number): AttentionShape => ({
  layers,
  keyValueHeads,
  headSize,
});

/**
 * Shapes of the paper's models by catalogue name, from their published configurations (`num_hidden_layers`,
 * `num_key_value_heads`, `head_dim`). For estimates alone: a server reports its own cache.
 */
export const attentionShapes: Readonly<Record<string, AttentionShape>> = {
  'qwen2.5-0.5b-instruct': attentionShape(24, 2, 64),
  'qwen2.5-1.5b-instruct': attentionShape(28, 2, 128),
  'qwen2.5-3b-instruct': attentionShape(36, 2, 128),
  'qwen2.5-7b-instruct': attentionShape(28, 4, 128),
  'qwen2.5-14b-instruct': attentionShape(48, 8, 128),
  'qwen2.5-32b-instruct': attentionShape(64, 8, 128),
  'qwen2.5-72b-instruct': attentionShape(80, 8, 128),
  'gemma-2-2b-it': attentionShape(26, 4, 256),
  'phi-3.5-mini-instruct': attentionShape(32, 32, 96),
  'qwen3-4b': attentionShape(36, 8, 128),
  'mistral-7b-instruct-v0.3': attentionShape(32, 8, 128),
  'llama-3.1-8b-instruct': attentionShape(32, 8, 128),
  'llama-3.1-70b-instruct': attentionShape(80, 8, 128),
  'llama-2-13b-chat': attentionShape(40, 40, 128),
  'llama-2-70b-chat': attentionShape(80, 8, 128),
  'vicuna-13b-v1.5': attentionShape(40, 40, 128),
};

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
  readonly kvCacheBytes: number | undefined;
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
