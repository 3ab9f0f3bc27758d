import { DataError, InvalidItemError } from '../core/errors.ts';
import type { Store } from '../core/store.ts';
import type { Suite } from '../core/suite.ts';
import { withRemedy } from '../core/with-remedy.ts';
import { type CellSpeed, addEstimates, type DurationEstimate, estimateCell } from '../run/estimate-duration.ts';
import type { PlannedTask } from '../run/plan.ts';
import { plannedConcurrency } from '../run/protocol.ts';
import { type ModelFetchPlan, planModelFetch } from '../sources/pull-model.ts';
import type { chooseDevice } from '../engines/llama-cpp/choose-device.ts';
import { usualContextTokens } from '../gguf/model-needs.ts';
import { readModelOutline } from '../gguf/model-outline.ts';
import type { PlacementPlan } from '../gguf/plan-placement.ts';
import { localOutlook, placedOptions } from './local-outlook.ts';
import { draftPlacement } from '../engines/llama-cpp/draft-setting.ts';
import { answerOptions } from '../engines/index.ts';
import { expandModels } from './candidates.ts';
import { findModels } from './find-models.ts';
import { findTasks, type FindTasksOptions, type FoundTasks } from './find-tasks.ts';
import { type GpuOutlook, gpuOutlook, type GpuSupply } from './gpu-outlook.ts';
import { earlierSpeeds, guessProbe, probePlan, type ProbeStep } from './known-speeds.ts';
import type { LocalContext } from './local-context.ts';
import { raceQuestionOf } from './plan-race.ts';
import {
  checkEngines,
  describeModelSource,
  nameModel,
  type NamedModel,
  plannedBudget,
  prepareModels,
} from './prepare-models.ts';
import { chooseTasks, prepareTasks } from './prepare-tasks.ts';

export interface ModelOutlook {
  readonly name: string;
  readonly source: string;
  readonly isHere: boolean;
  /** Undefined where nobody knows before the download starts. */
  readonly bytesToFetch: number | undefined;
  readonly bytesCertainty: ModelFetchPlan['certainty'];
  /** Peak of the engine, estimated; undefined where the file isn't here yet and the catalogue doesn't tell. */
  readonly memoryBytes: number | undefined;
  /** Undefined where the memory isn't known. */
  readonly fits: boolean | undefined;
  /** Of models whose servers run on GPUs; `memoryBytes` is that of each GPU then. */
  readonly gpu?: GpuOutlook;
  /** Where a model in process goes, if there are GPUs; `memoryBytes` is that of each GPU then. */
  readonly placement?: PlacementPlan | undefined;
  /** Why it can't be run as it is set. */
  readonly problem?: string | undefined;
}

export interface CellOutlook {
  readonly model: string;
  readonly taskId: string;
  readonly items: number;
  /** The model whose answers it takes, since what differs decides only speed; undefined where it is asked itself. */
  readonly answersOf: string | undefined;
  readonly duration: DurationEstimate | undefined;
  readonly basis: CellSpeed['basis'] | undefined;
}

/** What a run would do. Every number in it is an estimate unless it is a count. */
export interface SuiteOutlook {
  readonly models: readonly ModelOutlook[];
  readonly cells: readonly CellOutlook[];
  /** Of the cells whose speed is known. */
  readonly duration: DurationEstimate;
  readonly cellsWithoutSpeed: number;
  readonly memoryLimitBytes: number | undefined;
  /** What would stop the run, one sentence each. */
  readonly problems: readonly string[];
}

export interface OutlookOptions extends FindTasksOptions {
  readonly store: Store | undefined;
  /** `auto`: only where earlier runs don't tell the speed. */
  readonly probe: 'auto' | 'always' | 'never';
  readonly memoryLimitBytes: number | undefined;
  /** By default none: models that need some don't fit. */
  readonly gpus?: GpuSupply;
  /** Another way to choose what GGUF models are computed on, in tests. */
  readonly chooseDevice?: typeof chooseDevice | undefined;
  readonly signal: AbortSignal;
  readonly onProbe?: ProbeListener;
}

/** What a probe is going to do. */
export interface ProbeOutlook {
  readonly models: number;
  readonly tasks: number;
  /** Of each task, for each model. */
  readonly items: number;
  /** A rough guess, where the models are files. */
  readonly about: DurationEstimate | undefined;
}

/** Hears what a probe is going to do, then each cell before it begins. */
export interface ProbeListener {
  start(outlook: ProbeOutlook): void;
  step(step: ProbeStep): void;
}

const noGpus: GpuSupply = { count: 0, memoryBytes: undefined, from: 'none found' };

const probeItems = 4;

async function modelOutlook(
  model: NamedModel,
  suite: Suite,
  context: LocalContext,
  options: OutlookOptions,
): Promise<ModelOutlook> {
  const { name, request } = model;
  const base = { name, source: describeModelSource(model) };
  const gpu = gpuOutlook(model, suite, options.gpus ?? noGpus);
  if (gpu !== undefined) {
    // The server fetches it by itself, if it must; perbench can't see whether.
    const fetched = { isHere: false, bytesToFetch: gpu.weightsBytes, bytesCertainty: 'estimated' } as const;
    return { ...base, ...fetched, memoryBytes: gpu.perGpu?.totalBytes, fits: gpu.fits, gpu };
  }
  if (request === undefined) {
    return { ...base, isHere: true, bytesToFetch: 0, bytesCertainty: 'exact', memoryBytes: undefined, fits: undefined };
  }
  const fetch = await planModelFetch(request, context.settings, { signal: options.signal });
  const sequences = plannedConcurrency(suite);
  const found = { isHere: fetch.isCached, bytesToFetch: fetch.bytesToFetch, bytesCertainty: fetch.certainty };
  const { path } = fetch;
  const limit = options.memoryLimitBytes;
  const fitsHost = (bytes: number | undefined): boolean | undefined =>
    bytes === undefined || limit === undefined ? undefined : bytes <= limit;
  if (path === undefined) {
    const memoryBytes = fetch.bytesToFetch;
    return { ...base, ...found, memoryBytes, fits: fitsHost(memoryBytes) };
  }
  const settings = placedOptions(model);
  const { memoryBytes, hostBytes, placement, problem } = await localOutlook({
    name,
    outline: await readModelOutline(path),
    options: settings,
    contextTokens: settings?.contextTokens ?? (await contextOf(model, path, suite)),
    sequences,
    supply: options.gpus ?? noGpus,
    chooseDevice: options.chooseDevice,
  });
  const fits = problem === undefined ? fitsHost(hostBytes) : false;
  return { ...base, ...found, memoryBytes, fits, placement, problem };
}

/** With what the draft of a model needs. */
async function withDraft(
  outlook: ModelOutlook,
  model: NamedModel,
  suite: Suite,
  context: LocalContext,
  { signal, memoryLimitBytes: limit, ...options }: OutlookOptions,
): Promise<ModelOutlook> {
  const settings = placedOptions(model);
  if (model.draft === undefined || settings === undefined) return outlook;
  const fetch = await planModelFetch(model.draft, context.settings, { signal });
  const { path } = fetch;
  const own =
    path === undefined
      ? { memoryBytes: fetch.bytesToFetch, problem: undefined }
      : await localOutlook({
          name: `draft model ${model.draft.name}`,
          outline: await readModelOutline(path),
          options: draftPlacement(settings),
          contextTokens: settings.contextTokens ?? (await contextOf(model, path, suite)),
          sequences: plannedConcurrency(suite),
          supply: options.gpus ?? noGpus,
          chooseDevice: options.chooseDevice,
        });
  const memoryBytes = sumOf(outlook.memoryBytes, own.memoryBytes);
  const isOnHost = outlook.placement === undefined && memoryBytes !== undefined && limit !== undefined;
  const problem = outlook.problem ?? own.problem;
  return {
    ...outlook,
    source: `${outlook.source}, draft ${fetch.source}`,
    isHere: outlook.isHere && fetch.isCached,
    bytesToFetch: sumOf(outlook.bytesToFetch, fetch.bytesToFetch),
    bytesCertainty: fetch.isCached ? outlook.bytesCertainty : fetch.certainty,
    memoryBytes,
    fits: problem === undefined && isOnHost ? memoryBytes <= limit : outlook.fits,
    problem,
  };
}

function sumOf(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one + other;
}

/** What decides the answers of a model, as far as it is known before anything starts: models alike in it share them. */
function answersOf({ request, source, style, engine, engineOptions, setting }: NamedModel): string {
  return JSON.stringify([request ?? source, style, engine, answerOptions(engine, engineOptions), setting]);
}

/** Tokens of one sequence: thoughts take room of their own. */
async function contextOf(model: NamedModel, file: string, { contextTokens }: Suite): Promise<number> {
  return contextTokens ?? usualContextTokens + (await plannedBudget(model, file));
}

/** The tasks with their items, or what is wrong with the data. */
async function readTasks(
  suite: Suite,
  context: LocalContext,
  signal: AbortSignal,
  origins: FoundTasks['origins'],
): Promise<{ readonly tasks: readonly PlannedTask[]; readonly problem?: string }> {
  try {
    return { tasks: await prepareTasks(suite, context, signal, origins) };
  } catch (error) {
    if (error instanceof DataError || error instanceof InvalidItemError) {
      return { tasks: [], problem: withRemedy(error.message, error.hint) };
    }
    throw error;
  }
}

async function knownSpeeds(
  suite: Suite,
  named: readonly NamedModel[],
  outlooks: readonly ModelOutlook[],
  tasks: readonly PlannedTask[],
  context: LocalContext,
  { store, probe, signal, onProbe }: OutlookOptions,
): Promise<readonly CellSpeed[]> {
  const isReady = (name: string): boolean =>
    outlooks.some((model) => model.name === name && model.isHere && model.fits !== false);
  const ready = suite.models.filter((_, index) => isReady(named[index]?.name ?? ''));
  if (ready.length === 0 || tasks.length === 0) return [];
  const local = { ...suite, models: ready };
  const planned = await prepareModels(local, context, signal);
  const earlier =
    probe === 'always' || store === undefined ? [] : await earlierSpeeds({ models: planned, tasks }, store);
  const isKnown = ({ spec }: (typeof planned)[number]): boolean =>
    tasks.every(({ task }) => earlier.some((speed) => speed.model === spec.name && speed.taskId === task.id));
  const unknown = planned.filter((model) => !isKnown(model));
  if (probe === 'never' || unknown.length === 0) return earlier;
  const probed = { suite, models: unknown, tasks };
  onProbe?.start({
    models: unknown.length,
    tasks: tasks.length,
    items: probeItems,
    about: guessProbe(probed, probeItems, (await context.hostFacts()).cores),
  });
  const speeds = await probePlan(probed, probeItems, signal, (step) => onProbe?.step(step), {
    environment: context.environment ?? {},
  });
  return [...speeds, ...earlier];
}

/**
 * Says what a run would do, without doing it: what it fetches, how long it takes, what won't fit.
 *
 * @throws {UsageError | UnknownNameError} for models or tasks that don't exist, and what engines or the protocol can't do
 * @throws {ModelError | DownloadError | ServerError} for files, repositories and servers that a run couldn't use
 */
export async function planSuite(written: Suite, context: LocalContext, options: OutlookOptions): Promise<SuiteOutlook> {
  raceQuestionOf(written);
  const expanded = await expandModels(written, context.workingFolder);
  await checkEngines(expanded, context.workingFolder);
  const { suite: settled, origins } = await findTasks(expanded, context, options.signal, options);
  const suite = await findModels(settled, context, options.signal);
  const chosen = await chooseTasks(suite, context.ownTasks);
  const named = suite.models.map((entry) => nameModel(entry, context.workingFolder));
  raceQuestionOf(
    suite,
    named.map(({ name }) => name),
  );
  const models: ModelOutlook[] = [];
  for (const model of named) {
    const outlook = await modelOutlook(model, suite, context, options);
    models.push(await withDraft(outlook, model, suite, context, options));
  }
  const { tasks, problem } = await readTasks(suite, context, options.signal, origins);
  const speeds = await knownSpeeds(suite, named, models, tasks, context, options);

  const answers = named.map(answersOf);
  const cells = models.flatMap((model, index) => {
    const first = answers.indexOf(answers[index] ?? '');
    const answersOfModel = first < index && suite.protocol !== 'paper' ? models[first]?.name : undefined;
    return chosen.map(({ task, limit = task.items }): CellOutlook => {
      const items = tasks.find((planned) => planned.task.id === task.id)?.order.length ?? Math.min(limit, task.items);
      const speed = speeds.find((known) => known.model === model.name && known.taskId === task.id);
      const asked = answersOfModel === undefined ? items : 0;
      const duration = speed === undefined ? undefined : estimateCell(suite, speed, asked);
      return { model: model.name, taskId: task.id, items, answersOf: answersOfModel, duration, basis: speed?.basis };
    });
  });
  const durations = cells.map(({ duration }) => duration).filter((duration) => duration !== undefined);
  const tooLarge = models
    .filter(({ fits }) => fits === false)
    .map(({ name, gpu, problem: own }) => gpu?.problem ?? own ?? `${name} does not fit into the free memory`);
  return {
    models,
    cells,
    duration: addEstimates(durations),
    cellsWithoutSpeed: cells.length - durations.length,
    memoryLimitBytes: options.memoryLimitBytes,
    problems: [...(problem === undefined ? [] : [problem]), ...tooLarge],
  };
}
