import { randomUUID } from 'node:crypto';
import { createWriteStream, type Stats } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSystemError } from '../core/system-error.ts';
import { ifThere } from './if-there.ts';
import { discard } from './discard.ts';
import { makeFolder } from './make-folder.ts';
import { givenDescriptor, isGiven, notAFileError } from './read-file.ts';

/** The part of `node:fs/promises` that makes things last; a test watches it. */
export type Disk = Pick<typeof nodeFiles, 'open' | 'rename' | 'symlink'>;

const unsyncable: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP']);

const heldCodes: ReadonlySet<unknown> = new Set(['EACCES', 'EBUSY', 'EPERM']);
const heldPausesMs = [10, 50, 200, 800];

export type FileContent = string | Uint8Array | AsyncIterable<string | Uint8Array>;

/**
 * Writes a file beside the one that it becomes and renames it: readers see the old content or the new, never half of
 * it, also after a power cut. Makes missing folders; keeps the permissions of a file that was there.
 *
 * Terminals, `/dev/null` and what this process was given (`/dev/stdout`) are written to as they are.
 *
 * Errors are those of the file system, or of whoever makes `content`: the caller says what couldn't be written. In any
 * case what was there stays and nothing lies beside it.
 */
export async function replaceFile(path: string, content: FileContent, disk: Disk = nodeFiles): Promise<void> {
  const there = await requireWritten(path);
  const descriptor = there?.isFile() === true ? givenDescriptor(path) : undefined;
  // Where this process writes in it, too: opened again it would begin at its start.
  if (descriptor !== undefined)
    return pipeline(Readable.from(inChunks(content)), createWriteStream('', { fd: descriptor, autoClose: false }));
  if (there !== undefined && !there.isFile()) return nodeFiles.writeFile(path, content);
  await replace(path, disk, async (beside) => {
    const mode = await permissions(path);
    await using handle = await disk.open(beside, 'wx', mode);
    // A new file's mode is cut by the umask.
    if (mode !== undefined) await handle.chmod(mode);
    await handle.writeFile(content);
    await handle.sync();
  });
}

function inChunks(content: FileContent): Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array> {
  return typeof content === 'string' || content instanceof Uint8Array ? [content] : content;
}

/**
 * Sets a symbolic link to `target`, relative to the link's folder, in the same way. Where the system lets no user make
 * one, as Windows does without its developer mode, it is a hard link to the
 * same file, or a junction.
 */
export async function replaceLink(path: string, target: string, disk: Disk = nodeFiles): Promise<void> {
  await replace(path, disk, async (beside) => {
    try {
      await disk.symlink(target, beside);
    } catch (error) {
      if (!isSystemError(error) || error.code !== 'EPERM') throw error;
      const there = resolve(dirname(path), target);
      // Junctions are links to folders that anybody may make.
      if ((await nodeFiles.stat(there)).isDirectory()) await nodeFiles.symlink(there, beside, 'junction');
      else await nodeFiles.link(there, beside);
    }
  });
}

/** Has somebody else write a file, such as a library that takes a path, and renames it in the same way. */
export async function replaceWritten<Result>(
  path: string,
  write: (beside: string) => Promise<Result>,
): Promise<Result> {
  return replace(path, nodeFiles, async (beside) => {
    const result = await write(beside);
    await using handle = await nodeFiles.open(beside, 'r+');
    await handle.sync();
    return result;
  });
}

/** Renames a file whose content is synced already, and makes the new name survive a power cut. */
export async function renameSynced(
  from: string,
  to: string,
  disk: Disk = nodeFiles,
  platform: string = process.platform,
): Promise<void> {
  await (platform === 'win32' ? renameWhenFree(from, to, disk) : disk.rename(from, to));
  try {
    await using folder = await disk.open(dirname(to), 'r');
    await folder.sync();
  } catch (error) {
    // Some file systems sync no folder, and a folder that takes files need not be readable: the file is there.
    if (!(error instanceof Error && 'code' in error && unsyncable.has(error.code))) throw error;
  }
}

/** Windows refuses to replace a file that a virus scanner or an indexer has open, which is mostly for moments. */
async function renameWhenFree(from: string, to: string, disk: Disk): Promise<void> {
  for (const pauseMs of heldPausesMs) {
    try {
      return await disk.rename(from, to);
    } catch (error) {
      if (!isSystemError(error) || !heldCodes.has(error.code)) throw error;
    }
    await sleep(pauseMs);
  }
  await disk.rename(from, to);
}

/**
 * Finds out whether a file could be written, without writing it: its folder is made where it is missing, takes a file for
 * a moment, and is gone again.
 *
 * @throws the error of the file system
 */
export async function checkWritable(path: string): Promise<void> {
  // Of a folder, or where a name is too long, the system wouldn't say so before the end.
  const there = await requireWritten(path);
  if (there !== undefined && (!there.isFile() || isGiven(path))) return;
  const made = await makeFolder(dirname(path));
  try {
    const beside = nameBeside(path);
    await nodeFiles.writeFile(beside, '', { flag: 'wx' });
    await discard(beside);
  } finally {
    if (made !== undefined) await removeEmpty(dirname(path), made);
  }
}

/**
 * What is at a path that is to be written, if something is.
 *
 * @throws {SystemError} for what takes no file: a folder, a disk, or a pipe that somebody may never read
 */
async function requireWritten(path: string): Promise<Stats | undefined> {
  const there = await ifThere(nodeFiles.stat(path));
  if (there === undefined || there.isFile() || there.isCharacterDevice()) return there;
  if (isGiven(path) && !there.isDirectory()) return there;
  throw notAFileError(path, there);
}

async function removeEmpty(folder: string, last: string): Promise<void> {
  try {
    for (let current = folder; current.startsWith(last); current = dirname(current)) await nodeFiles.rmdir(current);
  } catch (error) {
    // Another process uses it by now.
    if (!isSystemError(error)) throw error;
  }
}

/** Hidden, and a name of its own: two writers of one file must not write into each other's. */
function nameBeside(path: string): string {
  // Short enough that a name as long as the system takes can be written.
  return join(dirname(path), `.${basename(path).slice(0, 40)}.${randomUUID()}.part`);
}

async function replace<Result>(path: string, disk: Disk, make: (beside: string) => Promise<Result>): Promise<Result> {
  const beside = nameBeside(path);
  try {
    await makeFolder(dirname(path));
    const result = await make(beside);
    await renameSynced(beside, path, disk);
    return result;
  } catch (error) {
    await discard(beside);
    throw error;
  }
}

async function permissions(path: string): Promise<number | undefined> {
  const there = await nodeFiles.stat(path).catch(() => undefined);
  return there?.isFile() === true ? there.mode & 0o777 : undefined;
}
