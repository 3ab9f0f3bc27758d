import type * as z from 'zod';
import type { Engine } from '../core/engine.ts';
import { UnknownNameError, UsageError } from '../core/errors.ts';
import { optionProblems } from '../core/engine-options.ts';
import { jsonInside } from '../core/json-inside.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { FoundModel, ModelSearch } from './model-search.ts';
import { llamaSettings } from '../core/llama-settings.ts';
import { serverSettings } from '../core/managed-server.ts';
import type { SettingTable } from '../core/settings.ts';
import { llamaMaxConcurrency, servedMaxConcurrency } from './request-pool.ts';
import { isServerAddress } from './served/server-address.ts';

/** What engines take from outside. */
export interface EngineWorld {
  /** Where keys and proxies of servers are; engines read those variables that their options name, and nothing else. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

type Options = Readonly<Record<string, unknown>>;

export interface EngineEntry {
  readonly summary: string;
  /** Weights come from a GGUF file. */
  readonly readsFile: boolean;
  /** Its `Engine` has `openPair`, known without loading it. */
  readonly opensPairs?: boolean;
  /** `Engine.maxConcurrency`, without loading the engine. */
  readonly maxConcurrency: number;
  /** What `engineOptions` of a model may hold. */
  readonly options: () => Promise<z.ZodObject>;
  /**
   * What of a model's options decides its answers; all of them by default. Models that differ in the others alone have the
   * same answers.
   */
  readonly answerOptions?: (options: Options) => Options;
  /** Finds out which model a source means, of an engine whose sources may leave that open. */
  readonly find?: (search: ModelSearch, signal: AbortSignal) => Promise<FoundModel>;
  /** Imported on first use: a missing native library concerns only those who ask for it. */
  readonly load: (world: EngineWorld) => Promise<Engine>;
}

export const engines = {
  llama: {
    summary: 'GGUF files through llama.cpp, in a separate process',
    readsFile: true,
    opensPairs: true,
    maxConcurrency: llamaMaxConcurrency,
    options: async () => (await import('./llama-cpp/llama-options.ts')).llamaOptionsSchema,
    // What computes it, and how many of its layers a GPU, is in `engineBuild`, whatever was set.
    answerOptions: ({ device: _device, gpuLayers: _layers, ...options }) => withoutSpeed(llamaSettings, options),
    load: async () => (await import('./llama-cpp/llama-engine.ts')).createLlamaEngine(),
  },
  openai: {
    summary: 'models behind an HTTP server: vLLM, SGLang, llama-server, Ollama, or a cloud endpoint',
    readsFile: false,
    maxConcurrency: servedMaxConcurrency,
    options: async () => (await import('./served/served-options.ts')).openAiOptionsSchema,
    find: async (search, signal) => (await import('./served/find-served-model.ts')).findServedModel(search, signal),
    load: async ({ environment }) => (await import('./served/openai-engine.ts')).createOpenAiEngine({ environment }),
  },
  managed: {
    summary: 'a server that perbench starts for the model, configured by `server` in a suite file',
    readsFile: false,
    maxConcurrency: servedMaxConcurrency,
    options: async () => (await import('./served/served-options.ts')).openAiOptionsSchema,
    answerOptions: ({ server, ...options }) => ({
      ...options,
      server: withoutSpeed(serverSettings, server as Options),
    }),
    load: async ({ environment }) => (await import('./served/managed-engine.ts')).createManagedEngine({ environment }),
  },
  mock: {
    summary: 'no model: answers by a hash of the prompt, for tests and demonstrations',
    readsFile: false,
    maxConcurrency: servedMaxConcurrency,
    options: async () => (await import('./mock/mock-answers.ts')).mockOptionsSchema,
    answerOptions: (options) =>
      Object.fromEntries(
        Object.entries(options).filter(([name]) => !['tokenMs', 'loadMs', 'memoryBytes'].includes(name)),
      ),
    load: async () => (await import('./mock/mock-engine.ts')).createMockEngine(),
  },
} satisfies Record<string, EngineEntry>;

/** Options without those that decide only speed, and without what is the default anyway. */
function withoutSpeed(table: SettingTable, options: Options): Options {
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => {
      const setting = table[name];
      if (setting === undefined) return true;
      const decidesAnswers = setting.decides === 'answers' || setting.decides === 'both';
      return decidesAnswers && JSON.stringify(value) !== JSON.stringify(setting.fallback);
    }),
  );
}

/** What of a model's options decides its answers: models that differ in the others alone have the same answers. */
export function answerOptions(kind: string, options: Options): Options {
  return engineEntry(kind).answerOptions?.(options) ?? options;
}

const known: Readonly<Record<string, EngineEntry>> = engines;

/** @throws {UnknownNameError} with the known names */
export function engineEntry(kind: string): EngineEntry {
  const entry = Object.hasOwn(known, kind) ? known[kind] : undefined;
  if (entry === undefined) {
    throw new UnknownNameError('engine', kind, Object.keys(known), nearestName(kind, Object.keys(known)));
  }
  return entry;
}

/** @throws {UsageError} where the engine can't answer so many requests at once; `auto` stays below by itself */
export function checkEngineConcurrency(kind: string, concurrency: number | 'auto'): void {
  const { maxConcurrency } = engineEntry(kind);
  if (concurrency === 'auto' || concurrency <= maxConcurrency) return;
  throw new UsageError(`engine ${kind} has a max concurrency of ${maxConcurrency}, got ${concurrency}`, {
    hint: 'Lower the concurrency, or set concurrency: auto.',
  });
}

/** @throws {UsageError} for options that the engine doesn't have, or of another kind */
export async function checkEngineOptions(kind: string, options: Readonly<Record<string, unknown>>): Promise<void> {
  const schema = await engineEntry(kind).options();
  const { error } = schema.safeParse(options);
  if (error !== undefined)
    throw new UsageError(`options of engine ${kind}: ${optionProblems(error, Object.keys(schema.shape))}`);
}

/**
 * @param world without it, no key is found
 * @throws {UnknownNameError} with the known names
 */
export async function openEngine(kind: string, world: EngineWorld = { environment: {} }): Promise<Engine> {
  return engineEntry(kind).load(world);
}

/**
 * The engine that a source names: an engine that reads no file stands before it, as in `openai:http://host:8000/v1#name`,
 * and the address of a server needs no more than itself.
 *
 * @param engine the engine beside the source; to one that reads no file, its source is its own
 */
export function splitEngineSource(
  text: string,
  engine: string = 'llama',
): { readonly engine: string; readonly source: string } | undefined {
  const [, prefix = '', source = ''] = /^([a-z]+):(.+)$/s.exec(text) ?? [];
  if (Object.hasOwn(known, prefix) && known[prefix]?.readsFile === false) return { engine: prefix, source };
  return engineEntry(engine).readsFile && isServerAddress(text) ? { engine: 'openai', source: text } : undefined;
}

/**
 * Options of an engine as a command line has them: text where the engine takes text, else what the text reads as.
 *
 * @throws {UnknownNameError} for an engine that there isn't
 */
export async function readEngineOptions(
  kind: string,
  texts: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, unknown>>> {
  const { shape } = await engineEntry(kind).options();
  const schemas: Readonly<Record<string, z.ZodType | undefined>> = shape;
  const entries = Object.entries(texts).map(([name, text]): [string, unknown] => [
    name,
    readOption(schemas[name], text),
  ]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** The first reading of a text that an option takes; `none` and `null` are also the default. */
export function readOption(schema: z.ZodType | undefined, text: string): unknown {
  const [, , unquoted = text] = /^(["'])(.*)\1$/s.exec(text) ?? [];
  const value = readValue(unquoted);
  const readings = [unquoted, unquoted.toLowerCase(), value];
  return schema === undefined
    ? value
    : (readings.find((each) => schema.safeParse(each).success) ?? takenDefault(schema, value));
}

/** Undefined where nothing is as good as a value; else the value, for its error. */
function takenDefault(schema: z.ZodType, value: unknown): unknown {
  return value === null && schema.safeParse(undefined).success ? undefined : value;
}

function readValue(text: string): unknown {
  if (/^true$/i.test(text)) return true;
  if (/^false$/i.test(text)) return false;
  if (/^(?:none|null)$/i.test(text)) return null;
  if (/^[{[]/.test(text)) return jsonInside(text) ?? text;
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
