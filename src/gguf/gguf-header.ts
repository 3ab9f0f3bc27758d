import { createHash } from 'node:crypto';
import { ModelError } from '../core/errors.ts';
import { openFile } from '../files/read-file.ts';
import { requireGguf } from './gguf-file.ts';

/** What a GGUF file says of itself before its weights. */
export interface GgufHeader {
  readonly version: number;
  /** Single values, and lists of up to 4096 numbers; longer lists, such as the vocabulary, are in `lengths`. */
  readonly values: ReadonlyMap<string, GgufValue>;
  readonly lengths: ReadonlyMap<string, number>;
  /** Tensors in this file. */
  readonly tensors: number;
  /** Numbers in all tensors of this file. */
  readonly parameters: number;
  /** Bytes of all tensors of this file. */
  readonly weightsBytes: number;
  /** By their names. */
  readonly tensorFacts: ReadonlyMap<string, TensorFacts>;
  readonly architecture: string;
  /** Files of a split model, this one included; 1 for a whole one. */
  readonly splitCount: number;
  /** sha256 over the bytes of all `tokenizer.ggml.*` entries in the order of their keys; undefined without any. */
  readonly tokenizerSha256: string | undefined;
}

export interface TensorFacts {
  /** With the padding behind it. */
  readonly bytes: number;
  /** Numbers in it. */
  readonly parameters: number;
  /** `ggml_type`. */
  readonly type: number;
  /** Tokens are multiplied with it; the others are added or scale. */
  readonly isMatrix: boolean;
}

/** A GGUF file whose beginning can be read, wherever it is. */
export interface GgufBytes {
  /** For errors. */
  readonly name: string;
  /** What to do if it is damaged, as an imperative sentence. */
  readonly mend: string;
  /** So many bytes from its start, or all of a shorter file. */
  readonly first: (bytes: number) => Promise<{ readonly head: Buffer; readonly totalBytes: number }>;
}

export type GgufValue = number | string | boolean | readonly number[];

/** Many headers are shorter. */
export const firstReadBytes = 1 << 20;
const maxHeaderBytes = 1 << 28;
const maxKeptNumbers = 4096;
/** In all lists together: a hostile header has many. */
const maxKeptNumbersInAll = 1 << 20;
const maxEntries = 1 << 17;
const maxParts = 999;
const maxStringBytes = 1 << 24;
const maxDimensions = 8;
const stringType = 8;
const arrayType = 9;
/** Single values by their type: how many bytes they take, and how those read. */
const scalarTypes: ReadonlyMap<number, readonly [bytes: number, read: (from: Buffer, at: number) => number | boolean]> =
  new Map([
    [0, [1, (from, at) => from.readUInt8(at)]],
    [1, [1, (from, at) => from.readInt8(at)]],
    [2, [2, (from, at) => from.readUInt16LE(at)]],
    [3, [2, (from, at) => from.readInt16LE(at)]],
    [4, [4, (from, at) => from.readUInt32LE(at)]],
    [5, [4, (from, at) => from.readInt32LE(at)]],
    [6, [4, (from, at) => from.readFloatLE(at)]],
    [7, [1, (from, at) => from.readUInt8(at) !== 0]],
    [10, [8, (from, at) => Number(from.readBigUInt64LE(at))]],
    [11, [8, (from, at) => Number(from.readBigInt64LE(at))]],
    [12, [8, (from, at) => from.readDoubleLE(at)]],
  ]);

/** The buffer ends before the header does. */
class NeedsMoreBytes extends Error {}
/** The bytes can't be a GGUF header. */
class Malformed extends Error {}
/** A file of a version that nobody writes any more, or not yet. */
class OtherVersion extends Error {
  constructor(version: number) {
    super(`is a GGUF file of version ${version}, expected 2 or 3`);
  }
}

/** Reads little-endian values one after the other. */
class Cursor {
  readonly #buffer: Buffer;
  position = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  take(bytes: number): number {
    const start = this.position;
    if (start + bytes > this.#buffer.length) throw new NeedsMoreBytes();
    this.position = start + bytes;
    return start;
  }

  u32(): number {
    return this.#buffer.readUInt32LE(this.take(4));
  }

  /** Without a BigInt each: a vocabulary has hundreds of thousands of lengths. */
  u64(what: string): number {
    const at = this.take(8);
    const value = this.#buffer.readUInt32LE(at) + this.#buffer.readUInt32LE(at + 4) * 2 ** 32;
    if (value > Number.MAX_SAFE_INTEGER) throw new Malformed(`${what} is ${value}`);
    return value;
  }

  since(start: number): Buffer {
    return this.#buffer.subarray(start, this.position);
  }

  text(): string {
    const start = this.skipText();
    return this.#buffer.toString('utf8', start, this.position);
  }

  /** @returns where the text starts; it ends at the new position */
  skipText(): number {
    const bytes = this.u64('length of a text');
    if (bytes > maxStringBytes) throw new Malformed(`a text has ${bytes} bytes`);
    return this.take(bytes);
  }

  scalar(type: number): number | boolean {
    const [bytes, read] = scalarTypes.get(type) ?? [];
    if (bytes === undefined || read === undefined) throw new Malformed(`a value has the unknown type ${type}`);
    return read(this.#buffer, this.take(bytes));
  }
}

interface ReadList {
  readonly length: number;
  readonly numbers: readonly number[] | undefined;
}

function readList(cursor: Cursor, mayKeep: number): ReadList {
  const type = cursor.u32();
  const length = cursor.u64('length of a list');
  if (type === stringType) {
    for (let index = 0; index < length; index += 1) cursor.skipText();
    return { length, numbers: undefined };
  }
  const [bytes] = scalarTypes.get(type) ?? [];
  if (bytes === undefined) throw new Malformed(`a list has the unknown type ${type}`);
  if (length > maxHeaderBytes) throw new Malformed(`a list has ${length} values`);
  if (length > Math.min(maxKeptNumbers, mayKeep)) {
    cursor.take(bytes * length);
    return { length, numbers: undefined };
  }
  return { length, numbers: Array.from({ length }, () => Number(cursor.scalar(type))) };
}

function hashOf(entries: ReadonlyMap<string, Buffer>): string | undefined {
  if (entries.size === 0) return undefined;
  const hash = createHash('sha256');
  for (const key of [...entries.keys()].toSorted()) hash.update(key).update(entries.get(key) ?? '');
  return hash.digest('hex');
}

function readValues(cursor: Cursor, n: number): Pick<GgufHeader, 'values' | 'lengths' | 'tokenizerSha256'> {
  const values = new Map<string, GgufValue>();
  const lengths = new Map<string, number>();
  const tokenizerEntries = new Map<string, Buffer>();
  let mayKeep = maxKeptNumbersInAll;
  if (n > maxEntries) throw new Malformed(`it has ${n} values`);
  for (let index = 0; index < n; index += 1) {
    const key = cursor.text();
    if (values.has(key) || lengths.has(key)) throw new Malformed(`${JSON.stringify(key.slice(0, 60))} is there twice`);
    const start = cursor.position;
    const type = cursor.u32();
    if (type === arrayType) {
      const { length, numbers } = readList(cursor, mayKeep);
      mayKeep -= numbers?.length ?? 0;
      lengths.set(key, length);
      if (numbers !== undefined) values.set(key, numbers);
    } else {
      values.set(key, type === stringType ? cursor.text() : cursor.scalar(type));
    }
    if (key.startsWith('tokenizer.ggml.')) tokenizerEntries.set(key, cursor.since(start));
  }
  return { values, lengths, tokenizerSha256: hashOf(tokenizerEntries) };
}

interface TensorPlace extends Omit<TensorFacts, 'bytes'> {
  readonly name: string;
  readonly offset: number;
}

function readTensors(cursor: Cursor, n: number): readonly TensorPlace[] {
  const places: TensorPlace[] = [];
  if (n > maxEntries) throw new Malformed(`it has ${n} tensors`);
  for (let index = 0; index < n; index += 1) {
    const name = cursor.text();
    const dimensions = cursor.u32();
    if (dimensions > maxDimensions) throw new Malformed(`a tensor has ${dimensions} dimensions`);
    const sizes = Array.from({ length: dimensions }, () => cursor.u64('size of a tensor'));
    const parameters = sizes.reduce((product, size) => product * size, 1);
    const isMatrix = sizes.filter((size) => size > 1).length > 1;
    places.push({ name, parameters, isMatrix, type: cursor.u32(), offset: cursor.u64('place of a tensor') });
  }
  return places;
}

/** Each tensor reaches to the next one, so that its type needn't be known. */
function factsOf(places: readonly TensorPlace[], weightsBytes: number): ReadonlyMap<string, TensorFacts> {
  const sorted = places.toSorted((left, right) => left.offset - right.offset);
  return new Map(
    sorted.map(({ name, offset, ...place }, index) => {
      const bytes = (sorted[index + 1]?.offset ?? weightsBytes) - offset;
      return [name, { ...place, bytes }];
    }),
  );
}

/** Writers without parts leave it out or say 0. */
function partsOf(count: GgufValue = 1): number {
  if (typeof count === 'number' && Number.isInteger(count) && count >= 0 && count <= maxParts)
    return Math.max(1, count);
  throw new Malformed('split.count is no number of parts');
}

function parseHeader(buffer: Buffer, fileBytes: number): GgufHeader {
  const cursor = new Cursor(buffer);
  cursor.take(4);
  const version = cursor.u32();
  if (version === 1 || (version > 3 && version <= 0xff)) throw new OtherVersion(version);
  if (version !== 2 && version !== 3) throw new Malformed(`its version is ${version}, expected 2 or 3`);
  const tensors = cursor.u64('number of tensors');
  const entries = cursor.u64('number of values');
  const { values, lengths, tokenizerSha256 } = readValues(cursor, entries);
  const places = readTensors(cursor, tensors);
  const alignment = values.get('general.alignment');
  const step = typeof alignment === 'number' && alignment > 0 ? alignment : 32;
  const weightsStart = Math.ceil(cursor.position / step) * step;
  const weightsBytes = Math.max(0, fileBytes - weightsStart);
  if (places.some(({ offset }) => offset >= weightsBytes)) throw new Malformed('the file ends before its weights do');
  const named = values.get('general.architecture');
  return {
    version,
    values,
    lengths,
    tensors,
    parameters: places.reduce((sum, { parameters }) => sum + parameters, 0),
    weightsBytes,
    tensorFacts: factsOf(places, weightsBytes),
    architecture: typeof named === 'string' ? named : 'unknown',
    splitCount: partsOf(values.get('split.count')),
    tokenizerSha256,
  };
}

/**
 * Reads the header at the start of a GGUF file, as much of it as it takes.
 *
 * @throws {ModelError} if it is damaged or cut off
 */
export async function readHeaderOf({ name, mend, first }: GgufBytes): Promise<GgufHeader> {
  for (let wanted = firstReadBytes; ; wanted *= 4) {
    const { head, totalBytes } = await first(wanted);
    try {
      return parseHeader(head, totalBytes);
    } catch (error) {
      if (error instanceof NeedsMoreBytes && wanted < totalBytes && wanted < maxHeaderBytes) continue;
      if (error instanceof OtherVersion) {
        throw new ModelError(`${name} ${error.message}`, { hint: 'Use another file of the model.', cause: error });
      }
      if (!(error instanceof NeedsMoreBytes) && !(error instanceof Malformed)) throw error;
      const problem = error instanceof Malformed ? error.message : 'the file ends before its header does';
      throw new ModelError(`${name} is a damaged GGUF file: ${problem}`, { hint: mend, cause: error });
    }
  }
}

/**
 * Reads the header of a GGUF file, in a few milliseconds: vocabularies are stepped over.
 *
 * @throws {ModelError} if the file is missing, no GGUF, damaged or cut off
 */
export async function readGgufHeader(path: string): Promise<GgufHeader> {
  await requireGguf(path);
  await using handle = await openFile(path);
  const { size } = await handle.stat();
  return await readHeaderOf({
    name: path,
    mend: 'Download it again.',
    async first(bytes) {
      const buffer = Buffer.alloc(Math.min(bytes, size));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
      return { head: buffer.subarray(0, bytesRead), totalBytes: size };
    },
  });
}
