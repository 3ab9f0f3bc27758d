import koffi, { type TypeObject } from 'koffi';
import { EnvironmentError } from '../../../core/errors.ts';

/*
 * Layouts of llama.h and ggml.h in llama.cpp v0.5.0. A wrong one would read or write beside the struct, so checkAbi
 * compares the defaults that the library fills in with the values that they are known to have.
 */

export type Pointer = bigint;
export type ParamsRecord = Record<string, number | boolean | Pointer | null>;

/** Members of a struct in its order: the type, and the default that the library is known to give, where it's looked at. */
type Members = Readonly<Record<string, readonly [type: string, fallback?: number | boolean | null]>>;

const modelMembers: Members = {
  devices: ['void *', null],
  tensor_buft_overrides: ['void *'],
  n_gpu_layers: ['int32_t', -1],
  split_mode: ['int32_t', 1],
  load_mode: ['int32_t', -1],
  lazy_mode: ['int32_t', 1],
  main_gpu: ['int32_t', 0],
  tensor_split: ['void *'],
  progress_callback: ['void *'],
  progress_callback_user_data: ['void *'],
  kv_overrides: ['void *', null],
  vocab_only: ['bool', false],
  check_tensors: ['bool', false],
  use_extra_bufts: ['bool', true],
  no_host: ['bool', false],
  no_alloc: ['bool', false],
  load_mtp: ['bool', false],
};

const contextMembers: Members = {
  n_ctx: ['uint32_t', 512],
  n_batch: ['uint32_t', 2048],
  n_ubatch: ['uint32_t', 512],
  n_seq_max: ['uint32_t', 1],
  n_rs_seq: ['uint32_t', 0],
  n_outputs_max: ['uint32_t', 0],
  n_outputs_max_per_seq: ['uint32_t', 1],
  n_threads: ['int32_t', 4],
  n_threads_batch: ['int32_t', 4],
  ctx_type: ['int32_t'],
  rope_scaling_type: ['int32_t', -1],
  pooling_type: ['int32_t', -1],
  attention_type: ['int32_t', -1],
  flash_attn_type: ['int32_t', -1],
  rope_freq_base: ['float'],
  rope_freq_scale: ['float'],
  yarn_ext_factor: ['float', -1],
  yarn_attn_factor: ['float'],
  yarn_beta_fast: ['float'],
  yarn_beta_slow: ['float', -1],
  yarn_orig_ctx: ['uint32_t', 0],
  defrag_thold: ['float', -1],
  cb_eval: ['void *', null],
  cb_eval_user_data: ['void *'],
  type_k: ['int32_t', 1],
  type_v: ['int32_t', 1],
  abort_callback: ['void *', null],
  abort_callback_data: ['void *'],
  embeddings: ['bool', false],
  offload_kqv: ['bool', true],
  no_perf: ['bool', true],
  op_offload: ['bool', true],
  swa_full: ['bool', true],
  kv_unified: ['bool', false],
  samplers: ['void *', null],
  n_samplers: ['size_t', 0],
  ctx_other: ['void *', null],
};

function struct(name: string, members: Members): TypeObject {
  return koffi.struct(name, Object.fromEntries(Object.entries(members).map(([member, [type]]) => [member, type])));
}

const modelParams = struct('perbench_model_params', modelMembers);
export const contextParams = struct('perbench_context_params', contextMembers);

koffi.struct('perbench_batch', {
  n_tokens: 'int32_t',
  token: 'void *',
  embd: 'void *',
  pos: 'void *',
  n_seq_id: 'void *',
  seq_id: 'void *',
  logits: 'void *',
});

koffi.struct('perbench_threadpool_params', {
  cpumask: koffi.array('bool', 512),
  n_threads: 'int',
  prio: 'int',
  poll: 'uint32_t',
  strict_cpu: 'bool',
  paused: 'bool',
});

/** Memory that the library reads and writes too. */
export interface Block {
  readonly pointer: Pointer;
  readonly memory: ArrayBuffer;
}

export function allocate(type: string, bytesEach: number, count: number): Block {
  const pointer: Pointer = koffi.address(koffi.alloc(type, count));
  return { pointer, memory: koffi.view(pointer, bytesEach * count) };
}

export const logCallback = koffi.proto('void perbench_log(int level, const char *text, void *user_data)');

/** What `llama_version()` says in the release that the struct layouts belong to. */
const pinnedLlamaVersion = '0.5.0-dev';

/** Sizes that the C compiler gives the two structs on every 64-bit platform. */
const structBytes = { model: 72 + 8, context: 160 };

function firstDifference(expected: Members, actual: ParamsRecord): string | undefined {
  for (const [member, [, value]] of Object.entries(expected)) {
    if (value === undefined) continue;
    const got = actual[member];
    if (got !== value && !(value === null && got === 0n))
      return `${member} is ${String(got)}, expected ${String(value)}`;
  }
  return undefined;
}

/** What is asked of a library before anything else is called. */
export interface AbiWitness {
  version(): string;
  modelDefaultParams(): ParamsRecord;
  contextDefaultParams(): ParamsRecord;
}

/**
 * Refuses a library whose structs aren't the ones that are declared here.
 *
 * @throws {EnvironmentError} if the version differs, or a default parameter decodes to another value
 */
export function checkAbi(library: { readonly llama: AbiWitness }, packageName: string): void {
  const refuse = (what: string): never => {
    throw new EnvironmentError(`unsupported llama.cpp library in ${packageName}: ${what}`, {
      hint: `Reinstall with \`npm install ${packageName} --save-exact\` at the version that perbench's package.json names.`,
    });
  };
  const version = library.llama.version();
  if (version !== pinnedLlamaVersion) refuse(`its version is ${version}, expected ${pinnedLlamaVersion}`);
  const sizes = { model: koffi.sizeof(modelParams), context: koffi.sizeof(contextParams) };
  if (sizes.model !== structBytes.model || sizes.context !== structBytes.context) {
    refuse(`parameter structs take ${sizes.model} and ${sizes.context} bytes here`);
  }
  const model = firstDifference(modelMembers, library.llama.modelDefaultParams());
  if (model !== undefined) refuse(`llama_model_params.${model}`);
  const context = firstDifference(contextMembers, library.llama.contextDefaultParams());
  if (context !== undefined) refuse(`llama_context_params.${context}`);
}
