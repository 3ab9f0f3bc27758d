import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DataError } from '../../core/errors.ts';

/** A file as it lies on disk, for the manifest; a folder of many files is one entry. */
export interface DatasetFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

export interface FileContent {
  readonly file: DatasetFile;
  /** Unpacked where the name ends in `.gz`. */
  readonly content: Uint8Array<ArrayBuffer>;
}

export function sha256Of(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** @throws {DataError} if the file can't be read or unpacked */
export async function readDatasetFile(path: string, signal: AbortSignal): Promise<FileContent> {
  const raw = await readOrFail(path, signal);
  const file = { path, sha256: sha256Of(raw), bytes: raw.byteLength };
  return { file, content: path.endsWith('.gz') ? await unpack(path, raw) : raw };
}

async function readOrFail(path: string, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readFile(path, { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new DataError(`${path}: cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

async function unpack(path: string, packed: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await promisify(gunzip)(packed);
  } catch (error) {
    throw new DataError(`${path}: not a whole gzip file: ${(error as Error).message}`, {
      hint: 'Fetch the file again: it seems to be cut off or damaged.',
      cause: error,
    });
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** @throws {DataError} if the bytes aren't UTF-8; a byte order mark is dropped */
export function decodeText(bytes: Uint8Array, place: string): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw new DataError(`${place}: not valid UTF-8`, {
      hint: 'Convert the file to UTF-8, or fetch it again.',
      cause: error,
    });
  }
}
