import { type Cell, numberCell } from '../../present/document.ts';
import { plainTable } from '../../present/terminal.ts';
import { DataError } from '../../core/errors.ts';
import type { DatasetName } from '../../core/task.ts';
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
import { exitCodes } from '../exit-codes.ts';
import { dataFolder, sourceSettings } from '../local-world.ts';
import type { CommandHandler } from '../options/command.ts';
import { createStatusLine } from '../progress/status-line.ts';
import type { dataOptions, noOptions } from '../tables/prepare-options.ts';

export const dataList: CommandHandler<typeof dataOptions> = async ({ options }, context) => {
  const folder = dataFolder(options.dataDir, context, sourceSettings(context));
  let isComplete = true;
  const rows: (readonly Cell[])[] = [];
  for (const task of await loadTasks('all')) {
    const { name, split } = task.dataset;
    const found = await whereIs(name, split, folder);
    isComplete &&= found.paths !== undefined;
    const { repo, licence } = hubDatasets[name];
    context.output.record('dataset', { name, split, items: task.items, repo, licence, ...found });
    rows.push([name, split, numberCell(task.items, 0), licence, found.paths?.join(' ') ?? 'not found', repo]);
  }
  context.output.result(plainTable(['data set', 'split', 'items', 'licence', 'location', 'hub repository'], rows));
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
    if (!wanted.has(task.dataset.name)) return [];
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
