import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '../../core/errors.ts';
import type { DatasetName } from '../../core/task.ts';
import { ifThere } from '../../files/if-there.ts';

export interface FoundDataset {
  readonly format: DatasetFormat;
  /** One file or folder; several only for the shards of a parquet file, in order. */
  readonly paths: readonly string[];
}

/**
 * Looks a split up in a data folder.
 *
 * @throws {DataError} if the folder or the split isn't there, with what was looked for, or a shard is missing
 */
export async function findDataset(
  name: DatasetName,
  split: string,
  dataDir: string | undefined,
): Promise<FoundDataset> {
  const hint = `Use --data-dir with a folder that contains it, or run \`perbench data pull ${name}\`.`;
  if (dataDir === undefined) throw new DataError(`${name}: no data folder given`, { hint });
  if (!(await isFolder(dataDir))) throw new DataError(`${name}: ${dataDir} is not a folder`, { hint });
  const places = datasetPlaces(name, split);
  for (const place of places) {
    const paths = await pathsAt(path.join(dataDir, place.folder), place);
    if (paths.length > 0) return { format: place.format, paths };
  }
  const wanted = places.map(describePlace).join(', ');
  throw new DataError(`${name}: split "${split}" is not in ${dataDir}; looked for ${wanted}`, { hint });
}

async function pathsAt(folder: string, { name, format }: DatasetPlace): Promise<readonly string[]> {
  if (format === 'parquet') return shardsIn(folder, name);
  const at = path.join(folder, name);
  if (format === 'acl-imdb') return (await isFolder(path.join(at, 'pos'))) ? [at] : [];
  for (const candidate of [at, `${at}.gz`]) if (await isFile(candidate)) return [candidate];
  return [];
}

async function shardsIn(folder: string, split: string): Promise<readonly string[]> {
  const names = (await isFolder(folder)) ? (await readdir(folder)).toSorted() : [];
  const single = names.find((name) => name === `${split}.parquet`);
  if (single !== undefined) return [path.join(folder, single)];
  const shards = names.flatMap((name) => {
    const [, stem, index, count] = /^(.+)-(\d{5})-of-(\d{5})\.parquet$/u.exec(name) ?? [];
    return stem === split ? [{ name, index: Number(index), count: Number(count) }] : [];
  });
  const missing = Array.from({ length: shards[0]?.count ?? 0 }, (_, index) => index).find(
    (index) => shards[index]?.index !== index,
  );
  if (missing !== undefined) {
    throw new DataError(
      `${folder}: shard ${missing} of ${shards[0]?.count} of the parquet file "${split}" is missing`,
      { hint: 'Download the data set again.' },
    );
  }
  return shards.map(({ name }) => path.join(folder, name));
}

async function isFile(at: string): Promise<boolean> {
  return (await look(at))?.isFile() ?? false;
}

async function isFolder(at: string): Promise<boolean> {
  return (await look(at))?.isDirectory() ?? false;
}

async function look(at: string): Promise<Stats | undefined> {
  try {
    return await ifThere(stat(at));
  } catch (error) {
    throw new DataError(`${at}: ${(error as Error).message}`, { cause: error });
  }
}

export type DatasetFormat = 'jsonl' | 'squad-json' | 'parquet' | 'acl-imdb';

/** A place where rows of one split may lie, relative to the data folder. */
export interface DatasetPlace {
  /** Folder, with `/` between parts; empty for the data folder itself. */
  readonly folder: string;
  /** File name, sub-folder (`acl-imdb`), or start of the names of shards (`parquet`). */
  readonly name: string;
  readonly format: DatasetFormat;
}

interface DatasetLayout {
  /** Folders that hold the data set, best first. */
  readonly folders: readonly string[];
  /** Folders of the hub's parquet below those: its configurations. */
  readonly configurations: readonly string[];
  /** Names by split, best first, parquet aside: that is named after the split everywhere. */
  readonly names: Readonly<Record<string, readonly string[]>>;
  readonly format: Exclude<DatasetFormat, 'parquet'>;
}

const layouts: Readonly<Record<DatasetName, DatasetLayout>> = {
  gsm8k: {
    folders: ['gsm8k', 'grade_school_math/data', 'grade-school-math/grade_school_math/data', ''],
    configurations: ['main'],
    names: { test: ['test.jsonl'], train: ['train.jsonl'] },
    format: 'jsonl',
  },
  hellaswag: {
    folders: ['hellaswag', 'hellaswag/data', ''],
    configurations: ['data', 'default'],
    names: {
      validation: ['hellaswag_val.jsonl', 'hellaswag_val.derived.jsonl'],
      train: ['hellaswag_train.jsonl'],
    },
    format: 'jsonl',
  },
  arc_easy: {
    folders: ['arc_easy', 'ai2_arc', 'ARC-V1-Feb2018-2/ARC-Easy', 'arc_easy/ARC-V1-Feb2018-2/ARC-Easy', 'ARC-Easy', ''],
    configurations: ['ARC-Easy'],
    names: {
      test: ['ARC-Easy-Test.jsonl', 'ARC-Easy-test.jsonl'],
      train: ['ARC-Easy-Train.jsonl', 'ARC-Easy-train.jsonl'],
      validation: ['ARC-Easy-Dev.jsonl', 'ARC-Easy-validation.jsonl'],
    },
    format: 'jsonl',
  },
  squad2: {
    folders: ['squad2', 'squad_v2', ''],
    configurations: ['squad_v2'],
    names: {
      validation: ['dev-v2.0.json', 'dev-v2.0.rebuilt.json', 'dev-v2.0.jsonl'],
      train: ['train-v2.0.json', 'train-v2.0.jsonl'],
    },
    format: 'squad-json',
  },
  imdb: {
    folders: ['imdb', 'aclImdb', ''],
    configurations: ['plain_text'],
    names: { test: ['imdb_test.jsonl'], train: ['imdb_train.jsonl'] },
    format: 'jsonl',
  },
};

/**
 * Every place where a split may lie, best first: what perbench's own layout and the official releases are called, then
 * the hub's rows as JSON lines, named after the split, then its parquet. A name may also end in `.gz`, except for
 * parquet.
 */
function datasetPlaces(name: DatasetName, split: string): readonly DatasetPlace[] {
  const { folders, configurations, names, format } = layouts[name];
  const files = folders.flatMap((folder) =>
    [...new Set([...(names[split] ?? []), ...(folder === '' ? [] : [`${split}.jsonl`])])].map((file) => ({
      folder,
      name: file,
      format: file.endsWith('.jsonl') ? 'jsonl' : format,
    })),
  );
  const reviewFolders = name === 'imdb' ? ['imdb', 'imdb/aclImdb', 'aclImdb', ''] : [];
  const reviews = reviewFolders.map((folder) => ({ folder, name: split, format: 'acl-imdb' }) as const);
  // Directly in the data folder `test-00000-of-00001.parquet` could be anybody's.
  const shardFolders = folders.flatMap((folder) => [
    ...configurations.map((configuration) => (folder === '' ? configuration : `${folder}/${configuration}`)),
    ...(folder === '' ? [] : [folder]),
  ]);
  const shards = [...new Set(shardFolders)].map((folder) => ({ folder, name: split, format: 'parquet' }) as const);
  return [...files, ...reviews, ...shards];
}

/** How a place is written in messages: `gsm8k/main/test-*.parquet`. */
function describePlace({ folder, name, format }: DatasetPlace): string {
  const start = folder === '' ? '' : `${folder}/`;
  if (format === 'acl-imdb') return `${start}${name}/pos/*.txt`;
  return format === 'parquet' ? `${start}${name}-*.parquet` : start + name;
}
