import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { DownloadError } from '../core/errors.ts';
import {
  findZipEnd,
  readZipEntryAt,
  zipContentOffset,
  type ZipEntry,
  zipEntryBytes,
  zipHeaderBytes,
  zipTailBytes,
} from '../core/zip-directory.ts';
import { isSafeMemberPath } from './model-source.ts';

function damaged(path: string, problem: string): DownloadError {
  return new DownloadError(`${path}: ${problem}`, { hint: 'Download it again.' });
}

async function readAt(handle: FileHandle, position: number, bytes: number, path: string): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  let read = 0;
  while (read < bytes) {
    const { bytesRead } = await handle.read(buffer, read, bytes - read, position + read);
    if (bytesRead === 0) throw damaged(path, 'the archive is truncated');
    read += bytesRead;
  }
  return buffer;
}

async function readDirectory(handle: FileHandle, path: string): Promise<Buffer> {
  const { size } = await handle.stat();
  const tailBytes = Math.min(size, zipTailBytes);
  const end = findZipEnd(await readAt(handle, size - tailBytes, tailBytes, path));
  if (end === undefined) throw damaged(path, 'not a zip archive, or truncated');
  if (end.isZip64) throw damaged(path, 'zip64 archives are not supported');
  if (end.offset + end.bytes > size) throw damaged(path, 'the archive is truncated');
  return readAt(handle, end.offset, end.bytes, path);
}

function* directoryEntries(directory: Buffer, path: string): Generator<ZipEntry> {
  for (let at = 0; at + zipEntryBytes <= directory.length;) {
    const read = readZipEntryAt(directory, at);
    if (read === undefined) throw damaged(path, 'the archive directory is damaged');
    yield read.entry;
    at = read.next;
  }
}

async function findEntry(handle: FileHandle, path: string, member: string): Promise<ZipEntry> {
  const names: string[] = [];
  for (const entry of directoryEntries(await readDirectory(handle, path), path)) {
    if (entry.name === member) return entry;
    if (!entry.name.includes('.dist-info/')) names.push(entry.name);
  }
  throw new DownloadError(`${path}: no member "${member}"; found ${names.slice(0, 10).join(', ')}`, {
    hint: 'Correct the path after package==version/.',
  });
}

function requireReadable(entry: ZipEntry, path: string): void {
  if (entry.isEncrypted) throw damaged(path, `"${entry.name}" is encrypted`);
  if (entry.method !== 0 && entry.method !== 8)
    throw damaged(path, `"${entry.name}" has compression method ${entry.method}, expected stored or deflate`);
  if (entry.bytes === 0xffffffff || entry.compressedBytes === 0xffffffff || entry.offset === 0xffffffff) {
    throw damaged(path, 'zip64 archives are not supported');
  }
}

async function dataOffset(handle: FileHandle, entry: ZipEntry, path: string): Promise<number> {
  const offset = zipContentOffset(await readAt(handle, entry.offset, zipHeaderBytes, path));
  if (offset === undefined) throw damaged(path, `the header of "${entry.name}" is damaged`);
  return entry.offset + offset;
}

function openData(path: string, entry: ZipEntry, start: number): Readable {
  const raw = createReadStream(path, {
    start,
    end: start + Math.max(0, entry.compressedBytes - 1),
    highWaterMark: 1 << 20,
  });
  if (entry.method === 0) return raw;
  // The reader below sees every error: `pipeline` destroys the inflater with it.
  return pipeline(raw, createInflateRaw({ chunkSize: 1 << 18 }), () => undefined);
}

/**
 * The content of one member of a zip archive, such as a wheel, in pieces and without ever holding it whole.
 *
 * @throws {DownloadError} if the archive, the member or its checksum isn't what it should be; the last piece is given
 *   only after the checksum was seen to be right
 */
export async function* readZipMember(path: string, member: string): AsyncGenerator<Uint8Array> {
  if (!isSafeMemberPath(member)) throw damaged(path, `"${member}" leads out of the archive`);
  await using handle = await open(path, 'r');
  const entry = await findEntry(handle, path, member);
  requireReadable(entry, path);
  if (entry.compressedBytes === 0) return;
  let crc = 0;
  let bytes = 0;
  let held: Uint8Array | undefined;
  try {
    for await (const chunk of openData(path, entry, await dataOffset(handle, entry, path)) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > entry.bytes) throw damaged(path, `"${member}" is larger than its ${entry.bytes} bytes`);
      crc = crc32(chunk, crc);
      if (held !== undefined) yield held;
      held = chunk;
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) {
      throw damaged(path, `cannot unpack "${member}": ${error.message}`);
    }
    throw error;
  }
  if (bytes !== entry.bytes) throw damaged(path, `"${member}" has ${bytes} bytes, expected ${entry.bytes}`);
  if (crc !== entry.crc) throw damaged(path, `"${member}" is damaged: its CRC-32 is wrong`);
  if (held !== undefined) yield held;
}
