import { createHash } from 'node:crypto';
import { realpath, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { ModelError } from '../core/errors.ts';
import { isMissing, readJsonIfThere } from '../files/if-there.ts';
import { openFile } from '../files/read-file.ts';
import { writeAtomically } from './disk-error.ts';
import type { PullOptions } from './pull.ts';

const recordSchema = z.object({ path: z.string(), identity: z.string(), sha256: z.string() });

interface FileIdentity {
  readonly path: string;
  /**
   * Size, times and inode: another one means that the content may be another one. Programs can set the time of the last
   * write back, that of the last change (ctime) not.
   */
  readonly identity: string;
}

async function fileIdentity(path: string): Promise<FileIdentity> {
  const real = await realpath(path);
  const { size, mtimeNs, ctimeNs, ino, dev } = await stat(real, { bigint: true });
  return { path: real, identity: `${size}:${mtimeNs}:${ctimeNs}:${dev}:${ino}` };
}

function recordPath(cacheDir: string, path: string): string {
  return join(cacheDir, 'checksums', `${createHash('sha256').update(path).digest('hex').slice(0, 32)}.json`);
}

/** The checksum that this file was once seen to have, if it hasn't changed since; costs no reading of the file. */
export async function rememberedSha256(path: string, cacheDir: string): Promise<string | undefined> {
  const file = await fileIdentity(path);
  const record = recordSchema.safeParse(await readJsonIfThere(recordPath(cacheDir, file.path)));
  const isCurrent = record.success && record.data.path === file.path && record.data.identity === file.identity;
  return isCurrent ? record.data.sha256 : undefined;
}

export async function rememberSha256(path: string, sha256: string, cacheDir: string): Promise<void> {
  const file = await fileIdentity(path);
  await writeAtomically(recordPath(cacheDir, file.path), JSON.stringify({ ...file, sha256 }));
}

export async function forgetSha256(path: string, cacheDir: string): Promise<void> {
  await rm(recordPath(cacheDir, await realpath(path)), { force: true });
}

/** Reads the whole file, whatever is remembered. */
export async function computeSha256(path: string, options: PullOptions = {}): Promise<string> {
  const handle = await openFile(path);
  const { size } = await handle.stat();
  const hash = createHash('sha256');
  let bytesDone = 0;
  const stream = handle.createReadStream({ highWaterMark: 1 << 20, signal: options.signal });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytesDone += chunk.length;
    options.onProgress?.({ phase: 'verify', file: basename(path), bytesDone, bytesTotal: size });
  }
  return hash.digest('hex');
}

/**
 * The file's sha256: from memory where the file is unchanged, so that 40 GB are not read at each start, else computed
 * and remembered.
 *
 * @throws {ModelError} if the file can't be read
 */
export async function fileSha256(path: string, cacheDir: string, options: PullOptions = {}): Promise<string> {
  try {
    const remembered = await rememberedSha256(path, cacheDir);
    if (remembered !== undefined) return remembered;
    const sha256 = await computeSha256(path, options);
    await rememberSha256(path, sha256, cacheDir);
    return sha256;
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new ModelError(`no such file: ${path}`, { cause: error });
  }
}
