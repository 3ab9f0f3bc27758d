import { DataError, InvalidItemError, UsageError } from '../core/errors.ts';
import type { Store } from '../core/store.ts';
import type { Suite } from '../core/suite.ts';
import { withRemedy } from '../core/with-remedy.ts';
import { type CellSpeed, addEstimates, type DurationEstimate, estimateCell } from '../run/estimate-duration.ts';
import type { PlannedTask } from '../run/plan.ts';
import { expandModels } from './candidates.ts';
import { findModels } from './find-models.ts';
import { findTasks, type FindTasksOptions, type FoundTasks } from './find-tasks.ts';
import type { GpuSupply } from './gpu-outlook.ts';
import { earlierSpeeds, guessProbe, probePlan, type ProbeStep } from './known-speeds.ts';
import type { LocalContext } from './local-context.ts';
import { placedOptions, takesAssumed } from './local-outlook.ts';
import { answersKey, modelOutlook, type ModelOutlook, type ModelQuestion } from './model-outlook.ts';
import { raceQuestionOf } from './plan-race.ts';
import { checkEngines, nameModel, type NamedModel, prepareModels } from './prepare-models.ts';
import { chooseTasks, prepareTasks } from './prepare-tasks.ts';

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

export interface OutlookOptions extends FindTasksOptions, Omit<ModelQuestion, 'suite' | 'context'> {
  readonly store: Store | undefined;
  /** `auto`: only where earlier runs don't tell the speed. */
  readonly probe: 'auto' | 'always' | 'never';
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

const probeItems = 4;

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

/** Whether this machine can tell its speed: it can't of what another one would compute. */
function isRunHere({ isHere, fits, problem, isAssumed }: ModelOutlook): boolean {
  return isHere && fits !== false && problem === undefined && isAssumed !== true;
}

/** @throws {UsageError} for GPUs of which nobody says how large they are, where a model would be placed on them */
function checkSupply(supply: GpuSupply | undefined, models: readonly NamedModel[]): void {
  if (supply?.from !== 'assumed' || supply.memoryBytes !== undefined) return;
  const placed = models.find((model) => {
    const options = placedOptions(model);
    return options !== undefined && takesAssumed(options, supply);
  });
  if (placed === undefined) return;
  throw new UsageError(`--gpus without --gpu-memory does not tell how much of ${placed.name} goes to a GPU`, {
    hint: 'Add the memory of one GPU: --gpu-memory 24GiB.',
  });
}

async function knownSpeeds(
  suite: Suite,
  named: readonly NamedModel[],
  outlooks: readonly ModelOutlook[],
  tasks: readonly PlannedTask[],
  context: LocalContext,
  { store, probe, signal, onProbe }: OutlookOptions,
): Promise<readonly CellSpeed[]> {
  const isReady = (name: string): boolean => outlooks.some((model) => model.name === name && isRunHere(model));
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
  checkSupply(options.gpus, named);
  const models: ModelOutlook[] = [];
  for (const model of named) {
    models.push(await modelOutlook(model, { ...options, suite, context }));
  }
  const { tasks, problem } = await readTasks(suite, context, options.signal, origins);
  const speeds = await knownSpeeds(suite, named, models, tasks, context, options);

  const answers = named.flatMap((model, index) => {
    const outlook = models[index];
    return outlook === undefined ? [] : [answersKey(model, outlook)];
  });
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
  const refused = models
    .filter(({ fits, problem: own }) => fits === false || own !== undefined)
    .map(({ name, problem: own }) => own ?? `${name} does not fit into the free memory`);
  return {
    models,
    cells,
    duration: addEstimates(durations),
    cellsWithoutSpeed: cells.length - durations.length,
    memoryLimitBytes: options.memoryLimitBytes,
    problems: [...(problem === undefined ? [] : [problem]), ...refused],
  };
}
