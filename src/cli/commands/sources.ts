import { type Cell, type Line, line, listBlock, numberCell, sizeCell } from '../../present/document.ts';
import { UsageError, DataError } from '../../core/errors.ts';
import { truncateText } from '../../present/text-width.ts';
import { countText, sizeText } from '../../core/amount-text.ts';
import { type ContextMemory, describeModel, type ModelDescription } from '../../sources/model-facts.ts';
import {
  type DiskUsage,
  diskUsage,
  listModels,
  removeModel,
  verifyModel,
  type ListedModel,
} from '../../sources/model-list.ts';
import { gpuSupply } from '../../app/gpu-outlook.ts';
import { readGpuDevices } from '../../meters/devices/gpu-tools.ts';
import { requireFlag, showFit } from './estimates.ts';
import { pullModel } from '../../sources/pull-model.ts';
import { exitCodes } from '../exit-codes.ts';
import { sourceSettings, dataFolder } from '../local-world.ts';
import type { CommandHandler } from '../options/command.ts';
import { parametersCell } from '../parameters-cell.ts';
import { printTable, printBlocks } from '../print-document.ts';
import { createStatusLine } from '../progress/status-line.ts';
import type { modelsListOptions, noOptions, dataOptions } from '../tables/prepare-options.ts';
import { datasetOf, type DatasetName } from '../../core/task.ts';
import {
  datasetNames,
  hubDatasets,
  hubDataset,
  isDatasetPulled,
  pullDataset,
  verifyDataset,
} from '../../sources/pull-dataset.ts';
import { findDataset } from '../../sources/datasets/find-dataset.ts';
import { loadItems } from '../../sources/datasets/load-items.ts';
import { checkData, type DataCheck } from '../../tasks/data-checks.ts';
import { loadTasks } from '../../tasks/index.ts';
import type { CliContext } from '../context.ts';

export const modelsList: CommandHandler<typeof modelsListOptions> = async ({ options, origins }, context) => {
  if (options.fit === true) {
    const { gpuMemory: memoryBytes, gpus: count, recalibrate = false, allowBusy } = options;
    const gpus = gpuSupply(await readGpuDevices(), { memoryBytes, count });
    return showFit({ gpus, recalibrate, allowBusy: allowBusy === true }, context);
  }
  requireFlag('--fit', ['recalibrate', 'allowBusy', 'gpuMemory', 'gpus'], origins);
  const settings = sourceSettings(context);
  const all = await listModels(settings);
  const models = all.filter(
    ({ path, entry }) => options.all === true || path !== undefined || entry?.pip !== undefined,
  );
  for (const model of models) context.output.record('model', model);
  printTable(['model', 'parameters', 'size', 'licence', 'on disk', 'source'], models.map(modelRow), context);
  const usage = await diskUsage(all, settings);
  context.output.record('total', usage);
  context.output.result(usageText(usage));
  const hidden = all.length - models.length;
  if (hidden > 0) context.output.note(`and ${hidden} more in the catalogue: perbench models list --all`);
  return exitCodes.done;
};

function usageText({ models, bytes, unfinishedBytes }: DiskUsage): string {
  const unfinished = unfinishedBytes === 0 ? '' : `, and ${sizeText(unfinishedBytes)} of unfinished downloads`;
  return `\non disk: ${models} ${models === 1 ? 'model' : 'models'}, ${sizeText(bytes)}${unfinished}`;
}

function modelRow({ name, entry, bytes, path, source }: ListedModel): readonly Cell[] {
  const parameters = entry === undefined ? '' : parametersCell(entry.parameters);
  return [
    name,
    parameters,
    bytes === undefined ? '' : sizeCell(bytes),
    entry?.licence ?? '',
    path === undefined ? 'no' : 'yes',
    truncateText(source, 70),
  ];
}

export const modelsShow: CommandHandler<typeof noOptions> = async ({ arguments: [name = ''] }, context) => {
  const model = await describeModel(name, sourceSettings(context), {
    baseDir: context.workingFolder,
    signal: context.interruption.signal,
  });
  context.output.record('model', model);
  printBlocks(listBlock(descriptionLines(model)), context);
  if (model.path === undefined) {
    context.output.note(`Not on this machine, so its file tells nothing: perbench models pull ${name}`);
  }
  return exitCodes.done;
};

function descriptionLines(model: ModelDescription): readonly Line[] {
  const { parameters, bytes, contextTokens, madeFrom, memory } = model;
  const known = (value: string | undefined): string => value ?? 'unknown';
  const facts: readonly (readonly [label: string, text: string])[] = [
    ['model', model.name],
    // `--json` has it in full.
    ['source', truncateText(model.source, 100)],
    ['file', model.path ?? 'not on this machine'],
    ['size', known(bytes === undefined ? undefined : sizeText(bytes))],
    ['sha256', known(model.sha256)],
    ['architecture', known(model.architecture)],
    ['parameters', parameters === undefined ? 'unknown' : countText(parameters)],
    ['quantisation', known(model.quantisation)],
    ...(madeFrom === undefined
      ? []
      : [['made from', `${madeFrom.fromType}, sha256 ${madeFrom.fromSha256}, by ${madeFrom.by}`] as const]),
    ['context length', contextTokens === undefined ? 'unknown' : `${countText(contextTokens)} tokens`],
    ['chat template', known(model.chatTemplate)],
    ['licence', known(model.licence)],
    ...(memory.length === 0 ? [['memory', 'unknown'] as const] : memory.map(memoryLine)),
  ];
  return facts.map(([label, text]) => line(text, 'plain', label));
}

function memoryLine({ contextTokens, sequences, bytes }: ContextMemory): readonly [label: string, text: string] {
  const of = sequences === 1 ? 'one sequence' : `${sequences} sequences`;
  return ['memory', `about ${sizeText(bytes)} for ${of} of ${countText(contextTokens)} tokens (an upper bound)`];
}

export const modelsPull: CommandHandler<typeof noOptions> = async ({ arguments: names }, context) => {
  const settings = sourceSettings(context);
  for (const name of names) {
    const status = createStatusLine(context);
    const pulled = await pullModel(name, settings, {
      baseDir: context.workingFolder,
      signal: context.interruption.signal,
      onProgress: (progress) => status.pull(progress),
    }).finally(() => status[Symbol.dispose]());
    context.output.record('model', pulled);
    context.output.result(
      `${pulled.name}: ${pulled.isFetched ? 'downloaded' : 'already on disk'}, ${sizeText(pulled.bytes)}, ${pulled.path}`,
    );
  }
  return exitCodes.done;
};

export const modelsVerify: CommandHandler<typeof noOptions> = async ({ arguments: names }, context) => {
  const settings = sourceSettings(context);
  const here = async (): Promise<readonly string[]> =>
    (await listModels(settings)).flatMap(({ path, entry, name, source }) =>
      path === undefined ? [] : [entry === undefined ? source : name],
    );
  let isBad = false;
  for (const name of names.length > 0 ? names : await here()) {
    const status = createStatusLine(context);
    const verified = await verifyModel(name, settings, {
      baseDir: context.workingFolder,
      signal: context.interruption.signal,
      onProgress: (progress) => status.pull(progress),
    }).finally(() => status[Symbol.dispose]());
    const { state, sha256, expectedSha256 } = verified;
    isBad ||= state === 'changed' || state === 'missing';
    context.output.record('model', verified);
    const detail =
      state === 'changed' ? `: ${sha256}, expected ${expectedSha256}` : sha256 === undefined ? '' : `: ${sha256}`;
    context.output.result(`${verified.name}: ${state}${detail}`);
  }
  return isBad ? exitCodes.environment : exitCodes.done;
};

export const modelsRemove: CommandHandler<typeof noOptions> = async ({ arguments: names }, context) => {
  const settings = sourceSettings(context);
  for (const name of names) {
    const freedBytes = await removeModel(name, settings, { baseDir: context.workingFolder });
    if (freedBytes === undefined) {
      throw new UsageError(`${name} is not on this machine`, { hint: 'List the models with perbench models list.' });
    }
    context.output.record('model', { name, freedBytes });
    context.output.result(`${name}: removed, ${sizeText(freedBytes)} freed`);
  }
  return exitCodes.done;
};

export const dataList: CommandHandler<typeof dataOptions> = async ({ options }, context) => {
  const folder = dataFolder(options.dataDir, context, sourceSettings(context));
  let isComplete = true;
  const rows: (readonly Cell[])[] = [];
  for (const task of await loadTasks('all')) {
    const { name, split } = datasetOf(task);
    const found = await whereIs(name, split, folder);
    isComplete &&= found.paths !== undefined;
    const { repo, licence } = hubDatasets[name];
    context.output.record('dataset', { name, split, items: task.items, repo, licence, ...found });
    rows.push([name, split, numberCell(task.items, 0), licence, found.paths?.join(' ') ?? 'not found', repo]);
  }
  printTable(['data set', 'split', 'items', 'licence', 'location', 'hub repository'], rows, context);
  if (!isComplete) {
    context.output.note('Run perbench data pull to download them, or pass their folder with --data-dir.');
  }
  return exitCodes.done;
};

async function whereIs(
  name: DatasetName,
  split: string,
  folder: string | undefined,
): Promise<{ readonly paths?: readonly string[]; readonly problem?: string }> {
  try {
    return { paths: (await findDataset(name, split, folder)).paths };
  } catch (error) {
    if (error instanceof DataError) return { problem: error.message };
    throw error;
  }
}

export const dataPull: CommandHandler<typeof noOptions> = async ({ arguments: names }, context) => {
  const settings = sourceSettings(context);
  const wanted = (names.length > 0 ? names : datasetNames).map((name) => hubDataset(name));
  for (const dataset of wanted) {
    const status = createStatusLine(context);
    const pulled = await pullDataset(dataset, settings, {
      signal: context.interruption.signal,
      onProgress: (progress) => status.pull(progress),
    }).finally(() => status[Symbol.dispose]());
    const fetched = pulled.files.filter(({ isFetched }) => isFetched).length;
    context.output.record('dataset', pulled);
    context.output.result(
      `${pulled.name}: ${fetched} of ${pulled.files.length} files downloaded, ${pulled.folder} (licence: ${pulled.licence})`,
    );
  }
  return exitCodes.done;
};

export const dataVerify: CommandHandler<typeof dataOptions> = async ({ arguments: names, options }, context) => {
  const wanted = new Set((names.length > 0 ? names : datasetNames).map((name) => hubDataset(name).name));
  const areFilesGood = await verifyFiles(wanted, context);
  const folder = dataFolder(options.dataDir, context, sourceSettings(context));
  const { signal } = context.interruption;
  const checks = await checkData(async (task) => {
    if (!wanted.has(datasetOf(task).name)) return [];
    return (await loadItems(task, { dataDir: folder }, signal)).items;
  });
  const shown = checks.filter(({ dataset }) => wanted.has(dataset));
  for (const check of shown) {
    context.output.record('digest', check);
    context.output.result(checkText(check));
  }
  const areDigestsGood = shown.every(({ status }) => status === 'match' || status === 'deviation');
  return areFilesGood && areDigestsGood ? exitCodes.done : exitCodes.environment;
};

/** Files from the hub have checksums of their own. */
async function verifyFiles(names: ReadonlySet<DatasetName>, context: CliContext): Promise<boolean> {
  const settings = sourceSettings(context);
  let areGood = true;
  for (const name of names) {
    if (!(await isDatasetPulled(name, settings))) continue;
    for (const file of await verifyDataset(name, settings, { signal: context.interruption.signal })) {
      areGood &&= file.state === 'intact';
      context.output.record('file', { dataset: name, ...file });
      context.output.result(`${name}: ${file.state} ${file.path}`);
    }
  }
  return areGood;
}

function checkText({ name, status, reason, actual }: DataCheck): string {
  const detail = reason ?? actual ?? '';
  return `${name}: ${status}${detail === '' ? '' : ` (${detail})`}`;
}
