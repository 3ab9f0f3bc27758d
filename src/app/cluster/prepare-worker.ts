import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DataError, ModelError } from '../../core/errors.ts';
import type { Manifest } from '../../core/manifest.ts';
import type { RunRecord } from '../../core/store.ts';
import { type ModelEntry, modelEntry, type Suite } from '../../core/suite.ts';
import type { PlannedModel, RunPlan } from '../../run/plan.ts';
import { findTasks } from '../find-tasks.ts';
import type { LocalContext } from '../local-context.ts';
import { type NamedModel, nameModel, prepareModels } from '../prepare-models.ts';
import { prepareTasks } from '../prepare-tasks.ts';
import { checkStoredTasks, suiteWithSecrets } from '../stored-data.ts';

/** Where a worker finds what a run needs, beside where the run found it. */
export interface WorkerFolders {
  /** Absolute; looked into for model files by their names. */
  readonly modelFolders: readonly string[];
  /** Absolute; with the data sets. */
  readonly dataDir: string | undefined;
}

/** A plan without models: those are prepared one by one, as they are claimed. */
export type WorkerPlan = RunPlan & { readonly models: readonly [] };

/**
 * What a run asks, with its data read here and found to be the same.
 *
 * @throws {DataError | InvalidItemError} if the data aren't here, or are others
 * @throws {UsageError} if a server's secret isn't in the environment
 */
export async function workerPlan(
  run: RunRecord,
  context: LocalContext,
  { dataDir }: WorkerFolders,
  signal: AbortSignal,
): Promise<WorkerPlan> {
  await checkStoredTasks(run, 'worked on');
  const filled = suiteWithSecrets(run, context.environment ?? {});
  // The folder of the machine on which the run was made may be another one here.
  const theirs = filled.dataDir !== undefined && existsSync(filled.dataDir) ? filled.dataDir : undefined;
  const folder = dataDir ?? theirs ?? context.dataDir;
  const { suite, origins } = await findTasks({ ...filled, dataDir: folder }, context, signal);
  const tasks = await prepareTasks(suite, context, signal, origins);
  for (const { task, facts } of tasks) {
    const then = run.manifest.tasks[task.id];
    if (then?.dataSha256 !== facts.dataSha256 || then.itemIdsSha256 !== facts.itemIdsSha256) {
      throw new DataError(`the data of ${task.id} here are not those that run ${run.id} began with`, {
        hint: 'Name the folder with the same data: --data-dir.',
      });
    }
    if (then.own?.scorerSha256 !== facts.own?.scorerSha256) {
      throw new DataError(`the scorer of ${task.id} here is not the one that run ${run.id} began with`, {
        hint: 'Put the same file there.',
      });
    }
  }
  return { suite, models: [], tasks, suiteKey: run.suiteKey, manifest: run.manifest };
}

/** A model as the suite writes it, and what that means here. */
export interface RunModel {
  readonly entry: ModelEntry;
  readonly named: NamedModel;
}

/** The models of a run by name, as a worker would prepare them here. */
export function modelsOfRun(suite: Suite, { workingFolder }: LocalContext): ReadonlyMap<string, RunModel> {
  return new Map(
    suite.models.map((entry) => {
      const named = nameModel(entry, workingFolder);
      return [named.name, { named, entry: modelEntry(entry) }];
    }),
  );
}

/** The entry of a model whose file lies elsewhere here. */
function relocated({ entry, named: { name, request } }: RunModel, { modelFolders }: WorkerFolders): ModelEntry {
  const source = request?.sources[0];
  if (source?.kind !== 'file' || existsSync(source.path)) return { ...entry, name };
  const here = modelFolders.map((folder) => join(folder, basename(source.path))).find((path) => existsSync(path));
  if (here !== undefined) return { ...entry, name, source: here };
  throw new ModelError(`${name}: ${source.path} is not here`, {
    hint: 'Put the file there, or name the folder that has it: --model-dir FOLDER.',
  });
}

/**
 * Brings a model of a run onto this machine and checks that it is the one that the run began with.
 *
 * @throws {ModelError | DownloadError | EnvironmentError | UsageError} if it can't be had here, or is another one
 */
export async function workerModel(
  wanted: RunModel,
  { suite, manifest }: Pick<RunPlan, 'suite' | 'manifest'>,
  context: LocalContext,
  folders: WorkerFolders,
  signal: AbortSignal,
): Promise<PlannedModel> {
  const own = { ...suite, models: [relocated(wanted, folders)] };
  const [model] = await prepareModels(own, context, signal);
  if (model === undefined) throw new Error(`${wanted.named.name} was not prepared`);
  checkModel(model, manifest);
  return model;
}

function checkModel({ spec, facts }: PlannedModel, { models }: Manifest): void {
  const then = models[spec.name];
  const pairs = [
    { file: spec.file ?? facts.source, sha256: facts.fileSha256, expected: then?.fileSha256 },
    { file: facts.draftFile?.source ?? '', sha256: facts.draftFile?.fileSha256, expected: then?.draftFile?.fileSha256 },
  ];
  for (const { file, sha256, expected } of pairs) {
    if (sha256 === expected) continue;
    throw new ModelError(
      `${spec.name}: ${file} is another file than the run began with: sha256 ${sha256?.slice(0, 12) ?? 'none'}…, expected ${expected?.slice(0, 12) ?? 'none'}…`,
      { hint: 'Put the same file there, or name the folder that has it: --model-dir FOLDER.' },
    );
  }
}
