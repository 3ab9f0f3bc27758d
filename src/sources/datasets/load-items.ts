import { DataError, type InvalidItemError } from '../../core/errors.ts';
import { datasetOf, type DatasetReference, type Task } from '../../core/task.ts';
import { sha256Of, type DatasetFile } from './dataset-formats.ts';
import { loadOwnItems } from './load-own.ts';
import type { LoadedItems, LoadOptions } from './loaded-items.ts';
import { checked, repeatedItem, openDataset, type DatasetRow } from './open-dataset.ts';

/**
 * Reads everything that a task needs into memory, checked.
 *
 * @throws {DataError} if data is missing, damaged, empty, too small, or its examples are the evaluated items
 * @throws {InvalidItemError} for a row that doesn't fit or whose id was there before, unless these are skipped
 */
export async function loadItems(task: Task, options: LoadOptions, signal: AbortSignal): Promise<LoadedItems> {
  if (task.own !== undefined) return loadOwnItems(task, task.own, options, signal);
  const skipped: InvalidItemError[] = [];
  const read = { task, options, signal, skipped };
  const evaluated = await readItems(read, datasetOf(task).split, datasetOf(task).source);
  const { items, itemIds } = identify(read, selectItems(task, evaluated), evaluated.places);
  const pool = task.shots > 0 ? await readExamples(read) : undefined;
  const examples = pool?.items ?? [];
  const content = [...items, 'examples', ...examples].map((item) => JSON.stringify(item));
  return {
    items,
    itemIds,
    examples,
    files: [...evaluated.files, ...(pool?.files ?? [])],
    dataSha256: sha256Of(content.join('\n')),
    itemIdsSha256: sha256Of(itemIds.join('\n')),
    skipped,
    notes: [...sizeNotes(task, items.length), ...leakNotes(task, items, examples)],
  };
}

interface Reading {
  readonly task: Task;
  readonly options: LoadOptions;
  readonly signal: AbortSignal;
  /** Grows while rows are read. */
  readonly skipped: InvalidItemError[];
}

type Places = ReadonlyMap<unknown, Pick<DatasetRow, 'file' | 'line'>>;

interface ReadItems {
  readonly items: readonly unknown[];
  readonly places: Places;
  readonly files: readonly DatasetFile[];
}

async function readItems(reading: Reading, split: string, source: DatasetReference['source']): Promise<ReadItems> {
  const { task, options, signal } = reading;
  const { name } = datasetOf(task);
  const onInvalid = (error: InvalidItemError): void => skipOrThrow(reading, error);
  const { records, files } = await openDataset(
    { name, split, dataDir: options.dataDir, source, limits: options.settings?.fileLimits, onInvalid },
    signal,
  );
  const places = new Map<unknown, Pick<DatasetRow, 'file' | 'line'>>();
  for await (const row of records) {
    const item = checked(row, row.record, () => task.parse(row.record, row.position));
    if (item.invalid === undefined) places.set(item.record, { file: row.file, line: row.line });
    else onInvalid(item.invalid);
  }
  if (places.size === 0) {
    throw new DataError(`${files.map((file) => file.path).join(', ')}: no rows for ${task.id}`, {
      hint: 'Download the data set again, or use another --data-dir.',
    });
  }
  return { items: [...places.keys()], places, files };
}

function skipOrThrow({ options, skipped }: Reading, error: InvalidItemError): void {
  if (options.skipInvalid !== true) throw error;
  skipped.push(error);
}

function selectItems(task: Task, { items, files }: ReadItems): readonly unknown[] {
  try {
    return task.select?.(items) ?? items;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DataError(`${files.map((file) => file.path).join(', ')}: ${task.id} ${error.message}`, { cause: error });
  }
}

function identify(reading: Reading, items: readonly unknown[], places: Places): Pick<LoadedItems, 'items' | 'itemIds'> {
  const byId = new Map<string, unknown>();
  const nowhere = { file: reading.task.id, line: 0 };
  for (const item of items) {
    const id = reading.task.itemId(item);
    if (!byId.has(id)) byId.set(id, item);
    else skipOrThrow(reading, repeatedItem(places.get(item) ?? nowhere, id, places.get(byId.get(id)) ?? nowhere));
  }
  return { items: [...byId.values()], itemIds: [...byId.keys()] };
}

async function readExamples(reading: Reading): Promise<ReadItems> {
  const { task } = reading;
  const dataset = datasetOf(task);
  const split = dataset.fewShotSplit;
  if (split === undefined)
    throw new DataError(`${task.id}: its data set has no split to take ${task.shots} few-shot examples from`);
  const pool = await readItems(reading, split, dataset.fewShotSource ?? dataset.source);
  if (pool.items.length >= task.shots) return pool;
  const files = pool.files.map((file) => file.path).join(', ');
  throw new DataError(`${files}: ${task.id} needs ${task.shots} few-shot examples, found ${pool.items.length} rows`);
}

function sizeNotes(task: Task, count: number): readonly string[] {
  return count === task.items ? [] : [`${task.id}: ${count} items here, ${task.items} in the published benchmark`];
}

/** An example that is also evaluated tells the model the answer. Published pools repeat a few items; more is a mix-up. */
function leakNotes(task: Task, items: readonly unknown[], examples: readonly unknown[]): readonly string[] {
  if (examples.length === 0) return [];
  const asked = new Set(items.map((item) => JSON.stringify(task.question(item, []))));
  const leaked = examples.filter((example) => asked.has(JSON.stringify(task.question(example, [])))).length;
  if (leaked > 0.02 * examples.length) {
    throw new DataError(`${task.id}: ${leaked} of ${examples.length} few-shot examples are also evaluated items`, {
      hint: 'Check which split each file contains.',
    });
  }
  return leaked === 0 ? [] : [`${task.id}: ${leaked} of ${examples.length} few-shot examples are also evaluated items`];
}
