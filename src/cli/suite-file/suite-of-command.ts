import { existsSync } from 'node:fs';
import { writtenValue, type WrittenDocument } from '../../app/written-document.ts';
import { UsageError } from '../../core/errors.ts';
import { rememberSecretsIn } from '../../core/without-secrets.ts';
import { taskPath } from '../../app/task-names.ts';
import { loadTasks } from '../../tasks/index.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../options/command.ts';
import { type SuiteOptions, suiteOptions } from '../tables/suite-options.ts';
import { modelEntry, type Suite, type SuiteInput } from '../../core/suite.ts';
import { suiteSettings } from '../../core/suite-settings.ts';
import type { OptionOrigin } from '../options/resolve-options.ts';
import {
  findSuiteFile,
  readSuiteFile,
  type SuiteFile,
  type SuiteFileWorld,
  resolvePath,
  resolveSource,
  resolveSuitePaths,
} from './read-suite-file.ts';
import { checkSuite, checkSuiteNames, expandSuite } from './check-suite.ts';
import { engineOfEntry } from '../../app/prepare-models.ts';
import { readEngineOptions } from '../../engines/index.ts';
import { type ModelFlags, readModelFlags } from './model-flags.ts';
import { readVaryFlags } from './vary-flags.ts';

/** The suite of a command that takes one: from its argument or `--config`, and its flags. */
export async function suiteOfCommand(
  input: Pick<CommandInput<SuiteOptions>, 'arguments' | 'options' | 'origins'>,
  context: CliContext,
  config = context.globals.config,
): Promise<SuiteSettings> {
  const [argument] = input.arguments;
  if (argument !== undefined && config !== undefined && argument !== config) {
    throw new UsageError(`two suite files were given: ${argument} and --config ${config}`, {
      hint: 'Give one of them.',
    });
  }
  const fileName = argument ?? config;
  const settings = await resolveSuite({ input, fileName, world: context });
  rememberSecretsIn(settings.suite.models);
  const { unused } = settings;
  if (unused.length > 0) {
    context.output.note(
      `not used from --model-args: ${unused.join(', ')}; the server or perbench decides these itself`,
    );
  }
  return settings;
}

/** One setting of a suite, and why it has its value. */
export interface SuiteSetting {
  readonly key: keyof Suite;
  readonly value: unknown;
  readonly origin: OptionOrigin;
}

export interface SuiteSettings {
  readonly suite: Suite;
  readonly settings: readonly SuiteSetting[];
  /** Undefined where the suite is made of flags alone. */
  readonly file: string | undefined;
  /** Names of lm-eval's model arguments that perbench has no use for. */
  readonly unused: readonly string[];
  /** Of `--limit`, for tasks of the user's own: how many rows that is, nobody knows before they are read. */
  readonly limitShare: number | undefined;
}

export interface SuiteSettingsRequest {
  readonly input: Pick<CommandInput<SuiteOptions>, 'options' | 'origins'>;
  /** From the argument or from `--config`. */
  readonly fileName: string | undefined;
  readonly world: SuiteFileWorld;
}

/** Settings whose flags give the value that the file would: not a fraction of the items, nor a path from elsewhere. */
const plainKeys = (Object.keys(suiteSettings) as (keyof typeof suiteSettings)[]).filter(
  (key): key is PlainKey => key in suiteOptions && key !== 'limit' && key !== 'dataDir',
);

type PlainKey = Exclude<keyof SuiteOptions & keyof Suite, 'limit' | 'dataDir'>;

/**
 * The suite that a command line means: flags over environment over file over defaults, paths absolute.
 *
 * @throws {ConfigError} for what is wrong in the file
 * @throws {UsageError} if there are no models
 */
export async function resolveSuite(asked: SuiteSettingsRequest): Promise<SuiteSettings> {
  const { world } = asked;
  const input = withWholeNames(asked.input, world);
  const request = { ...asked, input };
  const flags = readModelFlags(input.options.model, input.options.modelArgs, world);
  const { sources, unused } = flags;
  const file = await suiteFile(request, sources.length > 0);
  const document = withFlags(file?.document ?? writtenValue({}, 'command line'), sources, input);
  const checked = checkSuite(document);
  const { workingFolder, homeFolder } = world;
  const folder = file?.folder ?? workingFolder;
  const hasTaskFlags = input.options.task.length > 0;
  await checkSuiteNames(document, checked, { folder: hasTaskFlags ? workingFolder : folder, homeFolder });
  const inFile = resolveSuitePaths(checked, folder, homeFolder);
  const typed = hasTaskFlags ? resolveSuitePaths(checked, workingFolder, homeFolder).tasks : inFile.tasks;
  const suite = await expandSuite(document, await override({ ...inFile, tasks: typed }, request, flags), folder);
  const { limit } = input.options;
  return {
    suite,
    settings: explain(suite, request, document, file, flags),
    file: file?.document.file,
    unused,
    limitShare: limit !== undefined && 'fraction' in limit ? limit.fraction : undefined,
  };
}

/** A file whose name has commas was taken for several tasks. */
function withWholeNames(
  input: SuiteSettingsRequest['input'],
  { workingFolder, homeFolder }: SuiteFileWorld,
): SuiteSettingsRequest['input'] {
  const left = [...input.options.task];
  const task: string[] = [];
  for (let first = left.shift(); first !== undefined; first = left.shift()) {
    const start = first;
    const joined = left.map((_, at) => [start, ...left.slice(0, at + 1)].join(','));
    const parts = joined.findLastIndex((name) => existsSync(resolvePath(name, workingFolder, homeFolder))) + 1;
    task.push([start, ...left.splice(0, parts)].join(','));
  }
  return { ...input, options: { ...input.options, task } };
}

async function suiteFile(request: SuiteSettingsRequest, hasModels: boolean): Promise<SuiteFile | undefined> {
  const { fileName, world } = request;
  const name = fileName ?? (hasModels ? undefined : findSuiteFile(world.workingFolder));
  if (name !== undefined) return readSuiteFile(name, world);
  if (hasModels) return undefined;
  throw new UsageError('no models to run', {
    hint: 'Name a suite file or a model: perbench run suite.yaml, perbench run -m smollm2-135m-instruct, or -m http://127.0.0.1:8000/v1 for a server. Create a suite file with perbench init.',
  });
}

/** Lists that flags replace needn't be in the file, and what the file says of them doesn't matter. */
function withFlags(
  document: WrittenDocument,
  sources: readonly string[],
  { options }: SuiteSettingsRequest['input'],
): WrittenDocument {
  const isObject = typeof document.value === 'object' && document.value !== null && !Array.isArray(document.value);
  if (!isObject) return document;
  const value = {
    ...document.value,
    ...(sources.length > 0 && { models: sources }),
    ...(options.task.length > 0 && { tasks: options.task }),
  };
  const replaced = [...(sources.length > 0 ? ['models'] : []), ...(options.task.length > 0 ? ['tasks'] : [])];
  return {
    ...document,
    value,
    positionOf: (path) => (replaced.includes(String(path[0])) ? undefined : document.positionOf(path)),
  };
}

async function override(suite: Suite, request: SuiteSettingsRequest, flags: ModelFlags): Promise<Suite> {
  const { input, world } = request;
  const { sources } = flags;
  const { options, origins } = input;
  const concurrency = concurrencyOfModel(origins, flags);
  const given = plainKeys.filter((key) => origins[key].source !== 'default');
  const { workingFolder, homeFolder } = world;
  const named =
    sources.length > 0 ? sources.map((source) => resolveSource(source, workingFolder, homeFolder)) : suite.models;
  const models: Suite['models'] = [];
  for (const model of named) models.push(await overrideModel(model, options, flags));
  const tasks: Suite['tasks'] = [];
  for (const task of suite.tasks) tasks.push(...(await overrideTask(task, options, workingFolder)));
  return {
    ...suite,
    // Each value was read by an option whose type a test compares with the schema's.
    ...(Object.fromEntries(given.map((key) => [key, options[key]])) as Partial<Suite>),
    ...(options.dataDir !== undefined && { dataDir: resolvePath(options.dataDir, workingFolder, homeFolder) }),
    ...(options.limit !== undefined && 'items' in options.limit && { limit: options.limit.items }),
    ...(concurrency !== undefined && { concurrency }),
    models,
    tasks,
  };
}

/** lm-eval has the concurrency among the arguments of the model; the flag for it stands above them. */
function concurrencyOfModel(
  origins: SuiteSettingsRequest['input']['origins'],
  { concurrency }: ModelFlags,
): number | undefined {
  return origins.concurrency.source === 'default' ? concurrency : undefined;
}

async function overrideModel(
  model: Suite['models'][number],
  options: SuiteSettingsRequest['input']['options'],
  flags: ModelFlags,
): Promise<Suite['models'][number]> {
  const { style = flags.style, engine, thinking, vary } = options;
  const isUnchanged = [style, engine, thinking].every((each) => each === undefined);
  if (isUnchanged && Object.keys(flags.engineOptions).length === 0 && vary.length === 0) return model;
  const entry = modelEntry(model);
  const changed = {
    ...entry,
    style: style ?? entry.style,
    engine: engine ?? entry.engine,
    thinking: thinking ?? entry.thinking,
  };
  const engineOptions = await readEngineOptions(engineOfEntry(changed), flags.engineOptions);
  const varied = vary.length === 0 ? {} : { vary: { ...entry.vary, ...(await readVaryFlags(vary, changed)) } };
  return { ...changed, engineOptions: { ...entry.engineOptions, ...engineOptions }, ...varied };
}

type TaskEntry = Suite['tasks'][number];

/** A flag for all tasks stands above what the file says of one. */
async function overrideTask(
  task: TaskEntry,
  { shots, limit, input, target, answer }: SuiteSettingsRequest['input']['options'],
  workingFolder: string,
): Promise<readonly TaskEntry[]> {
  const { limit: own, ...rest } = typeof task === 'string' ? { task } : task;
  const given = {
    ...(shots !== undefined && { shots }),
    ...(input !== undefined && { input }),
    ...(target !== undefined && { target }),
    ...(answer !== undefined && { answer }),
  };
  if (limit === undefined && Object.keys(given).length === 0) return [task];
  const entry = { ...rest, ...given };
  if (limit === undefined) return [{ ...entry, ...(own !== undefined && { limit: own }) }];
  const isOwn = entry.definition !== undefined || taskPath(entry.task, workingFolder) !== undefined;
  if ('items' in limit || isOwn) return [Object.keys(entry).length === 1 ? entry.task : entry];
  const resolved = await loadTasks(entry.task);
  return resolved.map(({ id, items }) => ({ ...entry, task: id, limit: Math.ceil(limit.fraction * items) }));
}

function explain(
  suite: Suite,
  { input: { origins, options } }: SuiteSettingsRequest,
  document: WrittenDocument,
  file: SuiteFile | undefined,
  modelFlags: ModelFlags,
): readonly SuiteSetting[] {
  const flags: Readonly<Record<string, OptionOrigin>> = {
    ...Object.fromEntries(Object.entries(origins).filter(([, origin]) => origin.source !== 'default')),
    ...(origins.model.source !== 'default' && { models: origins.model }),
    ...(options.modelArgs.length > 0 && options.model.length === 0 && { models: origins.modelArgs }),
    ...(options.vary.length > 0 && options.model.length === 0 && { models: origins.vary }),
    ...(concurrencyOfModel(origins, modelFlags) !== undefined && { concurrency: origins.modelArgs }),
    ...(origins.task.source !== 'default' && { tasks: origins.task }),
  };
  const keys = Object.keys(suiteSettings) as (keyof Suite)[];
  // A fraction becomes a number for each task; the setting itself is what the user wrote.
  const fraction = options.limit !== undefined && 'fraction' in options.limit ? options.limit.fraction : undefined;
  const valueOf = (key: keyof Suite): unknown => (key === 'limit' ? (fraction ?? suite.limit) : suite[key]);
  return keys
    .filter((key) => key !== '$schema' && (key in suite || key in suiteOptions))
    .map((key) => ({ key, value: valueOf(key), origin: flags[key] ?? fileOrigin(key, document, file) }));
}

function fileOrigin(key: keyof SuiteInput, document: WrittenDocument, file: SuiteFile | undefined): OptionOrigin {
  const isInFile =
    file !== undefined && typeof document.value === 'object' && document.value !== null && key in document.value;
  if (!isInFile) return { source: 'default', from: 'default' };
  const line = document.positionOfKey([key])?.line;
  return { source: 'file', from: `${document.file}${line === undefined ? '' : `:${line}`}` };
}
