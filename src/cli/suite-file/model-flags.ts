import { existsSync } from 'node:fs';
import type { PromptStyleChoice } from '../../core/engine.ts';
import { UsageError } from '../../core/errors.ts';
import { listParts } from '../../core/list-parts.ts';
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

/** lm-eval's ways to run a model from files: with `pretrained=` they name no model of ours. */
const fileBackends: ReadonlySet<string> = new Set(['hf', 'hf-auto', 'huggingface', 'gguf', 'ggml', 'vllm', 'sglang']);

const openAiUrl = 'https://api.openai.com/v1';

/** lm-eval's ways to ask a server, with the prompts that each sends and the address where none is given. */
const serverBackends: ReadonlyMap<string, { readonly style: PromptStyleChoice; readonly baseUrl?: string }> = new Map([
  ['local-completions', { style: 'base' }],
  ['local-chat-completions', { style: 'instruct' }],
  ['openai-completions', { style: 'base', baseUrl: openAiUrl }],
  ['openai-chat-completions', { style: 'instruct', baseUrl: openAiUrl }],
]);

/** Arguments of lm-eval's servers that the server decides here, or perbench by itself. */
const unusedArguments: ReadonlySet<string> = new Set([
  'add_bos_token',
  'auth_token',
  'batch_size',
  'ca_cert_path',
  'custom_prefix_token_id',
  'eos_string',
  'header',
  'max_batch_size',
  'max_gen_toks',
  'max_images',
  'max_retries',
  'revision',
  'seed',
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
  if (baseUrl !== undefined) return servedModel(names, given, baseUrl, style);
  if (backend !== undefined) {
    throw new UsageError(`--model ${backend} needs the address of the server`, {
      hint: 'Write --model-args base_url=http://127.0.0.1:8000/v1,model=NAME, or -m http://127.0.0.1:8000/v1 alone.',
    });
  }
  const { pretrained, path, ...engineOptions } = Object.fromEntries(given);
  const source = path ?? pretrained;
  const sources = source === undefined ? names : [...names.filter((name) => !fileBackends.has(name)), source];
  return { sources, engineOptions, unused: [] };
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
    ...rest
  } = Object.fromEntries(given);
  const servedName = model ?? pretrained;
  const source = servedName === undefined ? baseUrl : servedSource({ ...parseServedAddress(baseUrl), servedName });
  const options = Object.entries(rest).filter(([name]) => !unusedArguments.has(name));
  return {
    sources: [...names.filter((name) => !serverBackends.has(name) && !fileBackends.has(name)), `openai:${source}`],
    engineOptions: { ...Object.fromEntries(options), ...(contextTokens !== undefined && { contextTokens }) },
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
    return [text];
  const names = listParts(text);
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
