import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ModelSpec, PromptStyleChoice, ThinkingChoice } from '../core/engine.ts';
import { askedBudget, type ModelSetting, settingSuffix } from '../core/model-setting.ts';
import { UsageError } from '../core/errors.ts';
import { parseEngineOptions } from '../core/engine-options.ts';
import { type LaunchFacts, type ModelFacts, noLaunchFacts } from '../core/manifest.ts';
import {
  answerOptions,
  checkEngineConcurrency,
  checkEngineOptions,
  engineEntry,
  splitEngineSource,
} from '../engines/index.ts';
import type { ChatSetting } from '../engines/llama-cpp/chat-setting.ts';
import { readModelHeader } from '../gguf/gguf-kind.ts';
import { provenanceOf } from '../gguf/provenance.ts';
import { saidByArguments } from '../engines/served/said-thinking.ts';
import { servedNameIn } from '../engines/served/server-address.ts';
import { modelEntry, type Suite } from '../core/suite.ts';
import type { PlannedModel } from '../run/plan.ts';
import { type ModelRequest, parseModelRequest } from '../sources/model-request.ts';
import { describeSource } from '../sources/model-source.ts';
import { findModel } from '../sources/find-model.ts';
import { pullModel } from '../sources/pull-model.ts';
import type { LocalContext } from './local-context.ts';
import { isFileServer, type ManagedServer } from '../core/managed-server.ts';
import { findCatalogueEntry } from '../sources/catalogue.ts';

type ModelEntry = Suite['models'][number];
type WrittenModel = ReturnType<typeof modelEntry>;

/** How a model is asked, whatever engine runs it; the same weights under two settings are two models. */
export function settingOf({
  thinking,
  templateArgs,
  structuredOutput,
}: Pick<WrittenModel, keyof ModelSetting>): ModelSetting {
  return {
    ...(thinking !== undefined && { thinking: thinking satisfies ThinkingChoice }),
    ...(templateArgs !== undefined && { templateArgs }),
    ...(structuredOutput === true && { structuredOutput }),
  };
}

/** A model of a suite, its short form written out. */
export interface NamedModel {
  readonly name: string;
  readonly source: string;
  readonly style: PromptStyleChoice;
  readonly engine: string;
  readonly engineOptions: Readonly<Record<string, unknown>>;
  /** What of its answers is set beside: undefined where nothing is. */
  readonly setting: ModelSetting;
  /** Undefined for engines that read no file. */
  readonly request: ModelRequest | undefined;
  /** Where the model that drafts for it comes from; absent where none does. */
  readonly draft?: ModelRequest | undefined;
}

/** The name of a model at a server that wasn't asked; stored runs have it, so it stays what it is. */
function servedName(source: string): string {
  // Servers like to call a model by its path.
  return servedNameIn(source)?.split('/').at(-1) ?? source;
}

/** The engine that runs a model of a suite. */
export function engineOfEntry({ source, engine, server }: Pick<WrittenModel, 'source' | 'engine' | 'server'>): string {
  return server === undefined ? (splitEngineSource(source, engine)?.engine ?? engine) : 'managed';
}

/**
 * @throws {UsageError | UnknownNameError} for a source that can't be read
 */
export function nameModel(entry: ModelEntry, workingFolder: string): NamedModel {
  const written = modelEntry(entry);
  if (written.server !== undefined) return nameManagedModel(written, written.server, workingFolder);
  const { style, engineOptions, name } = written;
  const { engine, source } = splitEngineSource(written.source, written.engine) ?? written;
  const request = engineEntry(engine).readsFile ? parseModelRequest(source, workingFolder) : undefined;
  const setting = settingOf(written);
  return {
    name: name ?? (request?.name ?? servedName(source)) + settingSuffix(setting),
    source,
    style: style === 'auto' ? (request?.entry?.promptStyle ?? style) : style,
    engine,
    engineOptions: withPaths(engineOptions, workingFolder),
    setting,
    request,
    draft: engine === 'llama' ? draftRequest(engineOptions, workingFolder) : undefined,
  };
}

function draftRequest({ draft }: ModelSpec['engineOptions'], workingFolder: string): ModelRequest | undefined {
  return typeof draft === 'string' && draft !== 'none' ? parseModelRequest(draft, workingFolder) : undefined;
}

/** Options that name a file, from the folder that sources are named from. */
function withPaths(options: ModelSpec['engineOptions'], workingFolder: string): ModelSpec['engineOptions'] {
  const { chatTemplate } = options;
  return typeof chatTemplate === 'string'
    ? { ...options, chatTemplate: resolve(workingFolder, chatTemplate) }
    : options;
}

/** Fewer arrivals have no time between them that a rate could be taken from. */
const leastArrivals = 3;

/** @throws {UsageError} if an open loop has hardly a request in its window */
function checkLoad({ requestRate, windowSeconds }: Suite): void {
  if (requestRate === undefined || requestRate * windowSeconds >= leastArrivals) return;
  throw new UsageError(`${requestRate} requests per second are too few for a window of ${windowSeconds} s`, {
    hint: `Set windowSeconds to ${Math.ceil(leastArrivals / requestRate)} or more, or raise requestRate.`,
  });
}

/** @throws {UsageError} if items that are asked in one go are to be split */
function checkShards({ shards, protocol, decide }: Suite): void {
  const isWhole = protocol === 'paper' || decide !== undefined;
  if (!isWhole || !(shards > 1)) return;
  const why =
    decide === undefined
      ? 'the paper protocol takes its times from whole passes'
      : 'a question is answered item by item';
  throw new UsageError(`shards: ${shards} can't be had here: ${why}`, { hint: 'Leave out shards.' });
}

/** @throws {UsageError} if there is nothing to take a loss against */
function checkLoss({ loss, models }: Suite): void {
  if (!loss) return;
  if (models.length < 2) {
    throw new UsageError('loss is that of a model against another, and the suite has one model', {
      hint: 'Add a model, or leave loss out.',
    });
  }
  const others = models.map((entry) => engineOfEntry(modelEntry(entry))).filter((kind) => !givesDistributions(kind));
  if (models.length - others.length > 1) return;
  throw new UsageError(`loss needs two models whose engine gives whole distributions; ${others[0]} gives none`, {
    hint: 'Compare GGUF models that run in process, or leave loss out.',
  });
}

function givesDistributions(kind: string): boolean {
  return engineEntry(kind).opensPairs === true;
}

/**
 * Checks what costs nothing: engines, their options, and the concurrency.
 *
 * @throws {UsageError | UnknownNameError} for what an engine can't do
 * @throws {ModelError} for a thinking setting of a model at a server that its template arguments contradict
 */
export async function checkEngines(suite: Suite, workingFolder: string): Promise<void> {
  checkLoad(suite);
  checkLoss(suite);
  checkShards(suite);
  for (const entry of suite.models) {
    const { engine, name, setting } = nameModel(entry, workingFolder);
    // In process the template itself is read, when the model is here.
    if (engine === 'openai' || engine === 'managed') saidByArguments({ name, ...setting });
    if (typeof entry !== 'string') await checkEngineOptions(engine, entry.engineOptions);
    checkEngineConcurrency(engine, suite.concurrency);
  }
}

function plannedModel(model: NamedModel, facts: Omit<ModelFacts, keyof LaunchFacts>, file?: string): PlannedModel {
  const { name, engine, engineOptions, style, setting } = model;
  const spec: ModelSpec = {
    name,
    engine,
    promptStyle: style,
    engineOptions,
    ...setting,
    file,
    source: file === undefined ? model.source : undefined,
    sha256: facts.fileSha256,
  };
  const planned = { spec, answerOptions: answerOptions(engine, engineOptions) };
  return { ...planned, facts: { ...facts, engine, ...noLaunchFacts } };
}

/**
 * Brings the suite's models onto this machine, one after the other.
 *
 * @throws what `pullModel` throws
 * @throws {ModelError | UsageError} for what their headers or the installed library tell can't be
 */
export async function prepareModels(
  suite: Suite,
  context: LocalContext,
  signal: AbortSignal,
): Promise<readonly PlannedModel[]> {
  const planned: PlannedModel[] = [];
  for (const entry of suite.models) {
    const model = nameModel(entry, context.workingFolder);
    if (model.request === undefined) {
      planned.push(plannedModel(model, { source: model.source, fileSha256: undefined, fileBytes: undefined }));
      continue;
    }
    context.onStep?.(`model ${model.name}`);
    const { path, ...facts } = await pullFile(model.request, context, signal);
    const whole = await withDraft(plannedModel(model, facts, path), model.draft, context, signal);
    // What a model can't have is said before anything runs.
    if (model.engine === 'llama') await checkPlanned(whole.spec, path);
    if (model.engine === 'llama' && settingSuffix(model.setting) !== '') await readPlannedChat(whole.spec, path);
    planned.push(whole);
  }
  return planned;
}

/** A model's file on this machine, whose header was read. */
interface PulledFile extends NonNullable<ModelFacts['draftFile']> {
  readonly path: string;
  readonly madeFrom?: string;
}

async function pullFile(request: ModelRequest, context: LocalContext, signal: AbortSignal): Promise<PulledFile> {
  const { path, source, sha256, bytes } = await pullModel(request, context.settings, {
    onProgress: context.onPull,
    signal,
  });
  const { size } = await stat(path);
  const madeFrom = provenanceOf(await readModelHeader(path))?.fromType;
  const known = { path, source, fileSha256: sha256, fileBytes: Math.max(size, bytes) };
  return madeFrom === undefined ? known : { ...known, madeFrom };
}

/** The model with the file of its draft; engines aren't told of sources. */
async function withDraft(
  planned: PlannedModel,
  request: ModelRequest | undefined,
  context: LocalContext,
  signal: AbortSignal,
): Promise<PlannedModel> {
  if (request === undefined) return planned;
  context.onStep?.(`draft ${request.name} of ${planned.spec.name}`);
  const found = await findModel(request, context.settings, { onProgress: context.onPull, signal });
  const { path, ...draftFile } = await pullFile(found, context, signal);
  const { spec, facts } = planned;
  const engineOptions = { ...spec.engineOptions, draft: path };
  return { ...planned, spec: { ...spec, engineOptions }, facts: { ...facts, draftFile } };
}

/**
 * @throws {ModelError} for a draft that can't be one by its header
 * @throws {UsageError} for kernels that aren't installed
 */
async function checkPlanned(spec: ModelSpec, file: string): Promise<void> {
  const { llamaOptionsSchema } = await import('../engines/llama-cpp/llama-options.ts');
  const settings = parseEngineOptions(llamaOptionsSchema, spec.engine, spec);
  const { kernels } = settings;
  if (kernels !== undefined) await (await import('../engines/llama-cpp/choose-device.ts')).chooseFor(settings);
  await (await import('../engines/llama-cpp/draft-setting.ts')).readDraft(settings, file, {});
}

async function readPlannedChat(spec: ModelSpec, file: string): Promise<ChatSetting> {
  const { readChatSetting } = await import('../engines/llama-cpp/chat-setting.ts');
  return readChatSetting(spec, file, await readModelHeader(file));
}

/**
 * How a model in process is asked in generation tasks, by its file and its settings.
 *
 * @throws {ModelError} for settings that the model can't have
 */
export async function chatSettingOf(model: NamedModel, file: string): Promise<ChatSetting> {
  return readPlannedChat(unplannedSpec(model, file), file);
}

function unplannedSpec(model: NamedModel, file: string): ModelSpec {
  const unknown = { source: model.source, fileSha256: undefined, fileBytes: undefined };
  return plannedModel(model, unknown, file).spec;
}

/**
 * Tokens that a model in process may think before an answer, by its file and its settings.
 *
 * @throws {ModelError} for settings that the model can't have
 */
export async function plannedBudget(model: NamedModel, file: string): Promise<number> {
  return budgetOfSpec(unplannedSpec(model, file), file);
}

/** @throws as {@link plannedBudget} */
export async function budgetOfSpec(spec: ModelSpec, file: string): Promise<number> {
  if (spec.engine !== 'llama') return askedBudget(spec.thinking);
  const { thinking } = (await readPlannedChat(spec, file)).plan;
  return thinking.mode === 'on' ? (thinking.budget ?? 0) : 0;
}

/** Where a model would come from, for plans. */
export function describeModelSource({ request, source }: NamedModel): string {
  return request === undefined ? source : request.sources.map(describeSource).join(', or ');
}

/**
 * A model with a server of its own. A server that is given a file gets the one that perbench fetches; others fetch
 * what they serve, by the name of the original repository where the catalogue knows it.
 *
 * @throws {UsageError | UnknownNameError} for a source that can't be read
 */
function nameManagedModel(
  entry: Exclude<Suite['models'][number], string>,
  server: ManagedServer,
  workingFolder: string,
): NamedModel {
  const { source, style, engineOptions, name } = entry;
  const setting = settingOf(entry);
  const common = { engine: 'managed', engineOptions: { ...engineOptions, server }, setting };
  const suffix = settingSuffix(setting);
  if (isFileServer(server)) {
    const request = parseModelRequest(source, workingFolder);
    const known = request.entry?.promptStyle;
    return {
      ...common,
      name: name ?? request.name + suffix,
      source,
      style: style === 'auto' ? (known ?? style) : style,
      request,
    };
  }
  const known = findCatalogueEntry(source);
  const isHubServer = server.preset === 'vllm' || server.preset === 'sglang';
  return {
    ...common,
    name: name ?? (known?.name ?? source.split('/').at(-1) ?? source) + suffix,
    source: isHubServer ? (known?.hubId ?? source) : source,
    style: style === 'auto' ? (known?.promptStyle ?? style) : style,
    request: undefined,
  };
}
