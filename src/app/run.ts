import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { RunEvent } from '../core/event.ts';
import type { RunRecord, Store } from '../core/store.ts';
import type { SuiteInput } from '../core/suite.ts';
import { readGpuDevices } from '../meters/devices/gpu-tools.ts';
import { readHostFacts } from '../meters/host-facts.ts';
import { memoryLimitBytes } from '../meters/host-limits.ts';
import { createMachineMeter } from '../meters/machine-meter.ts';
import { openRun } from '../run/open-run.ts';
import type { RunDependencies, RunPlan } from '../run/plan.ts';
import { runSuite } from '../run/run.ts';
import { isOpen } from '../run/strategy.ts';
import type { LossTable } from '../present/loss-document.ts';
import type { AnchorSet } from '../scoring/anchors.ts';
import { sourceSettingsFrom } from '../sources/source-settings.ts';
import { openStore } from '../store/open-store.ts';
import { readCeiling } from './calibrate.ts';
import { StopWatch } from './cluster/stop-watch.ts';
import { checkHosts, joinSharedRun } from './cluster/machine.ts';
import type { Estimates } from './estimate-models.ts';
import { estimateSuite } from './estimate-suite.ts';
import { gpuSupply, type GpuSupply } from './gpu-outlook.ts';
import { type ImportAnswersOptions, type ImportedAnswersRun, importAnswers as scoreAnswers } from './import-answers.ts';
import type { LocalContext, OwnTask } from './local-context.ts';
import { withAssumedSpread } from './machine-spread.ts';
import { measureRunLoss, type RunLossOptions, takeSuiteLosses } from './measure-loss.ts';
import { parseSuite } from './parse-suite.ts';
import { type OutlookOptions, planSuite, type SuiteOutlook } from './plan-suite.ts';
import { prepareRun } from './prepare-run.ts';
import { newRunSeed, processName, runDependencies } from './run-dependencies.ts';

export interface LocalRunOptions {
  readonly store: Store;
  readonly signal: AbortSignal;
  /** Id of the run to go on with; by default the latest unfinished one that asks the same. */
  readonly resumeId?: string;
  /** A new run even where an unfinished one asks the same. */
  readonly isFresh?: boolean;
  /** Cells that failed are tried again. */
  readonly retryFailed?: boolean;
  readonly framesDrawn?: () => number;
  /** See `RunDependencies`. */
  readonly skipWait?: RunDependencies['skipWait'];
  readonly force?: RunDependencies['force'];
  readonly writeOut?: RunDependencies['writeOut'];
}

/** Runs a prepared suite on this machine; see `runSuite` for what it says and throws. */
export async function* localRun(
  prepared: RunPlan,
  context: Pick<LocalContext, 'meter' | 'environment' | 'logFolder' | 'readCeiling'>,
  { store, signal, framesDrawn = () => 0, skipWait, force, writeOut, ...options }: LocalRunOptions,
): AsyncGenerator<RunEvent, void, void> {
  if (options.resumeId === undefined) checkHosts(prepared);
  const informed = await withAssumedSpread(prepared, store);
  const opened = await openRun(informed, store, { ...options, ...newRunSeed() });
  if (await isOver(store, opened.runId)) return yield* tellOver(store, opened.runId);
  // Whoever goes on with a run that was cancelled wants it; from now on it may be cancelled again.
  if (opened.isResumed) await store.requestStop(opened.runId, false);
  await using watch = new StopWatch(store, opened.runId);
  const hostname = await joinSharedRun(store, opened.runId, prepared.manifest.host);
  const given = {
    store,
    signal: AbortSignal.any([signal, watch.stopped]),
    framesDrawn,
    skipWait,
    force,
    writeOut,
    hostname,
  };
  const dependencies = await runDependencies(prepared.suite, context, { ...given, owner: processName() });
  yield* runSuite({ plan: informed, dependencies, ...opened });
}

/** A run that is finished is shown as it is: nothing of it changes. */
async function isOver(store: Store, runId: string): Promise<boolean> {
  return (await store.getRun(runId))?.status === 'finished' && !(await store.cells(runId)).some(isOpen);
}

async function* tellOver(store: Store, runId: string): AsyncGenerator<RunEvent, void, void> {
  const { name = '' } = (await store.getRun(runId)) ?? {};
  const cells = await store.cells(runId);
  yield { type: 'run-start', runId, name, cells, isResumed: true };
  const failedCells = cells.filter(({ error }) => error !== undefined).length;
  yield { type: 'run-end', runId, status: 'finished', failedCells };
}

export interface RunOptions {
  /** Where results are kept: an open store (yours to close), a file, `postgres://…`, or by default memory. */
  readonly store?: Store | string;
  /** Folder with the data sets, where the suite names none. */
  readonly dataDir?: string;
  /** Relative model paths are meant from here; by default the process's folder. */
  readonly workingFolder?: string;
  /** `process.env`, for caches, the hub's token, pip and keys of servers; nothing else reads it. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Stops the run: what is in flight is finished and kept. */
  readonly signal?: AbortSignal;
  /** A new run even where an unfinished one in the store asks the same. */
  readonly isFresh?: boolean;
  /** Go on though none of a model's answers can be read, or none is a label of its task. */
  readonly force?: boolean;
  readonly onPull?: LocalContext['onPull'];
  /** For a suite that asks `decide: winner`: what scores 0.5 in each factor of PER-A. */
  readonly anchors?: AnchorSet;
  /** Tasks of your own with their rows; the suite names them by id. Task files and data it names by their paths. */
  readonly tasks?: readonly OwnTask[];
  readonly perbenchVersion?: string;
  /** Hears what was inferred of data of your own, and what is odd about them; one sentence each. */
  readonly onNote?: LocalContext['onNote'];
}

/** What the options of a library call are to everything behind it. */
export function libraryContext({ environment, workingFolder = '.', ...options }: RunOptions): LocalContext {
  const settings = sourceSettingsFrom(environment ?? {}, homedir());
  return {
    settings,
    environment,
    workingFolder: resolve(workingFolder),
    dataDir: options.dataDir,
    commandLine: ['library'],
    perbenchVersion: options.perbenchVersion ?? 'library',
    meter: createMachineMeter(environment === undefined ? {} : { devices: { environment } }),
    hostFacts: () => readHostFacts(),
    ownTasks: options.tasks,
    logFolder: undefined,
    readCeiling: (clientProcesses) => readCeiling(settings.cacheDir, clientProcesses),
    onPull: options.onPull,
    onStep: undefined,
    onNote: options.onNote,
  };
}

async function useStore(
  given: Store | string,
  { environment }: RunOptions,
  resources: AsyncDisposableStack,
): Promise<Store> {
  if (typeof given !== 'string') return given;
  return resources.use(await openStore({ address: given, environment, homeFolder: homedir() }));
}

/**
 * Runs a suite on this machine and says what happens, event by event. Fetches the models that aren't here. The losses
 * that a suite with `loss: true` asks for are taken after the last event, and kept with the run; why some could not be is told to `onNote`.
 *
 * @throws {ConfigError} if the suite isn't one
 * @throws {UsageError} if it asks a question that can't be decided
 * @throws {DataError | InvalidItemError | ModelError | DownloadError} if data or models can't be had
 */
export async function* run(input: SuiteInput, options: RunOptions = {}): AsyncGenerator<RunEvent, void, void> {
  const { store: given = ':memory:', signal = new AbortController().signal, isFresh = false, force, anchors } = options;
  const suite = parseSuite(input);
  const context = libraryContext(options);
  const prepared = await prepareRun(suite, context, signal, { anchors });
  await using resources = new AsyncDisposableStack();
  const store = await useStore(given, options, resources);
  resources.defer(async () => context.meter[Symbol.asyncDispose]?.());
  let ended: Extract<RunEvent, { readonly type: 'run-end' }> | undefined;
  for await (const event of localRun(prepared, context, { store, signal, isFresh, force })) {
    if (event.type === 'run-end') ended = event;
    yield event;
  }
  const stored = ended?.status === 'finished' ? await store.getRun(ended.runId) : undefined;
  if (stored === undefined) return;
  const { table, problem } = (await takeSuiteLosses(store, stored, context, { signal })) ?? {};
  if (problem !== undefined) context.onNote?.(problem);
  for (const { model, reason } of table?.unavailable ?? []) context.onNote?.(`no loss of ${model}: ${reason}`);
}

export interface ScoreAnswersOptions
  extends
    Omit<ImportAnswersOptions, 'signal' | 'dataDir'>,
    Pick<RunOptions, 'dataDir' | 'workingFolder' | 'environment' | 'tasks' | 'perbenchVersion' | 'signal'> {}

/**
 * Scores answers of a model that were made elsewhere, and keeps them as a run.
 *
 * @param file an answer a row, with `id` and `output`
 * @throws {UsageError} if the task can't be scored by text, or a price lacks its tokens
 * @throws {ImportError} if the file has no answers, or none to an item of the task
 * @throws {DataError | InvalidItemError} if the file or the data of the task can't be read
 */
export async function importAnswers(file: string, options: ScoreAnswersOptions): Promise<ImportedAnswersRun> {
  const { signal = new AbortController().signal, store, ...rest } = options;
  const context = libraryContext(rest);
  await using resources = new AsyncDisposableStack();
  resources.defer(async () => context.meter[Symbol.asyncDispose]?.());
  return await scoreAnswers(file, context, { ...rest, store, signal });
}

export interface MeasureLossOptions
  extends Omit<RunLossOptions, 'signal' | 'openEngine'>, Pick<RunOptions, 'workingFolder' | 'environment' | 'signal'> {}

/**
 * How far the models of a stored run are from a base; the records are kept with the run. docs/loss.md.
 *
 * @throws as {@link measureRunLoss}
 */
export async function measureLoss(
  store: Store,
  stored: RunRecord,
  { workingFolder, environment, signal = new AbortController().signal, ...options }: MeasureLossOptions = {},
): Promise<LossTable> {
  const context = libraryContext({
    ...(workingFolder !== undefined && { workingFolder }),
    ...(environment !== undefined && { environment }),
  });
  await using resources = new AsyncDisposableStack();
  resources.defer(async () => context.meter[Symbol.asyncDispose]?.());
  return await measureRunLoss(store, stored, context, { ...options, signal });
}

/** What of this machine is free for models. */
async function freeMemory(): Promise<Pick<OutlookOptions, 'memoryLimitBytes'> & { readonly gpus: GpuSupply }> {
  const gpus = gpuSupply(await readGpuDevices(), { memoryBytes: undefined, count: undefined });
  return { memoryLimitBytes: memoryLimitBytes(), gpus };
}

export interface PlanOptions extends RunOptions {
  /** Starts engines to learn their speed; `auto`, the default: only where earlier runs in the store don't tell it. */
  readonly probe?: OutlookOptions['probe'];
}

/**
 * Says what a run would do, without doing it: what it fetches, how long it takes, what won't fit.
 *
 * @throws {ConfigError} if the suite isn't one
 * @throws {UsageError | UnknownNameError} for models or tasks that don't exist
 */
export async function plan(input: SuiteInput, options: PlanOptions = {}): Promise<SuiteOutlook> {
  const { store: given, probe = 'auto', signal = new AbortController().signal } = options;
  const suite = parseSuite(input);
  const context = libraryContext(options);
  await using resources = new AsyncDisposableStack();
  resources.defer(async () => context.meter[Symbol.asyncDispose]?.());
  return await planSuite(suite, context, {
    store: given === undefined ? undefined : await useStore(given, options, resources),
    probe,
    ...(await freeMemory()),
    signal,
  });
}

export interface EstimateOptions extends RunOptions {
  /** Measures the speed of this machine again, though it is known. */
  readonly recalibrate?: boolean;
}

/**
 * Estimates memory and speed of models on this machine from the headers of their files alone, which are read from the hub
 * where they aren't here. The runs of a store tell by how much such estimates miss. A model without an estimate says why.
 *
 * @param input models and their settings as in a suite
 * @throws {ConfigError | UsageError | UnknownNameError} for settings and models that there can't be
 */
export async function estimate(input: SuiteInput, options: EstimateOptions = {}): Promise<Estimates> {
  const { store: given, recalibrate = false, signal = new AbortController().signal } = options;
  const suite = parseSuite(input);
  const context = libraryContext(options);
  await using resources = new AsyncDisposableStack();
  resources.defer(async () => context.meter[Symbol.asyncDispose]?.());
  return await estimateSuite(suite, context, {
    store: given === undefined ? undefined : await useStore(given, options, resources),
    recalibrate,
    ...(await freeMemory()),
    signal,
  });
}
