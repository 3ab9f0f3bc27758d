import type { Cell } from '../../core/cell.ts';
import { parseEngineOptions } from '../../core/engine-options.ts';
import type { Thinking } from '../../core/engine.ts';
import { ModelError, UsageError } from '../../core/errors.ts';
import type { LlamaOptions } from '../../core/llama-settings.ts';
import { isFileServer, type ManagedServer } from '../../core/managed-server.ts';
import type { ModelFacts } from '../../core/manifest.ts';
import { knownMeasurement } from '../../core/measurement.ts';
import { nearestName } from '../../core/nearest-name.ts';
import type { RunRecord, Store } from '../../core/store.ts';
import type { ModelEntry } from '../../core/suite.ts';
import { valueWithoutSecrets } from '../../core/without-secrets.ts';
import { llamaOptionsSchema } from '../../engines/llama-cpp/llama-options.ts';
import type { ModelRequest } from '../../sources/model-request.ts';
import { describeSource } from '../../sources/model-source.ts';
import { modelSha256 } from '../../gguf/gguf-file.ts';
import { fileSha256 } from '../../sources/file-sha256.ts';
import { type LocatedModel, resolveModel } from '../../sources/resolve-model.ts';
import type { SourceSettings } from '../../sources/source-settings.ts';
import { chatSettingOf, type NamedModel, nameModel } from '../prepare-models.ts';
import { engineOf, entryOf } from '../setting-differences.ts';

/** A GGUF file that a server is given. */
export interface ServedFile {
  /** Where it is on this machine, or was; where it was never a file of the user's, its name alone. */
  readonly path: string;
  /** With the other parts of a split model. */
  readonly files: readonly string[];
  readonly isHere: boolean;
  readonly source: string;
  readonly sha256: string | undefined;
}

/** Everything that decided how a model ran, as far as a server can be told. */
export interface MeasuredSetup {
  readonly run: RunRecord;
  readonly model: string;
  readonly facts: ModelFacts;
  readonly entry: ModelEntry;
  readonly cells: readonly Cell[];
  readonly engine: 'llama' | 'managed' | 'openai';
  /** Undefined where the server fetches the model by a name. */
  readonly file: ServedFile | undefined;
  /** That name, or what the running server called it. */
  readonly servedSource: string;
  /** That name, where it is the path of a folder of this machine. */
  readonly folder: string | undefined;
  readonly draft: ServedFile | undefined;
  /** Of the llama engine. */
  readonly options: LlamaOptions | undefined;
  /** Of a server that perbench started. */
  readonly server: ManagedServer | undefined;
  /** Tokens of one sequence; undefined where the server had its own. */
  readonly contextTokens: number | undefined;
  /** Nobody set them: they are what the longest item took. */
  readonly isContextFromItems: boolean;
  /** Requests at once; undefined where nobody knows. */
  readonly sequences: number | undefined;
  readonly thinking: Thinking | undefined;
  readonly templateArgs: Readonly<Record<string, unknown>>;
  readonly longest: LongestItem;
  /** The highest peak; undefined where it wasn't measured. */
  readonly memoryBytes: number | undefined;
  readonly isOnGpu: boolean;
}

/** The most tokens of any item. */
export interface LongestItem {
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** llama.cpp rounds contexts up to so many tokens. */
const contextStep = 256;

async function longestItem(store: Pick<Store, 'samples'>, cells: readonly Cell[]): Promise<LongestItem> {
  let [promptTokens, outputTokens] = [0, 0];
  for (const { id } of cells) {
    for await (const sample of store.samples(id)) {
      promptTokens = Math.max(promptTokens, sample.promptTokens ?? 0);
      outputTokens = Math.max(outputTokens, sample.outputTokens ?? 0);
    }
  }
  return { promptTokens, outputTokens };
}

/** Reads files whose checksum isn't remembered: they may have changed since. */
async function sha256Of({ sha256, files }: LocatedModel, cacheDir: string, signal?: AbortSignal): Promise<string> {
  if (sha256 !== undefined) return sha256;
  const parts: string[] = [];
  for (const file of files) parts.push(await fileSha256(file, cacheDir, { signal }));
  return modelSha256(parts);
}

/** @throws {ModelError} if the file that is here isn't the one that was measured */
async function servedFile(
  request: ModelRequest,
  measured: { readonly fileSha256: string | undefined },
  settings: SourceSettings,
  signal?: AbortSignal,
): Promise<ServedFile> {
  const located = await resolveModel(request, settings);
  const source = describeSource(located?.source ?? request.sources[0]);
  const sha256 = measured.fileSha256;
  if (located === undefined) {
    const [first] = request.sources;
    const path = first.kind === 'file' ? first.path : `${request.name}.gguf`;
    return { path, files: [path], isHere: false, source: request.entry?.name ?? source, sha256 };
  }
  const found = sha256 === undefined ? undefined : await sha256Of(located, settings.cacheDir, signal);
  if (found !== sha256) {
    throw new ModelError(`${located.path} isn't the file that was measured: its sha256 is ${found}, not ${sha256}`, {
      hint: 'Put the measured file back, or measure this one.',
    });
  }
  return { path: located.path, files: located.files, isHere: true, source, sha256 };
}

interface FoundModel {
  readonly facts: ModelFacts;
  readonly entry: ModelEntry;
  readonly named: NamedModel;
}

/** @throws {UsageError} if the run doesn't say how the model was run */
function findModel(run: RunRecord, model: string): FoundModel {
  const { manifest, suite, id } = run;
  const facts = manifest.models[model];
  if (facts === undefined) {
    const near = nearestName(model, Object.keys(manifest.models));
    throw new UsageError(`run ${id} has no model "${model}"; it has ${Object.keys(manifest.models).join(', ')}`, {
      hint: near === undefined ? undefined : `Did you mean "${near}"?`,
    });
  }
  const entry = entryOf(suite, model);
  if (manifest.imported !== undefined || entry === undefined) {
    const by = manifest.imported === undefined ? '' : ` by ${manifest.imported.tool}`;
    throw new UsageError(`${model} was measured elsewhere${by}: how it was run isn't known`, {
      hint: 'Measure it with perbench run first.',
    });
  }
  return { facts, entry, named: nameModel(entry, '/') };
}

const servableEngines = ['llama', 'managed', 'openai'] as const;

function servableEngine({ name, engine }: NamedModel): MeasuredSetup['engine'] {
  const found = servableEngines.find((each) => each === engine);
  if (found !== undefined) return found;
  throw new UsageError(`${name} was run by the engine ${engine}, which no server stands for`, {
    hint: 'Measure a model that can be served: a GGUF file, or one with a server.',
  });
}

/** Whether a server stands for how a model of a run was run, as far as the run tells. */
export function isServable(run: RunRecord, model: string): boolean {
  const { imported, models } = run.manifest;
  const engine = imported === undefined && models[model] !== undefined ? engineOf({ run, model }) : undefined;
  return servableEngines.some((each) => each === engine);
}

function sequencesOf({ server }: ModelEntry, { suite }: RunRecord, cells: readonly Cell[]): number | undefined {
  if (server?.sequences !== undefined) return server.sequences;
  if (suite.concurrency !== 'auto') return suite.concurrency;
  const found = cells.flatMap(({ measurements }) => knownMeasurement(measurements.concurrency)?.value ?? []);
  return found.length === 0 ? undefined : Math.round(Math.max(...found));
}

function isOnGpu(
  { devices = [] }: ModelFacts,
  { manifest: { host } }: RunRecord,
  engine: string,
  server?: ManagedServer,
): boolean {
  if (engine === 'llama') return devices.some((device) => !device.startsWith('CPU'));
  return host.gpus.length > 0 || server?.preset === 'vllm' || server?.preset === 'sglang';
}

/**
 * How a model of a run was run.
 *
 * @throws {UsageError} if the run doesn't have the model or doesn't know, or nothing can serve it
 * @throws {ModelError} if its file isn't the one that was measured any more
 */
export async function measuredSetup(
  store: Pick<Store, 'cells' | 'samples'>,
  run: RunRecord,
  model: string,
  settings: SourceSettings,
  signal?: AbortSignal,
): Promise<MeasuredSetup> {
  const { facts, entry, named } = findModel(run, model);
  const engine = servableEngine(named);
  const cells = (await store.cells(run.id)).filter((cell) => cell.model === model);
  const { server } = valueWithoutSecrets(entry);
  const hasFile = engine === 'llama' || (server !== undefined && isFileServer(server));
  const file =
    hasFile && named.request !== undefined ? await servedFile(named.request, facts, settings, signal) : undefined;
  const draft =
    named.draft === undefined
      ? undefined
      : await servedFile(named.draft, facts.draftFile ?? { fileSha256: undefined }, settings, signal);
  const { draft: _, ...ownOptions } = named.engineOptions;
  const options =
    engine === 'llama'
      ? parseEngineOptions(llamaOptionsSchema, 'llama', { name: model, engineOptions: ownOptions })
      : undefined;
  const longest = await longestItem(store, cells);
  const set = options?.contextTokens ?? server?.contextTokens ?? run.suite.contextTokens;
  const needed = Math.ceil((longest.promptTokens + longest.outputTokens) / contextStep) * contextStep;
  const isContextFromItems = set === undefined && engine === 'llama' && needed > 0;
  const isChat = engine === 'llama' && file?.isHere === true && facts.promptStyle !== 'plain';
  const chat = isChat ? await chatSettingOf(named, file.path) : undefined;
  const peaks = cells.flatMap(({ measurements }) => knownMeasurement(measurements.memory)?.value ?? []);
  return {
    run,
    model,
    facts,
    entry,
    cells,
    engine,
    file,
    servedSource: named.source,
    folder: engine === 'managed' && !hasFile && /^(?:\/|\.{1,2}\/)/u.test(named.source) ? named.source : undefined,
    draft,
    options,
    server,
    contextTokens: isContextFromItems ? needed : set,
    isContextFromItems,
    sequences: sequencesOf(entry, run, cells),
    thinking: facts.thinking ?? chat?.plan.thinking,
    templateArgs: chat?.plan.templateArgs ?? entry.templateArgs ?? {},
    longest,
    memoryBytes: peaks.length === 0 ? undefined : Math.max(...peaks),
    isOnGpu: isOnGpu(facts, run, engine, server),
  };
}
