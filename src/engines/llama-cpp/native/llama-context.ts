import koffi from 'koffi';
import { EngineError } from '../../../core/errors.ts';
import type { CacheType } from '../../../core/llama-settings.ts';
import { type BufferSize, LogLines, type NativeBatch } from './library.ts';
import { allocate, type Block, type Pointer } from './abi.ts';
import type { LlamaModel } from './llama-model.ts';

/** The tokens of one `llama_decode`, written into native memory through typed arrays. */
export class DecodeBatch {
  readonly #capacity: number;
  readonly #blocks: Readonly<Record<'tokens' | 'positions' | 'counts' | 'sets' | 'outputs' | 'ids', Block>>;
  readonly #tokens: Int32Array;
  readonly #positions: Int32Array;
  readonly #counts: Int32Array;
  readonly #sets: BigUint64Array;
  readonly #outputs: Int8Array;
  #length = 0;
  #outputCount = 0;

  constructor(capacity: number, sequences: number) {
    this.#capacity = capacity;
    this.#blocks = {
      tokens: allocate('int32_t', 4, capacity),
      positions: allocate('int32_t', 4, capacity),
      counts: allocate('int32_t', 4, capacity),
      sets: allocate('uint64_t', 8, capacity),
      outputs: allocate('int8_t', 1, capacity),
      ids: allocate('int32_t', 4, sequences),
    };
    this.#tokens = new Int32Array(this.#blocks.tokens.memory);
    this.#positions = new Int32Array(this.#blocks.positions.memory);
    this.#counts = new Int32Array(this.#blocks.counts.memory);
    this.#sets = new BigUint64Array(this.#blocks.sets.memory);
    this.#outputs = new Int8Array(this.#blocks.outputs.memory);
    // Tokens belong to runs of neighbouring sequences, so that all sets are parts of one list of ids.
    new Int32Array(this.#blocks.ids.memory).set(Array.from({ length: sequences }, (_, id) => id));
  }

  get length(): number {
    return this.#length;
  }

  /** Rows of logits that the decode will give, in the order in which their tokens were added. */
  get outputCount(): number {
    return this.#outputCount;
  }

  clear(): void {
    this.#length = 0;
    this.#outputCount = 0;
  }

  /**
   * Adds a token of the sequences `first` to `first + count - 1`.
   *
   * @returns the row of logits that the token will have, or -1 without output
   */
  add(token: number, position: number, first: number, count: number, hasOutput: boolean): number {
    const index = this.#length;
    if (index === this.#capacity) throw new Error(`more than ${this.#capacity} tokens in a batch`);
    this.#tokens[index] = token;
    this.#positions[index] = position;
    this.#counts[index] = count;
    this.#sets[index] = this.#blocks.ids.pointer + BigInt(first * 4);
    this.#outputs[index] = hasOutput ? 1 : 0;
    this.#length += 1;
    if (!hasOutput) return -1;
    this.#outputCount += 1;
    return this.#outputCount - 1;
  }

  toNative(): NativeBatch {
    const { tokens, positions, counts, sets, outputs } = this.#blocks;
    return {
      n_tokens: this.#length,
      token: tokens.pointer,
      embd: null,
      pos: positions.pointer,
      n_seq_id: counts.pointer,
      seq_id: sets.pointer,
      logits: outputs.pointer,
    };
  }

  free(): void {
    for (const block of Object.values(this.#blocks)) koffi.free(block.pointer);
  }
}

/** What a pass needs of its context. */
export interface ContextShape {
  readonly sequences: number;
  /** Cells of each sequence, or of the one buffer that all share. */
  readonly cells: number;
  /** One buffer for all sequences, which then may share cells; else a stream for each. */
  readonly isUnified: boolean;
  /** Keeps what lies outside a sliding window, so that a prefix can be cut anywhere. */
  readonly keepsWindow: boolean;
  /** Tokens and rows of logits of one decode, at most. */
  readonly batchTokens: number;
  readonly outputs: number;
}

/** How keys and values are kept and attended to. */
export interface CacheSettings {
  /** Of keys and of values. */
  readonly type: CacheType;
  readonly flashAttention: 'auto' | 'on' | 'off';
}

const defaultCache: CacheSettings = { type: 'f16', flashAttention: 'auto' };

/** `ggml_type`. */
const cacheTypeNumbers: Readonly<Record<CacheType, number>> = {
  f32: 0,
  f16: 1,
  q4_0: 2,
  q4_1: 3,
  q5_0: 6,
  q5_1: 7,
  q8_0: 8,
  iq4_nl: 20,
  bf16: 30,
};

/** `llama_flash_attn_type`. */
const flashAttentionNumbers = { auto: -1, off: 0, on: 1 } as const;

/** Tokens that the library computes at once; a longer batch is split. */
export const physicalBatchTokens = 512;

/** Memory for rows of logits, once in the library's compute buffer and once in its output buffer. */
const rowBytes = 64 * 1024 * 1024;

/** Rows of logits of one decode, as many as that memory holds. */
export function mostOutputs(vocabularySize: number): number {
  return Math.min(256, Math.max(16, Math.floor(rowBytes / (4 * vocabularySize))));
}

/** One llama_context with its batch: the KV cache of a pass. */
export class LlamaContext {
  readonly shape: ContextShape;
  /** Of the cache and of what it computes with, by device. */
  readonly buffers: readonly BufferSize[];
  readonly batch: DecodeBatch;
  readonly #model: LlamaModel;
  readonly #context: Pointer;
  readonly #memory: Pointer;
  #threads: number;

  /** @throws {EngineError} with the library's reason where it can't open the context */
  constructor(model: LlamaModel, shape: ContextShape, cache: CacheSettings = defaultCache) {
    const { llama } = model.library;
    const params = {
      ...llama.contextDefaultParams(),
      n_ctx: shape.isUnified ? shape.cells : shape.cells * shape.sequences,
      n_batch: shape.batchTokens,
      n_ubatch: Math.min(shape.batchTokens, physicalBatchTokens),
      n_seq_max: shape.sequences,
      n_outputs_max: Math.max(shape.outputs, shape.sequences),
      n_threads: model.threads,
      n_threads_batch: model.threads,
      swa_full: shape.keepsWindow,
      kv_unified: shape.isUnified,
      type_k: cacheTypeNumbers[cache.type],
      type_v: cacheTypeNumbers[cache.type],
      flash_attn_type: flashAttentionNumbers[cache.flashAttention],
    };
    const log = new LogLines();
    const context = model.library.withLog(log.add, () => llama.openContext(model.pointer, params));
    if (context === null) {
      const need = `${shape.sequences} sequences, ${params.n_ctx} cells`;
      throw new EngineError(`the library can't open a context for ${need}: ${log.reason() ?? 'no reason given'}`);
    }
    this.shape = shape;
    this.buffers = log.bufferSizes();
    this.#model = model;
    this.#threads = model.threads;
    this.#context = context;
    this.#memory = llama.contextMemory(context);
    this.batch = new DecodeBatch(shape.batchTokens, shape.sequences);
    if (model.threadpool !== undefined) llama.attachThreadpool(context, model.threadpool, model.threadpool);
  }

  /**
   * Decodes the batch.
   *
   * @throws {EngineError} where the library refuses it
   */
  decode(): void {
    const { threads, library } = this.#model;
    if (threads !== this.#threads) library.llama.setThreads(this.#context, threads, threads);
    this.#threads = threads;
    const code = library.llama.decode(this.#context, this.batch.toNative());
    if (code === 0) return;
    const meaning = code === 1 ? 'no free cells' : code === 2 ? 'aborted' : 'see the lines above';
    throw new EngineError(`llama_decode of ${this.batch.length} tokens returned ${code} (${meaning})`);
  }

  /** The rows of the last decode, in the order in which their tokens were added; gone with the next decode. */
  logits(rows: number): Float32Array {
    const bytes = rows * this.#model.vocabularySize * 4;
    return new Float32Array(koffi.view(this.#model.library.llama.logits(this.#context), bytes));
  }

  clear(): void {
    this.#model.library.llama.memoryClear(this.#memory, false);
  }

  /** Forgets a sequence from a position on. */
  remove(sequence: number, from = 0): void {
    this.#model.library.llama.sequenceRemove(this.#memory, sequence, from, -1);
  }

  /** Lets a sequence share the cells of another from a position to before another; in a unified buffer only. */
  share(source: number, target: number, from: number, to = -1): void {
    this.#model.library.llama.sequenceCopy(this.#memory, source, target, from, to);
  }

  /** Copies all cells of one stream to another, whose own are lost. */
  copyStream(source: number, target: number): void {
    this.#model.library.llama.sequenceCopy(this.#memory, source, target, -1, -1);
  }

  /** Whether a sequence still holds what a continuation from `position` looks back to. */
  canContinueFrom(sequence: number, position: number): boolean {
    const { slidingWindow, library } = this.#model;
    if (slidingWindow === 0) return true;
    return library.llama.sequenceFirst(this.#memory, sequence) <= Math.max(0, position - slidingWindow);
  }

  free(): void {
    this.#model.library.llama.freeContext(this.#context);
    this.batch.free();
  }
}
