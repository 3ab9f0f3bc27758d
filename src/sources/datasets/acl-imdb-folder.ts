import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { DataError } from '../../core/errors.ts';
import { decodeText, readDatasetFile, sha256Of, type DatasetFile } from './dataset-file.ts';
import type { RawRow } from './raw-row.ts';

/**
 * Reviews of an unpacked aclImdb folder (`pos/*.txt`, `neg/*.txt`), positives first, by number. The folder counts as
 * one file: its hash is taken over the names and hashes of the reviews.
 *
 * @throws {DataError} if one of the two folders is missing or a review isn't UTF-8
 */
export async function readAclImdbFolder(
  folder: string,
  signal: AbortSignal,
): Promise<{ readonly file: DatasetFile; readonly rows: readonly RawRow[] }> {
  const rows: RawRow[] = [];
  const hashes: string[] = [];
  let bytes = 0;
  for (const [name, label] of [
    ['pos', 1],
    ['neg', 0],
  ] as const) {
    for (const review of await reviewNames(path.join(folder, name))) {
      const { file, content } = await readDatasetFile(path.join(folder, name, review), signal);
      rows.push({ value: { text: decodeText(content, file.path), label }, file: file.path, line: 1 });
      hashes.push(`${name}/${review} ${file.sha256}\n`);
      bytes += file.bytes;
    }
  }
  return { file: { path: folder, sha256: sha256Of(hashes.join('')), bytes }, rows };
}

async function reviewNames(folder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => /^\d+_\d+\.txt$/u.test(name))
      .toSorted((left, right) => Number.parseInt(left, 10) - Number.parseInt(right, 10));
  } catch (error) {
    throw new DataError(`${folder}: cannot be read: ${(error as Error).message}`, {
      hint: 'Unpack the whole aclImdb archive.',
      cause: error,
    });
  }
}
