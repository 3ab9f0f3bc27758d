import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { ModelError } from '../../core/errors.ts';

/** What perbench reads from a GGUF file itself; the library reads the rest. */
export interface GgufHeader {
  readonly architecture: string;
  /** Scalars by key; arrays are left out. */
  readonly values: ReadonlyMap<string, string | number | bigint | boolean>;
  readonly tensorCount: number;
  /** sha256 over the bytes of all `tokenizer.ggml.*` entries in the order of their keys. */
  readonly tokenizerSha256: string | undefined;
  /** Files of a split model, this one included; 1 for a whole one. */
  readonly splitCount: number;
}

/** Bytes of the fixed-size value types of the format, by type number. */
const scalarBytes: readonly (number | undefined)[] = [1, 1, 2, 2, 4, 4, 4, 1, undefined, undefined, 8, 8, 8];
const stringType = 8;
const arrayType = 9;
const largestHeaderBytes = 1024 ** 3;

class NeedsMoreBytes extends Error {}

/** Reads little-endian values one after the other. */
class Cursor {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get offset(): number {
    return this.#offset;
  }

  skip(count: number): number {
    const start = this.#offset;
    if (!(count >= 0) || start + count > this.#bytes.length) throw new NeedsMoreBytes();
    this.#offset += count;
    return start;
  }

  uint32(): number {
    return this.#bytes.readUInt32LE(this.skip(4));
  }

  size(): number {
    return Number(this.#bytes.readBigUInt64LE(this.skip(8)));
  }

  text(): string {
    const length = this.size();
    const start = this.skip(length);
    return this.#bytes.toString('utf8', start, start + length);
  }

  slice(from: number): Buffer {
    return this.#bytes.subarray(from, this.#offset);
  }

  scalar(type: number): number | bigint | boolean {
    const at = this.skip(scalarBytes[type] ?? Number.NaN);
    if (type === 0) return this.#bytes.readUInt8(at);
    if (type === 1) return this.#bytes.readInt8(at);
    if (type === 2) return this.#bytes.readUInt16LE(at);
    if (type === 3) return this.#bytes.readInt16LE(at);
    if (type === 4) return this.#bytes.readUInt32LE(at);
    if (type === 5) return this.#bytes.readInt32LE(at);
    if (type === 6) return this.#bytes.readFloatLE(at);
    if (type === 7) return this.#bytes.readUInt8(at) !== 0;
    if (type === 10) return this.#bytes.readBigUInt64LE(at);
    if (type === 11) return this.#bytes.readBigInt64LE(at);
    return this.#bytes.readDoubleLE(at);
  }
}

function skipArray(cursor: Cursor, file: string): void {
  const type = cursor.uint32();
  const count = cursor.size();
  const bytes = scalarBytes[type];
  if (bytes !== undefined) cursor.skip(bytes * count);
  else if (type === stringType) for (let index = 0; index < count; index += 1) cursor.skip(cursor.size());
  else throw new ModelError(`${file}: corrupt GGUF header: array of type ${type}`);
}

function readEntry(cursor: Cursor, file: string): string | number | bigint | boolean | undefined {
  const type = cursor.uint32();
  if (type === stringType) return cursor.text();
  if (type === arrayType) {
    skipArray(cursor, file);
    return undefined;
  }
  if (scalarBytes[type] === undefined) throw new ModelError(`${file}: corrupt GGUF header: value of type ${type}`);
  return cursor.scalar(type);
}

function parseHeader(bytes: Buffer, file: string): GgufHeader {
  const cursor = new Cursor(bytes);
  const magic = bytes.toString('latin1', 0, 4);
  if (magic !== 'GGUF') {
    throw new ModelError(`${file}: not a GGUF file: it starts with ${JSON.stringify(magic)}, expected "GGUF"`, {
      hint: 'Give a model in GGUF format.',
    });
  }
  cursor.skip(4);
  const version = cursor.uint32();
  if (version !== 2 && version !== 3) throw new ModelError(`${file}: GGUF version ${version}, expected 2 or 3`);
  const tensorCount = cursor.size();
  const entryCount = cursor.size();
  const values = new Map<string, string | number | bigint | boolean>();
  const tokenizerEntries = new Map<string, Buffer>();
  for (let index = 0; index < entryCount; index += 1) {
    const key = cursor.text();
    const start = cursor.offset;
    const value = readEntry(cursor, file);
    if (value !== undefined) values.set(key, value);
    if (key.startsWith('tokenizer.ggml.')) tokenizerEntries.set(key, cursor.slice(start));
  }
  const hash = createHash('sha256');
  for (const key of [...tokenizerEntries.keys()].toSorted()) hash.update(key).update(tokenizerEntries.get(key) ?? '');
  return {
    architecture: String(values.get('general.architecture') ?? 'unknown'),
    values,
    tensorCount,
    tokenizerSha256: tokenizerEntries.size === 0 ? undefined : hash.digest('hex'),
    splitCount: Number(values.get('split.count') ?? 1),
  };
}

async function readStart(handle: FileHandle, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await handle.read(buffer, 0, bytes, 0);
  return buffer.subarray(0, bytesRead);
}

async function openFile(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r');
  } catch (error) {
    const reason =
      error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'no such file' : String(error);
    throw new ModelError(`${file}: ${reason}`, { hint: 'Check the path of the model.', cause: error });
  }
}

/**
 * Reads the metadata of a GGUF file.
 *
 * @throws {ModelError} if there is no such file, it isn't a GGUF file, or it ends within its header
 */
export async function readGgufHeader(file: string): Promise<GgufHeader> {
  await using handle = await openFile(file);
  const stats = await handle.stat();
  if (!stats.isFile()) throw new ModelError(`${file}: not a file`, { hint: 'Give the path of a GGUF file.' });
  for (let bytes = 1024 ** 2; ; bytes *= 4) {
    try {
      return parseHeader(await readStart(handle, Math.min(bytes, stats.size)), file);
    } catch (error) {
      if (!(error instanceof NeedsMoreBytes)) throw error;
      if (bytes >= stats.size || bytes >= largestHeaderBytes) {
        throw new ModelError(`${file}: truncated or corrupt GGUF file: it ends within its header`, {
          hint: 'Fetch the file again.',
          cause: error,
        });
      }
    }
  }
}
