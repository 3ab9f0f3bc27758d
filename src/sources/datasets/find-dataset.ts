import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '../../core/errors.ts';
import type { DatasetName } from '../../core/task.ts';
import { ifThere } from '../../files/if-there.ts';
import { datasetPlaces, describePlace, type DatasetFormat, type DatasetPlace } from './dataset-layout.ts';

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
  const hint = `Pass --data-dir with a folder that holds it, or run \`perbench data pull ${name}\`.`;
  if (dataDir === undefined) throw new DataError(`${name}: no data folder was given`, { hint });
  if (!(await isFolder(dataDir))) throw new DataError(`${name}: data folder ${dataDir} is not a folder`, { hint });
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
      { hint: 'Fetch the data set again.' },
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
