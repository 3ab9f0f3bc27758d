import { statfs } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { sizeText } from '../core/amount-text.ts';
import { EnvironmentError } from '../core/errors.ts';
import { isSystemError, systemErrorWords } from '../core/system-error.ts';
import { isMissing } from '../files/if-there.ts';
import { makeFolder as makeMissing } from '../files/make-folder.ts';
import { replaceFile, replaceLink } from '../files/replace-file.ts';

/** What to do about a full disk, and about a place that may not be written. */
export interface DiskHints {
  readonly space: string;
  readonly rights: string;
}

const cacheHints: DiskHints = {
  space: 'Free some space, or set XDG_CACHE_HOME (hub files: HF_HUB_CACHE) to a folder on another disk.',
  rights: 'Make it writable, or set XDG_CACHE_HOME (hub files: HF_HUB_CACHE) to another folder.',
};

/** Bytes that this user may still write on the disk of `folder`, which need not exist yet. */
export async function freeBytes(folder: string): Promise<number> {
  for (let current = folder; ; current = dirname(current)) {
    try {
      const { bavail, bsize } = await statfs(current);
      return bavail * bsize;
    } catch (error) {
      if (!isMissing(error) || dirname(current) === current) throw error;
    }
  }
}

/**
 * Sets a symbolic link in the cache.
 *
 * @param target absolute; the link is relative, so that the cache can be moved
 * @throws {EnvironmentError} if the disk may not be written
 */
export async function linkAtomically(path: string, target: string): Promise<void> {
  await explained(path, replaceLink(path, relative(dirname(path), target)));
}

/** Turns what the system refuses into one clear line; anything else comes back as it was. */
export async function explainDiskError(
  error: unknown,
  path: string,
  neededBytes?: number,
  hints: DiskHints = cacheHints,
): Promise<unknown> {
  if (!isSystemError(error)) return error;
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    const free = sizeText(await freeBytes(dirname(path)));
    const needed = neededBytes === undefined ? '' : `needs ${sizeText(neededBytes)} more, `;
    return new EnvironmentError(`disk full while writing ${path}: ${needed}${free} free`, {
      hint: hints.space,
      cause: error,
    });
  }
  return new EnvironmentError(`cannot write ${path}: ${systemErrorWords(error)}`, { hint: hints.rights, cause: error });
}

/** Refuses before the first byte where the disk can't hold what is to come. */
export async function requireFreeBytes(path: string, neededBytes: number, hints = cacheHints): Promise<void> {
  const free = await freeBytes(dirname(path));
  if (free >= neededBytes) return;
  throw new EnvironmentError(
    `not enough disk space for ${path}: needs ${sizeText(neededBytes)} more, ${sizeText(free)} free`,
    { hint: hints.space },
  );
}

export async function makeFolder(folder: string, hints?: DiskHints): Promise<void> {
  await explained(folder, makeMissing(folder), hints);
}

/** @throws {EnvironmentError} if what is written doesn't get onto the disk */
export async function explained<Result>(path: string, written: Promise<Result>, hints?: DiskHints): Promise<Result> {
  try {
    return await written;
  } catch (error) {
    throw await explainDiskError(error, path, undefined, hints);
  }
}

/**
 * Writes a file of the cache whole or not at all.
 *
 * @throws {EnvironmentError} if the disk is full or may not be written
 */
export async function writeAtomically(path: string, content: string): Promise<void> {
  await explained(path, replaceFile(path, content));
}
