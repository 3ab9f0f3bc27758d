import { basename } from 'node:path';
import koffi, { type LibraryHandle } from 'koffi';
import { EnvironmentError } from '../../../core/errors.ts';
import type { LibraryLocation } from '../library-location.ts';
import { type NativeDevice, deviceList } from './native-devices.ts';
// The struct names in the prototypes below are registered by this import.
import { logCallback, type ParamsRecord, type Pointer } from './abi.ts';

/** One struct llama_batch by value. */
export interface NativeBatch {
  readonly n_tokens: number;
  readonly token: Pointer;
  readonly embd: null;
  readonly pos: Pointer;
  readonly n_seq_id: Pointer;
  readonly seq_id: Pointer;
  readonly logits: Pointer;
}

/** A function of libllama: how C declares it, and the same for TypeScript; pointers are addresses. */
type Native<Function> = string & { readonly function?: Function };

function native<Function>(prototype: string): Native<Function> {
  return prototype;
}

/** Those that are called, by our names. */
const llamaPrototypes = {
  version: native<() => string>('const char *llama_version()'),
  backendInit: native<() => void>('void llama_backend_init()'),
  modelDefaultParams: native<() => ParamsRecord>('perbench_model_params llama_model_default_params()'),
  contextDefaultParams: native<() => ParamsRecord>('perbench_context_params llama_context_default_params()'),
  loadModel: native<(path: string, params: ParamsRecord) => Pointer | null>(
    'void *llama_model_load_from_file(const char *path, perbench_model_params params)',
  ),
  freeModel: native<(model: Pointer) => void>('void llama_model_free(void *model)'),
  openContext: native<(model: Pointer, params: ParamsRecord) => Pointer | null>(
    'void *llama_init_from_model(void *model, perbench_context_params params)',
  ),
  freeContext: native<(context: Pointer) => void>('void llama_free(void *context)'),
  contextMemory: native<(context: Pointer) => Pointer>('void *llama_get_memory(void *context)'),
  vocabulary: native<(model: Pointer) => Pointer>('void *llama_model_get_vocab(void *model)'),
  trainedContext: native<(model: Pointer) => number>('int32_t llama_model_n_ctx_train(void *model)'),
  slidingWindow: native<(model: Pointer) => number>('int32_t llama_model_n_swa(void *model)'),
  modelBytes: native<(model: Pointer) => number | bigint>('uint64_t llama_model_size(void *model)'),
  modelParameters: native<(model: Pointer) => number | bigint>('uint64_t llama_model_n_params(void *model)'),
  modelFileType: native<(model: Pointer) => number>('int llama_model_ftype(void *model)'),
  fileTypeName: native<(type: number) => string | null>('const char *llama_ftype_name(int ftype)'),
  hasEncoder: native<(model: Pointer) => boolean>('bool llama_model_has_encoder(void *model)'),
  hasDecoder: native<(model: Pointer) => boolean>('bool llama_model_has_decoder(void *model)'),
  isRecurrent: native<(model: Pointer) => boolean>('bool llama_model_is_recurrent(void *model)'),
  isHybrid: native<(model: Pointer) => boolean>('bool llama_model_is_hybrid(void *model)'),
  isDiffusion: native<(model: Pointer) => boolean>('bool llama_model_is_diffusion(void *model)'),
  vocabularyType: native<(vocabulary: Pointer) => number>('int llama_vocab_type(void *vocabulary)'),
  vocabularySize: native<(vocabulary: Pointer) => number>('int32_t llama_vocab_n_tokens(void *vocabulary)'),
  bosToken: native<(vocabulary: Pointer) => number>('int32_t llama_vocab_bos(void *vocabulary)'),
  eosToken: native<(vocabulary: Pointer) => number>('int32_t llama_vocab_eos(void *vocabulary)'),
  addsBos: native<(vocabulary: Pointer) => boolean>('bool llama_vocab_get_add_bos(void *vocabulary)'),
  addsEos: native<(vocabulary: Pointer) => boolean>('bool llama_vocab_get_add_eos(void *vocabulary)'),
  isEndOfGeneration: native<(vocabulary: Pointer, token: number) => boolean>(
    'bool llama_vocab_is_eog(void *vocabulary, int32_t token)',
  ),
  tokenText: native<(vocabulary: Pointer, token: number) => string | null>(
    'const char *llama_vocab_get_text(void *vocabulary, int32_t token)',
  ),
  tokenize: native<
    (
      vocabulary: Pointer,
      text: Uint8Array,
      length: number,
      tokens: Int32Array,
      capacity: number,
      addSpecial: boolean,
      parseSpecial: boolean,
    ) => number
  >(
    'int32_t llama_tokenize(void *vocabulary, const uint8_t *text, int32_t length, int32_t *tokens, int32_t capacity, bool add_special, bool parse_special)',
  ),
  tokenPiece: native<
    (vocabulary: Pointer, token: number, buffer: Uint8Array, length: number, lstrip: number, special: boolean) => number
  >(
    'int32_t llama_token_to_piece(void *vocabulary, int32_t token, uint8_t *buffer, int32_t length, int32_t lstrip, bool special)',
  ),
  memoryClear: native<(memory: Pointer, data: boolean) => void>('void llama_memory_clear(void *memory, bool data)'),
  sequenceRemove: native<(memory: Pointer, sequence: number, from: number, to: number) => boolean>(
    'bool llama_memory_seq_rm(void *memory, int32_t sequence, int32_t from, int32_t to)',
  ),
  sequenceCopy: native<(memory: Pointer, source: number, target: number, from: number, to: number) => void>(
    'void llama_memory_seq_cp(void *memory, int32_t source, int32_t target, int32_t from, int32_t to)',
  ),
  sequenceFirst: native<(memory: Pointer, sequence: number) => number>(
    'int32_t llama_memory_seq_pos_min(void *memory, int32_t sequence)',
  ),
  decode: native<(context: Pointer, batch: NativeBatch) => number>(
    'int32_t llama_decode(void *context, perbench_batch batch)',
  ),
  logits: native<(context: Pointer) => Pointer>('void *llama_get_logits(void *context)'),
  setThreads: native<(context: Pointer, threads: number, batchThreads: number) => void>(
    'void llama_set_n_threads(void *context, int32_t threads, int32_t batch_threads)',
  ),
  attachThreadpool: native<(context: Pointer, threadpool: Pointer, batchThreadpool: Pointer) => void>(
    'void llama_attach_threadpool(void *context, void *threadpool, void *threadpool_batch)',
  ),
  openGrammar: native<(vocabulary: Pointer, grammar: string, root: string) => Pointer | null>(
    'void *llama_sampler_init_grammar(void *vocabulary, const char *grammar, const char *root)',
  ),
  applySampler: native<(sampler: Pointer, candidates: Pointer) => void>(
    'void llama_sampler_apply(void *sampler, void *candidates)',
  ),
  acceptToken: native<(sampler: Pointer, token: number) => void>(
    'void llama_sampler_accept(void *sampler, int32_t token)',
  ),
  freeSampler: native<(sampler: Pointer) => void>('void llama_sampler_free(void *sampler)'),
  setLog: native<(callback: Pointer | null, userData: null) => void>(
    'void llama_log_set(perbench_log *callback, void *user_data)',
  ),
};

export type LlamaFunctions = {
  [Name in keyof typeof llamaPrototypes]: (typeof llamaPrototypes)[Name] extends Native<infer Function>
    ? Function
    : never;
};

export interface NativeLibrary {
  readonly llama: LlamaFunctions;
  /**
   * Loads the back-ends beside the library; the CPU back-end is the variant that suits this processor, or the one that
   * the location names.
   *
   * @throws {EnvironmentError} if the named one can't be loaded
   */
  loadBackends(): void;
  /** What the loaded back-ends compute on. */
  devices(): readonly NativeDevice[];
  /** The buffer type of plain host memory, to keep tensors there. */
  hostBufferType(): Pointer;
  /** A pool of compute threads that outlives a decode; undefined where the back-end has none. */
  createThreadpool(threads: number): Pointer | undefined;
  /** Hears the library's log while `work` runs on this thread. */
  withLog<Result>(onLine: (level: number, line: string) => void, work: () => Result): Result;
}

function bindLlama(library: LibraryHandle): LlamaFunctions {
  const functions: Record<string, unknown> = {};
  for (const [name, prototype] of Object.entries(llamaPrototypes)) functions[name] = library.func(prototype);
  return functions as unknown as LlamaFunctions;
}

function threadpoolFactory(ggml: LibraryHandle, base: LibraryHandle): (threads: number) => Pointer | undefined {
  const backendByName = ggml.func('void *ggml_backend_reg_by_name(const char *name)');
  const procedure = base.func('void *ggml_backend_reg_get_proc_address(void *registry, const char *name)');
  const initParams = base.func(
    'void ggml_threadpool_params_init(_Out_ perbench_threadpool_params *params, int threads)',
  );
  const create = koffi.proto('void *perbench_threadpool_new(_Inout_ perbench_threadpool_params *params)');
  return (threads) => {
    const registry = backendByName('CPU') as Pointer | null;
    const address = registry === null ? null : (procedure(registry, 'ggml_threadpool_new') as Pointer | null);
    if (address === null) return undefined;
    const params = {};
    initParams(params, threads);
    return (koffi.call(address, create, params) as Pointer | null) ?? undefined;
  };
}

/** Loads libllama and binds what is called of it. The ABI must be checked before anything else is called. */
export function loadLibrary(location: LibraryLocation): NativeLibrary {
  const base = koffi.load(location.ggmlBase, { global: true });
  const ggml = koffi.load(location.ggml, { global: true });
  const llama = bindLlama(koffi.load(location.llama));
  const loadAll = ggml.func('void ggml_backend_load_all_from_path(const char *directory)');
  const loadOne = ggml.func('void *ggml_backend_load(const char *path)');
  const backendByName = ggml.func('void *ggml_backend_reg_by_name(const char *name)');
  return {
    llama,
    loadBackends: () => {
      const { cpuBackend, directory, olderGpuBackend } = location;
      if (cpuBackend === undefined) {
        loadAll(directory);
        if (olderGpuBackend !== undefined && backendByName('CUDA') === null) loadOne(olderGpuBackend);
      } else if (loadOne(cpuBackend) === null) {
        throw new EnvironmentError(
          `${basename(cpuBackend)} can't be loaded: this processor can't run it, or it is damaged`,
          {
            hint: 'Choose other `kernels`, or leave them out to use the best for this processor.',
          },
        );
      }
    },
    devices: deviceList(ggml, base),
    hostBufferType: base.func('void *ggml_backend_cpu_buffer_type()') as () => Pointer,
    createThreadpool: threadpoolFactory(ggml, base),
    withLog: (onLine, work) => {
      // Only while this thread is inside the library: a line from another thread would wait for this one.
      const callback = koffi.register((level: number, text: string) => {
        onLine(level, text);
      }, koffi.pointer(logCallback));
      llama.setLog(callback, null);
      try {
        return work();
      } finally {
        llama.setLog(null, null);
        koffi.unregister(callback);
      }
    },
  };
}

/** Levels of ggml's log. */
const errorLevel = 4;
const mebibyte = 1024 * 1024;

export type BufferUse = 'weights' | 'kv' | 'compute';

/** A buffer that the library has taken, as its log tells. */
export interface BufferSize {
  /** The library's name of the memory, such as `CUDA0`, or `CPU_REPACK` and `CUDA_Host` for host memory. */
  readonly memory: string;
  readonly use: BufferUse;
  readonly bytes: number;
}

const bufferUses: Readonly<Record<string, BufferUse>> = {
  model: 'weights',
  KV: 'kv',
  RS: 'kv',
  compute: 'compute',
  output: 'compute',
};

/** What the library logged during one call, for reasons and buffer sizes that its API doesn't give. */
export class LogLines {
  readonly #lines: string[] = [];
  readonly #errors: string[] = [];

  readonly add = (level: number, text: string): void => {
    const line = text.trim();
    if (line === '') return;
    this.#lines.push(line);
    if (level === errorLevel) this.#errors.push(line);
  };

  /** The library's own reason: its first error line, without the names of its functions. */
  reason(): string | undefined {
    return this.#errors[0]?.replace(/^(\w+: )+/, '').replace(/^error loading model: /, '');
  }

  /** The buffers that the lines tell of, such as `load_tensors: CUDA0 model buffer size = 136.73 MiB`. */
  bufferSizes(): readonly BufferSize[] {
    return this.#lines.flatMap((line) => {
      const [, memory = '', kind = '', mebibytes] =
        /(\S+) +(model|KV|RS|compute|output) buffer size = +([0-9.]+) MiB/.exec(line) ?? [];
      const use = bufferUses[kind];
      return use === undefined ? [] : [{ memory, use, bytes: Math.round(Number(mebibytes) * mebibyte) }];
    });
  }
}
