import koffi from 'koffi';
import { EnvironmentError } from '../../../core/errors.ts';
import type { NativeLibrary, ParamsRecord } from './library.ts';
import { contextParams, modelParams } from './structs.ts';

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
