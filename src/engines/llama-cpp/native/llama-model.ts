import { ModelError } from '../../../core/errors.ts';
import { type BufferSize, LogLines, type NativeLibrary } from './library.ts';
import type { Pointer } from './abi.ts';
import { Grammars } from './grammar-constraint.ts';
import { LogitRows } from './logit-rows.ts';
import { onHost, type Placement, placementParams } from './placement-params.ts';
import { Tokenizer } from './tokenizer.ts';

/**
 * LLAMA_LOAD_MODE_NONE: weights are read into memory of the process. Mapped ones would count as resident only as far as
 * pages were touched and not yet dropped, and repacked ones twice, so a peak would say little about the model's need.
 */
const loadModeNone = 0;

export interface LlamaModelOptions {
  readonly file: string;
  readonly threads: number;
  /** By default all in host memory. */
  readonly placement?: Placement;
}

/** Loaded weights with what every pass needs of them. */
export class LlamaModel {
  readonly library: NativeLibrary;
  readonly pointer: Pointer;
  /** Of the next decode, of any context: never more than the model was loaded with. */
  threads: number;
  readonly threadpool: Pointer | undefined;
  readonly tokenizer: Tokenizer;
  readonly rows: LogitRows;
  readonly grammars: Grammars;
  readonly vocabularySize: number;
  readonly trainedContextTokens: number;
  /** 0 where every layer sees the whole context. */
  readonly slidingWindow: number;
  /** A part of a sequence can be kept: true for attention caches, false for recurrent states. */
  readonly canCutSequences: boolean;
  readonly weightsBytes: number;
  readonly parameters: number;
  readonly quantisation: string;
  /** Of the weights, by device. */
  readonly buffers: readonly BufferSize[];

  /** @throws {ModelError} with the library's reason where it can't load the file */
  constructor(library: NativeLibrary, options: LlamaModelOptions) {
    const { llama } = library;
    const params = {
      ...llama.modelDefaultParams(),
      load_mode: loadModeNone,
      ...placementParams(library, options.placement ?? onHost),
    };
    const log = new LogLines();
    const pointer = library.withLog(log.add, () => llama.loadModel(options.file, params));
    if (pointer === null) {
      const reason = log.reason() ?? 'no reason given';
      throw new ModelError(`${options.file}: llama.cpp can't load it: ${reason}`, {
        hint: reason.includes('unknown model architecture')
          ? 'Its llama.cpp knows no such model: try a newer perbench, or serve it and give the address.'
          : 'Check the file with `perbench models verify`, or fetch it again.',
      });
    }
    if (llama.hasEncoder(pointer) || !llama.hasDecoder(pointer) || llama.isDiffusion(pointer)) {
      throw new ModelError(`${options.file}: not a causal language model: perbench can only run decoders`, {
        hint: 'Choose a model that generates text from left to right.',
      });
    }
    this.library = library;
    this.pointer = pointer;
    this.buffers = log.bufferSizes();
    this.threads = options.threads;
    this.threadpool = options.threads > 1 ? library.createThreadpool(options.threads) : undefined;
    this.tokenizer = new Tokenizer(llama, llama.vocabulary(pointer));
    this.vocabularySize = this.tokenizer.size;
    this.rows = new LogitRows(this.vocabularySize);
    this.grammars = new Grammars(library, llama.vocabulary(pointer), this.tokenizer);
    this.trainedContextTokens = llama.trainedContext(pointer);
    this.slidingWindow = Math.max(0, llama.slidingWindow(pointer));
    this.canCutSequences = !llama.isRecurrent(pointer) && !llama.isHybrid(pointer);
    this.weightsBytes = Number(llama.modelBytes(pointer));
    this.parameters = Number(llama.modelParameters(pointer));
    this.quantisation = llama.fileTypeName(llama.modelFileType(pointer)) ?? 'unknown';
  }
}
