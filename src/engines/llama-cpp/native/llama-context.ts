import koffi from 'koffi';
import { EngineError } from '../../../core/errors.ts';
import { DecodeBatch } from './decode-batch.ts';
import type { LlamaModel } from './llama-model.ts';
import { LogLines, type BufferSizes } from './log-lines.ts';
import type { Pointer } from './library.ts';

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

/** Tokens that the library computes at once; a longer batch is split. */
export const physicalBatchTokens = 512;

/** One llama_context with its batch: the KV cache of a pass. */
export class LlamaContext {
  readonly shape: ContextShape;
  readonly buffers: BufferSizes;
  readonly batch: DecodeBatch;
  readonly #model: LlamaModel;
  readonly #context: Pointer;
  readonly #memory: Pointer;

  /** @throws {EngineError} with the library's reason where it can't open the context */
  constructor(model: LlamaModel, shape: ContextShape) {
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
    const code = this.#model.library.llama.decode(this.#context, this.batch.toNative());
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
