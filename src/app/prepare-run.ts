import type { Manifest } from '../core/manifest.ts';
import type { ModelSpec } from '../core/engine.ts';
import { keyPart } from '../core/settings.ts';
import type { Suite } from '../core/suite.ts';
import { suiteSettings } from '../core/suite-settings.ts';
import { rememberSecretsIn, rememberSecretVariables, valueWithoutSecrets } from '../core/without-secrets.ts';
import { hashJson } from '../run/content-key.ts';
import { memoryLimitBytes } from '../meters/host-limits.ts';
import type { PlannedModel, PlannedTask, RunPlan } from '../run/plan.ts';
import { findModels } from './find-models.ts';
import { findTasks, type FindTasksOptions } from './find-tasks.ts';
import type { LocalContext } from './local-context.ts';
import { checkEngines, nameModel, prepareModels } from './prepare-models.ts';
import { unaskedNotes } from './needed-limits.ts';
import { checkSchemas } from './check-schemas.ts';
import { baseNotes, checkRace, planRace, raceQuestionOf, type RaceSource, standInNotes } from './plan-race.ts';
import { prepareTasks } from './prepare-tasks.ts';

/** The values of those settings that enter the key in this way, in the order of the table. */
function valuesInKey(suite: Suite, way: 'value' | 'load'): readonly unknown[] {
  return Object.entries(suiteSettings).flatMap(([name, setting]) =>
    keyPart(setting) === way ? [suite[name as keyof Suite]] : [],
  );
}

/** Settings that enter the key only where they aren't their defaults, by name. */
function changesInKey(suite: Suite): Readonly<Record<string, unknown>> {
  const values = Object.entries(suiteSettings)
    .filter(([, setting]) => keyPart(setting) === 'change')
    // A stored suite may be of a time before the setting.
    .map(([name, { fallback }]) => ({ name, fallback, value: suite[name as keyof Suite] ?? fallback }));
  return Object.fromEntries(
    values.filter(({ value, fallback }) => value !== fallback).map(({ name, value }) => [name, value]),
  );
}

/** How a model is asked, where that isn't the default: keys of models without any stay what they were. */
function answerSetting({ thinking, templateArgs, structuredOutput }: ModelSpec): readonly unknown[] {
  const set = { thinking, templateArgs, structuredOutput };
  return Object.values(set).every((value) => value === undefined) ? [] : [set];
}

/** sha256 of what decides a run's results; where files lie and what things are called isn't in it. */
export function suiteKey(suite: Suite, models: readonly PlannedModel[], tasks: readonly PlannedTask[]): string {
  const load = valuesInKey(suite, 'load');
  return hashJson({
    models: models.map(({ spec, facts }) => [
      spec.name,
      facts.fileSha256 ?? facts.source,
      spec.engine,
      spec.promptStyle,
      // The same server with another key is the same.
      valueWithoutSecrets(spec.engineOptions),
      ...answerSetting(spec),
    ]),
    tasks: tasks.map(({ task, facts }) => [task.id, facts.dataSha256, facts.evaluatedItems]),
    settings: valuesInKey(suite, 'value'),
    // Suites without a load of their own keep the key that they had before there was one.
    ...(load.some((value) => value !== undefined) && { load }),
    ...changesInKey(suite),
  });
}

async function describeRun(
  suite: Suite,
  models: readonly PlannedModel[],
  tasks: readonly PlannedTask[],
  context: LocalContext,
): Promise<Manifest> {
  return {
    perbenchVersion: context.perbenchVersion,
    nodeVersion: process.version,
    commandLine: context.commandLine,
    host: await context.hostFacts(),
    models: Object.fromEntries(models.map(({ spec, facts }) => [spec.name, facts])),
    tasks: Object.fromEntries(tasks.map(({ task, facts }) => [task.id, facts])),
    seed: suite.seed,
    race: undefined,
    imported: undefined,
  };
}

export interface PrepareOptions extends RaceSource, FindTasksOptions {
  /** The suite is that of a stored run: its models were found when the run began, and keep their names. */
  readonly isStored?: boolean;
}

/**
 * Everything that a run needs: models on this machine, data read and checked, and what a race asks. Data comes before
 * models: it is checked in seconds, while models may take hours to fetch.
 *
 * @throws {UsageError} if the suite asks a question that can't be decided, for a load that can't be measured, or that
 *   answers be held to a schema that they can't be held to
 * @throws {DataError | InvalidItemError | ModelError | DownloadError | ServerError} if data or models can't be had
 */
export async function prepareRun(
  written: Suite,
  context: LocalContext,
  signal: AbortSignal,
  { isStored = false, limitShare, ...race }: PrepareOptions = {},
): Promise<RunPlan> {
  rememberSecretVariables(context.environment ?? {});
  rememberSecretsIn(written.models);
  // These checks cost nothing, so a misspelt model isn't found only after the data was read.
  const asked = raceQuestionOf(written);
  await checkEngines(written, context.workingFolder);
  const found = await findTasks(written, context, signal, { limitShare });
  await checkRace(found.suite, race, context.ownTasks);
  const suite = isStored ? found.suite : await findModels(found.suite, context, signal);
  raceQuestionOf(
    suite,
    suite.models.map((entry) => nameModel(entry, context.workingFolder).name),
  );
  const tasks = await prepareTasks(suite, context, signal, found.origins);
  checkSchemas(suite, tasks, context.workingFolder);
  const models = await prepareModels(suite, context, signal);
  const manifest = await describeRun(suite, models, tasks, context);
  const plan = { suite, models, tasks, suiteKey: suiteKey(suite, models, tasks), manifest };
  const raced = await planRace(plan, race, memoryLimitBytes());
  const taskIds = raced.tasks.map(({ task }) => task.id);
  for (const note of [...baseNotes(raced, asked), ...standInNotes(raced), ...unaskedNotes(taskIds, [raced])])
    context.onNote?.(note);
  return raced;
}

/**
 * The same run within a time: as many items of each task as fit into it.
 *
 * @param plan under the paper protocol, whose one pass gives the times as well
 */
export function withTimeLimit(plan: RunPlan, timeLimitMs: number): RunPlan {
  return {
    ...plan,
    suiteKey: hashJson([plan.suiteKey, timeLimitMs]),
    manifest: { ...plan.manifest, timeLimitMs },
  };
}
