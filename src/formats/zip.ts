import { crc32, inflateRawSync, zstdDecompressSync } from 'node:zlib';
import { Zip, ZipDeflate } from 'fflate';
import { ImportError, UsageError } from '../core/errors.ts';
import { findZipEnd, readZipEntryAt, zipContentOffset, zipEndBytes, type ZipEntry } from '../core/zip-directory.ts';
import type { ForeignFile } from './format.ts';

/** An entry that unpacks to more is damaged, or made to fill the memory. */
const maxEntryBytes = 500_000_000;

function damaged(file: ForeignFile, problem: string): ImportError {
  return new ImportError({ file: file.name }, `expected a zip archive: ${problem}`);
}

function viewOf({ bytes }: ForeignFile): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function isZip({ bytes }: ForeignFile): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 0x03 || bytes[2] === 0x05);
}

/** @throws {ImportError} if the file isn't a whole zip archive */
export function zipEntries(file: ForeignFile): readonly ZipEntry[] {
  const view = viewOf(file);
  if (view.length < zipEndBytes) throw damaged(file, 'it is too short');
  const end = findZipEnd(view);
  if (end === undefined) throw damaged(file, 'its directory is missing; the file is cut off');
  if (end.isZip64) throw damaged(file, 'it is a zip64 archive, which perbench does not read');
  const entries: ZipEntry[] = [];
  for (let at = end.offset; entries.length < end.entries;) {
    const read = readZipEntryAt(view, at);
    if (read === undefined) throw damaged(file, 'its directory is damaged');
    entries.push(read.entry);
    at = read.next;
  }
  return entries;
}

function unpack(file: ForeignFile, { name, method }: ZipEntry, packed: Buffer): Buffer {
  const limit = { maxOutputLength: maxEntryBytes };
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
  const contentOffset = zipContentOffset(view.subarray(offset));
  if (contentOffset === undefined) throw damaged(file, `the header of "${name}" is damaged`);
  const start = offset + contentOffset;
  if (start + entry.compressedBytes > view.length) throw damaged(file, `"${name}" is cut off`);
  const content = unpack(file, entry, view.subarray(start, start + entry.compressedBytes));
  if (content.length !== bytes) throw damaged(file, `"${name}" has ${content.length} bytes, expected ${bytes}`);
  if (crc32(content) !== crc) throw damaged(file, `the checksum of "${name}" is wrong`);
  return content;
}

export interface ZipMember {
  readonly path: string;
  readonly text: string;
}

/** More entries need zip64, which not every reader of these files has. */
const maxEntries = 65_000;

const encoder = new TextEncoder();

/**
 * A deflated zip archive, member after member; holds the directory and one member at a time.
 *
 * @param modifiedAtMs Unix time in every entry, so that the same content gives the same bytes
 * @throws {UsageError} if there are too many members for the format
 */
export async function* zipOf(members: AsyncIterable<ZipMember>, modifiedAtMs: number): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = [];
  let failure: Error | undefined;
  const zip = new Zip((error, chunk) => {
    // fflate says null where its types say an error.
    if (error !== null && error !== undefined) failure = error;
    else ready.push(chunk);
  });
  let entries = 0;
  for await (const { path, text } of members) {
    entries += 1;
    if (entries > maxEntries) {
      throw new UsageError(`an archive of this format has at most ${maxEntries} members`, {
        hint: 'Export one task, or a run with fewer items.',
      });
    }
    const member = new ZipDeflate(path, { level: 6 });
    // Years that the format can say begin with 1980.
    member.mtime = Math.max(modifiedAtMs, Date.UTC(1980, 0, 2));
    zip.add(member);
    member.push(encoder.encode(text), true);
    if (failure !== undefined) throw failure;
    yield* ready;
    ready = [];
  }
  zip.end();
  if (failure !== undefined) throw failure;
  yield* ready;
}
