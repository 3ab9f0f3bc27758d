import { existsSync } from 'node:fs';
import type { PromptStyleChoice } from '../../core/engine.ts';
import { UsageError } from '../../core/errors.ts';
import { splitOutside } from '../../core/list-parts.ts';
import { rangeText, readNumber } from '../../core/settings.ts';
import { suiteSettings } from '../../core/suite-settings.ts';
import { parseServedAddress, servedSource } from '../../engines/served/server-address.ts';
import { resolvePath, type SuiteFileWorld } from './read-suite-file.ts';

/** What `--model` and `--model-args` say together, in perbench's words. */
export interface ModelFlags {
  readonly sources: readonly string[];
  /** Options of the engine, as text. */
  readonly engineOptions: Readonly<Record<string, string>>;
  readonly style?: PromptStyleChoice;
  readonly concurrency?: number;
  /** Names of lm-eval's arguments that perbench has no use for. */
  readonly unused: readonly string[];
}

type Arguments = ReadonlyMap<string, string>;

const served = (program: string, start: string): string =>
  `Start the server with ${start} and write -m http://127.0.0.1:8000/v1, or set server: {preset: ${program}} in a suite file.`;
const ggufHint =
  'Write -m ./model.gguf or -m hf:OWNER/REPO-GGUF, or serve the model and write -m http://127.0.0.1:8000/v1.';
const vllmHint = served('vllm', 'vllm serve MODEL');
const sglangHint = served('sglang', 'python -m sglang.launch_server --model-path MODEL --port 8000');

/** lm-eval's ways to run a model from files, and what to write instead where its files aren't ours. */
const fileBackends: ReadonlyMap<string, string> = new Map([
  ...['hf', 'hf-auto', 'huggingface', 'gguf', 'ggml'].map((name): [string, string] => [name, ggufHint]),
  ['vllm', vllmHint],
  ['vllm-vlm', vllmHint],
  ['sglang', sglangHint],
  ['sglang-generate', sglangHint],
]);

/** lm-eval's ways to a provider with a protocol of its own. */
const otherBackends: ReadonlySet<string> = new Set([
  'azure-openai-chat-completions',
  'litellm',
  'litellm-chat-completions',
  'textsynth',
  'watsonx_llm',
]);

const providerHint =
  'Write openai:ADDRESS#NAME with the address at which the provider speaks the OpenAI protocol; see docs/serving.md for its key.';

const openAiUrl = 'https://api.openai.com/v1';

/** lm-eval's ways to ask a server, with the prompts that each sends and the address where none is given. */
const serverBackends: ReadonlyMap<string, { readonly style: PromptStyleChoice; readonly baseUrl?: string }> = new Map([
  ['local-completions', { style: 'base' }],
  ['local-chat-completions', { style: 'instruct' }],
  ['openai-completions', { style: 'base', baseUrl: openAiUrl }],
  ['openai-chat-completions', { style: 'instruct', baseUrl: openAiUrl }],
]);

/** Arguments of lm-eval's models that the server decides here, or perbench by itself. */
const unusedArguments: ReadonlySet<string> = new Set([
  'add_bos_token',
  'attn_implementation',
  'auth_token',
  'batch_size',
  'ca_cert_path',
  'custom_prefix_token_id',
  'data_parallel_size',
  'device_map',
  'dtype',
  'enforce_eager',
  'eos_string',
  'gpu_memory_utilization',
  'load_in_4bit',
  'load_in_8bit',
  'max_batch_size',
  'max_gen_toks',
  'max_images',
  'max_model_len',
  'max_retries',
  'parallelize',
  'revision',
  'seed',
  'swap_space',
  'tensor_parallel_size',
  'timeout',
  'tokenized_requests',
  'tokenizer',
  'tokenizer_backend',
  'truncate',
  'trust_remote_code',
  'use_fast_tokenizer',
  'verify_certificate',
]);

/**
 * Reads the models of flags: several joined by commas, and lm-eval's `--model hf --model_args pretrained=x` and
 * `--model local-completions --model_args base_url=x,model=y`.
 *
 * @param parts `key=value` each
 * @throws {UsageError} for a part without `=`, and a server without an address
 */
export function readModelFlags(models: readonly string[], parts: readonly string[], world: SuiteFileWorld): ModelFlags {
  const names = models.flatMap((model) => splitNames(model, world));
  const given = readArguments(parts);
  const backend = names.find((name) => serverBackends.has(name));
  const { style, baseUrl: usual } = serverBackends.get(backend ?? '') ?? {};
  const baseUrl = given.get('base_url') ?? usual;
  const other = names.find((name) => isForeignBackend(name, world));
  if (backend === undefined && given.has('base_url') && other !== undefined) {
    throw new UsageError(
      `--model ${other} with base_url is lm-eval's way to ask a provider, which perbench doesn't have`,
      {
        hint: providerHint,
      },
    );
  }
  if (baseUrl !== undefined) return servedModel(names, given, baseUrl, style);
  if (backend !== undefined) {
    throw new UsageError(`--model ${backend} needs the address of the server`, {
      hint: 'Write --model-args base_url=http://127.0.0.1:8000/v1,model=NAME, or -m http://127.0.0.1:8000/v1 alone.',
    });
  }
  return fileModel(names, given, world);
}

/** Whether a name is neither a known backend nor a source: lm-eval has backends of many names. */
function isForeignBackend(name: string, { workingFolder, homeFolder }: SuiteFileWorld): boolean {
  const isKnown = serverBackends.has(name) || fileBackends.has(name);
  return !isKnown && /^[\w-]+$/.test(name) && !existsSync(resolvePath(name, workingFolder, homeFolder));
}

/** Models from files: lm-eval's backends stand for one beside `pretrained=`. */
function fileModel(names: readonly string[], given: Arguments, world: SuiteFileWorld): ModelFlags {
  const { pretrained, path, ...rest } = Object.fromEntries(given);
  const source = path ?? pretrained;
  const isThere = (name: string): boolean => existsSync(resolvePath(name, world.workingFolder, world.homeFolder));
  const backend = names.find((name) => fileBackends.has(name) || otherBackends.has(name));
  if (backend === undefined && source === undefined) return { sources: names, engineOptions: rest, unused: [] };
  if (backend !== undefined && (source === undefined || !isOwnSource(backend, source, isThere))) {
    throw new UsageError(
      `--model ${backend} is lm-eval's way to run ${source ?? 'a model'}, which perbench doesn't have`,
      {
        hint: fileBackends.get(backend) ?? providerHint,
      },
    );
  }
  const options = Object.entries(rest).filter(([name]) => !unusedArguments.has(name));
  return {
    sources: [...names.filter((name) => name !== backend), ...(source === undefined ? [] : [source])],
    engineOptions: Object.fromEntries(options),
    unused: Object.keys(rest).filter((name) => unusedArguments.has(name)),
  };
}

/** Whether a source is one of perbench's: what other programs load are repositories of other weights. */
function isOwnSource(backend: string, source: string, isThere: (name: string) => boolean): boolean {
  if (/\.gguf$/i.test(source) || /^[a-z]+:/i.test(source) || /^\.{0,2}\//.test(source) || isThere(source)) return true;
  return fileBackends.get(backend) === ggufHint && !/^[\w.-]+\/[\w.-]+$/.test(source);
}

function servedModel(
  names: readonly string[],
  given: Arguments,
  baseUrl: string,
  style: PromptStyleChoice | undefined,
): ModelFlags {
  const {
    base_url: _,
    model,
    pretrained,
    max_length: contextTokens,
    num_concurrent,
    header,
    ...rest
  } = Object.fromEntries(given);
  const servedName = model ?? pretrained;
  const source = servedName === undefined ? baseUrl : servedSource({ ...parseServedAddress(baseUrl), servedName });
  const options = Object.entries(rest).filter(([name]) => !unusedArguments.has(name));
  return {
    sources: [...names.filter((name) => !serverBackends.has(name) && !fileBackends.has(name)), `openai:${source}`],
    engineOptions: {
      ...Object.fromEntries(options),
      ...(contextTokens !== undefined && { contextTokens }),
      ...(header !== undefined && { headers: header }),
    },
    ...(style !== undefined && { style }),
    ...(num_concurrent !== undefined && { concurrency: readConcurrency(num_concurrent) }),
    unused: Object.keys(rest).filter((name) => unusedArguments.has(name)),
  };
}

function readConcurrency(text: string): number {
  const { range } = suiteSettings.concurrency.form;
  const value = readNumber(text, range);
  if (value !== undefined) return value;
  throw new UsageError(`--model-args: num_concurrent: expected ${rangeText(range)}, got "${text}"`);
}

/** `a,b,c` means three models, unless a file has that very name. */
function splitNames(text: string, { workingFolder, homeFolder }: SuiteFileWorld): readonly string[] {
  // A file with a checksum is one model, whatever its address holds.
  if (!text.includes(',') || text.includes('#sha256=') || existsSync(resolvePath(text, workingFolder, homeFolder)))
    return [existsSync(resolvePath(text, workingFolder, homeFolder)) ? text : text.trim()];
  const names = splitOutside(text).filter((name) => name !== '');
  if (names.length > 0) return names;
  throw new UsageError(`--model: expected models joined by commas, got "${text}"`, {
    hint: 'Name a model, or repeat -m.',
  });
}

function readArguments(parts: readonly string[]): Arguments {
  return new Map(
    parts.map((part): [string, string] => {
      const equals = part.indexOf('=');
      if (equals >= 1) return [part.slice(0, equals), part.slice(equals + 1)];
      throw new UsageError(`--model-args: expected key=value, got "${part}"`, {
        hint: 'Write --model-args pretrained=./model.gguf or an option of the engine.',
      });
    }),
  );
}
