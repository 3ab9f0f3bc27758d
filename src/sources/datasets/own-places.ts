import { readdir, readlink, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DataError } from '../../core/errors.ts';
import { nearestName } from '../../core/nearest-name.ts';
import { shortList } from '../../core/row-places.ts';
import type { DataSource } from '../../core/task-definition.ts';
import { ifThere } from '../../files/if-there.ts';
import { formatOfName } from './own-formats.ts';

export interface FoundFiles {
  readonly paths: readonly string[];
  readonly notes: readonly string[];
}

/** Parts of data sets, as the hub and people call them. */
const splitNames = ['test', 'train', 'validation', 'valid', 'val', 'dev', 'eval'];

export function isSplitName(name: string): boolean {
  return splitNames.includes(name);
}

/** The split that a file's name says: `test` of `test-00000-of-00002.parquet` and `test.csv.gz`. */
export function splitOf(name: string): string {
  return basename(name)
    .replace(/\.[^.]+(?:\.gz)?$/iu, '')
    .replace(/[-_.]\d{5}-of-\d{5}.*$/u, '');
}

/**
 * The files of one split: of the wanted one, else `test`, else the only one.
 *
 * @param splits what there is, by split
 * @param place for messages
 */
export function chooseSplit<File>(
  splits: ReadonlyMap<string, readonly File[]>,
  nameOf: (file: File) => string,
  wanted: string | undefined,
  place: string,
): { readonly split: string; readonly files: readonly File[] } {
  const names = [...splits.keys()];
  const split = wanted ?? (splits.has('test') ? 'test' : names.length === 1 ? names[0] : undefined);
  const files = split === undefined ? undefined : splits.get(split);
  if (split !== undefined && files !== undefined) {
    requireAllParts(files.map(nameOf), place);
    return { split, files };
  }
  const near = wanted === undefined ? undefined : nearestName(wanted, names);
  const what = wanted === undefined ? 'several splits and none called test' : `no split "${wanted}"`;
  throw new DataError(`${place}: ${what}; found ${names.slice(0, 12).join(', ')}`, {
    hint: near === undefined ? 'Choose one with split.' : `Did you mean "${near}"?`,
  });
}

/** A split in several files is whole only with all of them. */
function requireAllParts(names: readonly string[], place: string): void {
  const parts = names.map((name) => /-(\d{5})-of-(\d{5})\./u.exec(name)).filter((match) => match !== null);
  const [first] = parts;
  const total = Number(first?.[2] ?? 0);
  if (parts.length >= total) return;
  throw new DataError(`${place}: ${parts.length} of ${total} parts are here, such as ${names[0]}`, {
    hint: 'Download the data set again.',
  });
}

export function groupedBy<Value>(values: readonly Value[], keyOf: (value: Value) => string): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
}

/**
 * The data files that a path stands for: the file itself, or those of a folder.
 *
 * @throws {DataError} if there is none, or it isn't clear which
 */
export async function findOwnFiles(source: DataSource): Promise<FoundFiles> {
  const facts = await lookAt(source.path);
  if (facts === undefined) throw await missing(source.path);
  if (facts.isDirectory()) return filesOfFolder(source);
  if (!facts.isFile()) throw new DataError(`${source.path}: neither a file nor a folder`);
  if (source.split !== undefined || source.config !== undefined) {
    throw new DataError(
      `${source.path}: split and config choose among the files of a folder or a data set of the hub`,
      {
        hint: 'Leave them out: this is one file.',
      },
    );
  }
  return { paths: [source.path], notes: [] };
}

async function lookAt(
  path: string,
): ReturnType<typeof stat> extends Promise<infer Facts> ? Promise<Facts | undefined> : never {
  try {
    return await ifThere(stat(path));
  } catch (error) {
    throw new DataError(`${path}: cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

async function missing(path: string): Promise<DataError> {
  const beside = (await ifThere(readdir(dirname(path)))) ?? [];
  const target = await linkTarget(path);
  if (target !== undefined)
    return new DataError(`${path}: a link to ${target}, which is not there`, { hint: 'Mend the link.' });
  const near = nearestName(basename(path), beside);
  return new DataError(`${path}: no such file`, {
    hint: near === undefined ? 'Check the path.' : `Did you mean "${join(dirname(path), near)}"?`,
  });
}

/** What a link leads to, as it says it; undefined for what is none. */
async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch {
    return undefined;
  }
}

async function filesOfFolder({ path: folder, split: wanted }: DataSource): Promise<FoundFiles> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .toSorted();
  const data = names.filter((name) => formatOfName(name) !== undefined);
  if (data.length === 0) {
    throw new DataError(`${folder}: no CSV, TSV, JSON, JSON Lines or Parquet file in this folder`, {
      hint: 'Name the file itself, or the folder that holds it.',
    });
  }
  const splits = groupedBy(data, splitOf);
  const hasSplits = wanted !== undefined || [...splits.keys()].some(isSplitName);
  const chosen = hasSplits ? chooseSplit(splits, (name) => name, wanted, folder).files : data;
  const formats = groupedBy(chosen, (name) => formatOfName(name) ?? '');
  if (formats.size > 1) {
    const each = [...formats.values()].map(([first]) => first).join(' and ');
    throw new DataError(`${folder}: files of several formats, such as ${each}`, { hint: 'Name the file itself.' });
  }
  const unread = names.filter((name) => !chosen.includes(name));
  const read = chosen.length > 3 ? `${chosen.length} files, ${chosen[0]} to ${chosen.at(-1)}` : chosen.join(', ');
  return {
    paths: chosen.map((name) => join(folder, name)),
    notes: [`${folder}: read ${read}${unread.length === 0 ? '' : `; not read: ${shortList(unread, 6)}`}`],
  };
}
