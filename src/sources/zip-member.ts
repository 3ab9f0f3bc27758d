import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { DownloadError } from '../core/errors.ts';
import { isSafeMemberPath } from './pip-source.ts';

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;
const endBytes = 22;
const maxCommentBytes = 0xffff;

interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly crc: number;
  readonly compressedBytes: number;
  readonly bytes: number;
  readonly offset: number;
}

function damaged(path: string, problem: string): DownloadError {
  return new DownloadError(`${path}: ${problem}`, { hint: 'Fetch it again.' });
}

async function readAt(handle: FileHandle, position: number, bytes: number, path: string): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  let read = 0;
  while (read < bytes) {
    const { bytesRead } = await handle.read(buffer, read, bytes - read, position + read);
    if (bytesRead === 0) throw damaged(path, 'the archive is cut off');
    read += bytesRead;
  }
  return buffer;
}

async function readDirectory(handle: FileHandle, path: string): Promise<Buffer> {
  const { size } = await handle.stat();
  const tailBytes = Math.min(size, endBytes + maxCommentBytes);
  const tail = await readAt(handle, size - tailBytes, tailBytes, path);
  for (let at = tailBytes - endBytes; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== endSignature) continue;
    const entries = tail.readUInt16LE(at + 10);
    const bytes = tail.readUInt32LE(at + 12);
    const offset = tail.readUInt32LE(at + 16);
    if (entries === 0xffff || bytes === 0xffffffff || offset === 0xffffffff) {
      throw damaged(path, 'this is a zip64 archive, which perbench does not read');
    }
    if (offset + bytes > size) throw damaged(path, 'the archive is cut off');
    return readAt(handle, offset, bytes, path);
  }
  throw damaged(path, 'this is no zip archive, or it is cut off');
}

function* directoryEntries(directory: Buffer, path: string): Generator<ZipEntry> {
  for (let at = 0; at + 46 <= directory.length;) {
    if (directory.readUInt32LE(at) !== entrySignature) throw damaged(path, 'the directory of the archive is damaged');
    const nameBytes = directory.readUInt16LE(at + 28);
    yield {
      name: directory.toString('utf8', at + 46, at + 46 + nameBytes),
      method: directory.readUInt16LE(at + 10),
      isEncrypted: (directory.readUInt16LE(at + 8) & 1) === 1,
      crc: directory.readUInt32LE(at + 16),
      compressedBytes: directory.readUInt32LE(at + 20),
      bytes: directory.readUInt32LE(at + 24),
      offset: directory.readUInt32LE(at + 42),
    };
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
}

async function findEntry(handle: FileHandle, path: string, member: string): Promise<ZipEntry> {
  const names: string[] = [];
  for (const entry of directoryEntries(await readDirectory(handle, path), path)) {
    if (entry.name === member) return entry;
    if (!entry.name.includes('.dist-info/')) names.push(entry.name);
  }
  throw new DownloadError(`${path}: no member "${member}"; it has ${names.slice(0, 10).join(', ')}`, {
    hint: 'Correct the path after package==version/.',
  });
}

function requireReadable(entry: ZipEntry, path: string): void {
  if (entry.isEncrypted) throw damaged(path, `"${entry.name}" is encrypted`);
  if (entry.method !== 0 && entry.method !== 8)
    throw damaged(path, `"${entry.name}" has compression method ${entry.method}, expected stored or deflate`);
  if (entry.bytes === 0xffffffff || entry.compressedBytes === 0xffffffff || entry.offset === 0xffffffff) {
    throw damaged(path, 'this is a zip64 archive, which perbench does not read');
  }
}

async function dataOffset(handle: FileHandle, entry: ZipEntry, path: string): Promise<number> {
  const header = await readAt(handle, entry.offset, 30, path);
  if (header.readUInt32LE(0) !== localSignature) throw damaged(path, `the header of "${entry.name}" is damaged`);
  return entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
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
      throw damaged(path, `"${member}" can't be unpacked: ${error.message}`);
    }
    throw error;
  }
  if (bytes !== entry.bytes) throw damaged(path, `"${member}" has ${bytes} bytes, expected ${entry.bytes}`);
  if (crc !== entry.crc) throw damaged(path, `"${member}" is damaged: its CRC-32 is wrong`);
  if (held !== undefined) yield held;
}
