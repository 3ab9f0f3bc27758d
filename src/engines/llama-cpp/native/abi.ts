import koffi from 'koffi';
import { EnvironmentError } from '../../../core/errors.ts';
import type { NativeLibrary, ParamsRecord } from './library.ts';

/*
 * Layouts of llama.h and ggml.h in llama.cpp v0.5.0. A wrong one would read or write beside the struct, so abi-guard.ts
 * compares the defaults that the library fills in with the values that they are known to have.
 */

const modelParams = koffi.struct('perbench_model_params', {
  devices: 'void *',
  tensor_buft_overrides: 'void *',
  n_gpu_layers: 'int32_t',
  split_mode: 'int32_t',
  load_mode: 'int32_t',
  lazy_mode: 'int32_t',
  main_gpu: 'int32_t',
  tensor_split: 'void *',
  progress_callback: 'void *',
  progress_callback_user_data: 'void *',
  kv_overrides: 'void *',
  vocab_only: 'bool',
  check_tensors: 'bool',
  use_extra_bufts: 'bool',
  no_host: 'bool',
  no_alloc: 'bool',
  load_mtp: 'bool',
});

export const contextParams = koffi.struct('perbench_context_params', {
  n_ctx: 'uint32_t',
  n_batch: 'uint32_t',
  n_ubatch: 'uint32_t',
  n_seq_max: 'uint32_t',
  n_rs_seq: 'uint32_t',
  n_outputs_max: 'uint32_t',
  n_outputs_max_per_seq: 'uint32_t',
  n_threads: 'int32_t',
  n_threads_batch: 'int32_t',
  ctx_type: 'int32_t',
  rope_scaling_type: 'int32_t',
  pooling_type: 'int32_t',
  attention_type: 'int32_t',
  flash_attn_type: 'int32_t',
  rope_freq_base: 'float',
  rope_freq_scale: 'float',
  yarn_ext_factor: 'float',
  yarn_attn_factor: 'float',
  yarn_beta_fast: 'float',
  yarn_beta_slow: 'float',
  yarn_orig_ctx: 'uint32_t',
  defrag_thold: 'float',
  cb_eval: 'void *',
  cb_eval_user_data: 'void *',
  type_k: 'int32_t',
  type_v: 'int32_t',
  abort_callback: 'void *',
  abort_callback_data: 'void *',
  embeddings: 'bool',
  offload_kqv: 'bool',
  no_perf: 'bool',
  op_offload: 'bool',
  swa_full: 'bool',
  kv_unified: 'bool',
  samplers: 'void *',
  n_samplers: 'size_t',
  ctx_other: 'void *',
});

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

export const logCallback = koffi.proto('void perbench_log(int level, const char *text, void *user_data)');

/** What `llama_version()` says in the release that the struct layouts belong to. */
const pinnedLlamaVersion = '0.5.0-dev';

/** Defaults of that release, spread from the first member to the last, so that a shift anywhere shows. */
const modelDefaults: ParamsRecord = {
  devices: null,
  n_gpu_layers: -1,
  split_mode: 1,
  load_mode: -1,
  lazy_mode: 1,
  main_gpu: 0,
  kv_overrides: null,
  vocab_only: false,
  check_tensors: false,
  use_extra_bufts: true,
  no_host: false,
  no_alloc: false,
  load_mtp: false,
};

const contextDefaults: ParamsRecord = {
  n_ctx: 512,
  n_batch: 2048,
  n_ubatch: 512,
  n_seq_max: 1,
  n_rs_seq: 0,
  n_outputs_max: 0,
  n_outputs_max_per_seq: 1,
  n_threads: 4,
  n_threads_batch: 4,
  rope_scaling_type: -1,
  pooling_type: -1,
  attention_type: -1,
  flash_attn_type: -1,
  yarn_ext_factor: -1,
  yarn_beta_slow: -1,
  yarn_orig_ctx: 0,
  defrag_thold: -1,
  cb_eval: null,
  type_k: 1,
  type_v: 1,
  abort_callback: null,
  embeddings: false,
  offload_kqv: true,
  no_perf: true,
  op_offload: true,
  swa_full: true,
  kv_unified: false,
  samplers: null,
  n_samplers: 0,
  ctx_other: null,
};

/** Sizes that the C compiler gives the two structs on every 64-bit platform. */
const structBytes = { model: 72 + 8, context: 160 };

function firstDifference(expected: ParamsRecord, actual: ParamsRecord): string | undefined {
  for (const [member, value] of Object.entries(expected)) {
    const got = actual[member];
    if (got !== value && !(value === null && got === 0n))
      return `${member} is ${String(got)}, expected ${String(value)}`;
  }
  return undefined;
}

/**
 * Refuses a library whose structs aren't the ones that are declared here.
 *
 * @throws {EnvironmentError} if the version differs, or a default parameter decodes to another value
 */
export function checkAbi(library: Pick<NativeLibrary, 'llama'>, packageName: string): void {
  const refuse = (what: string): never => {
    throw new EnvironmentError(`the llama.cpp library in ${packageName} isn't the one perbench knows: ${what}`, {
      hint: `Reinstall with \`npm install ${packageName} --save-exact\` at the version that perbench's package.json names.`,
    });
  };
  const version = library.llama.version();
  if (version !== pinnedLlamaVersion) refuse(`its version is ${version}, expected ${pinnedLlamaVersion}`);
  const sizes = { model: koffi.sizeof(modelParams), context: koffi.sizeof(contextParams) };
  if (sizes.model !== structBytes.model || sizes.context !== structBytes.context) {
    refuse(`parameter structs take ${sizes.model} and ${sizes.context} bytes here`);
  }
  const model = firstDifference(modelDefaults, library.llama.modelDefaultParams());
  if (model !== undefined) refuse(`llama_model_params.${model}`);
  const context = firstDifference(contextDefaults, library.llama.contextDefaultParams());
  if (context !== undefined) refuse(`llama_context_params.${context}`);
}
