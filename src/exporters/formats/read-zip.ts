import { crc32, inflateRawSync, zstdDecompressSync } from 'node:zlib';
import { ImportError } from '../../core/errors.ts';
import type { ForeignFile } from './format.ts';

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;
const endBytes = 22;
const mostCommentBytes = 0xffff;
/** An entry that unpacks to more is damaged, or made to fill the memory. */
const mostEntryBytes = 500_000_000;

export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly crc: number;
  readonly compressedBytes: number;
  readonly bytes: number;
  readonly offset: number;
}

function damaged(file: ForeignFile, problem: string): ImportError {
  return new ImportError({ file: file.name }, `expected a zip archive: ${problem}`);
}

function viewOf({ bytes }: ForeignFile): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function isZip({ bytes }: ForeignFile): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 0x03 || bytes[2] === 0x05);
}

function findEnd(file: ForeignFile, view: Buffer): number {
  for (let at = view.length - endBytes; at >= Math.max(0, view.length - endBytes - mostCommentBytes); at -= 1) {
    if (view.readUInt32LE(at) === endSignature) return at;
  }
  throw damaged(file, 'its directory is missing; the file is cut off');
}

function entryAt(file: ForeignFile, view: Buffer, at: number): ZipEntry & { readonly next: number } {
  if (at + 46 > view.length || view.readUInt32LE(at) !== entrySignature)
    throw damaged(file, 'its directory is damaged');
  const nameBytes = view.readUInt16LE(at + 28);
  return {
    name: view.toString('utf8', at + 46, at + 46 + nameBytes),
    method: view.readUInt16LE(at + 10),
    isEncrypted: (view.readUInt16LE(at + 8) & 1) === 1,
    crc: view.readUInt32LE(at + 16),
    compressedBytes: view.readUInt32LE(at + 20),
    bytes: view.readUInt32LE(at + 24),
    offset: view.readUInt32LE(at + 42),
    next: at + 46 + nameBytes + view.readUInt16LE(at + 30) + view.readUInt16LE(at + 32),
  };
}

/** @throws {ImportError} if the file isn't a whole zip archive */
export function zipEntries(file: ForeignFile): readonly ZipEntry[] {
  const view = viewOf(file);
  if (view.length < endBytes) throw damaged(file, 'it is too short');
  const end = findEnd(file, view);
  const count = view.readUInt16LE(end + 10);
  let at = view.readUInt32LE(end + 16);
  if (count === 0xffff || at === 0xffffffff) throw damaged(file, 'it is a zip64 archive, which perbench does not read');
  const entries: ZipEntry[] = [];
  for (let index = 0; index < count; index += 1) {
    const { next, ...entry } = entryAt(file, view, at);
    entries.push(entry);
    at = next;
  }
  return entries;
}

function unpack(file: ForeignFile, { name, method }: ZipEntry, packed: Buffer): Buffer {
  const limit = { maxOutputLength: mostEntryBytes };
  try {
    if (method === 0) return packed;
    if (method === 8) return inflateRawSync(packed, limit);
    if (method === 93) return zstdDecompressSync(packed, limit);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw damaged(file, `"${name}" can't be unpacked: ${error.message}`);
  }
  throw damaged(file, `"${name}" has compression method ${method}; stored, deflate and zstd are read`);
}

/**
 * Content of one entry: stored, deflated, or compressed with zstd, as newer programs do.
 *
 * @throws {ImportError} if it can't be unpacked, or its checksum is wrong
 */
export function readZipEntry(file: ForeignFile, entry: ZipEntry): Uint8Array {
  const view = viewOf(file);
  const { name, offset, isEncrypted, bytes, crc } = entry;
  if (isEncrypted) throw damaged(file, `"${name}" is encrypted`);
  if (offset + 30 > view.length || view.readUInt32LE(offset) !== localSignature) {
    throw damaged(file, `the header of "${name}" is damaged`);
  }
  const start = offset + 30 + view.readUInt16LE(offset + 26) + view.readUInt16LE(offset + 28);
  if (start + entry.compressedBytes > view.length) throw damaged(file, `"${name}" is cut off`);
  const content = unpack(file, entry, view.subarray(start, start + entry.compressedBytes));
  if (content.length !== bytes) throw damaged(file, `"${name}" has ${content.length} bytes, expected ${bytes}`);
  if (crc32(content) !== crc) throw damaged(file, `the checksum of "${name}" is wrong`);
  return content;
}
