import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DataError } from '../../core/errors.ts';
import { jsonInside } from '../../core/json-inside.ts';
import { isSystemError, systemErrorWords } from '../../core/system-error.ts';
import { beyondLimit, type FileLimits } from '../../files/file-limits.ts';
import { readBytes } from '../../files/read-file.ts';
import { foreignStart } from './foreign-start.ts';

/** A row as its file has it, before it is checked. */
export interface RawRow {
  readonly value: unknown;
  readonly file: string;
  /** 1-based line; the row's number in formats without lines. */
  readonly line: number;
  /** Where in a nested file the row lies, such as `data[0].paragraphs[3].qas[1]`. */
  readonly keyPrefix: string | undefined;
  /** Why the row can't even be parsed, in words for "got …". */
  readonly damage: string | undefined;
}

export const plainRow = { keyPrefix: undefined, damage: undefined };

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

/** How a file is read: until when, and how much of it at most. */
export interface Reading {
  readonly signal: AbortSignal;
  readonly limits: FileLimits;
}

/** @throws {DataError} if the file can't be read or unpacked, or is larger than it may be */
export async function readDatasetFile(path: string, reading: Reading): Promise<FileContent> {
  const { file, content } = await readPacked(path, reading);
  const foreign = foreignStart(content);
  if (foreign !== undefined) throw new DataError(`${path}: ${foreign.what}`, { hint: foreign.hint });
  return { file, content: path.endsWith('.gz') ? await unpack(path, content, reading.limits) : content };
}

/**
 * A file as it is on disk.
 *
 * @throws {DataError} if it can't be read, or is larger than it may be
 */
export async function readPacked(path: string, reading: Reading): Promise<FileContent> {
  try {
    const content = await readBytes(path, reading);
    return { file: { path, sha256: sha256Of(content), bytes: content.byteLength }, content };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new DataError(`${path}: cannot be read: ${systemErrorWords(error)}`, { cause: error });
  }
}

/** @throws {DataError} if it isn't gzip, or more comes out than may */
export async function unpack(
  path: string,
  packed: Uint8Array<ArrayBuffer>,
  limits: FileLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readAs('a complete gzip file', path, async () =>
      promisify(gunzip)(packed, { maxOutputLength: limits.fileBytes }),
    );
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DataError(`${path}: ${beyondLimit('fileBytes', limits)}`, { hint: fewerRows, cause: error });
  }
}

const fewerRows = 'Use fewer rows: a few thousand are enough to tell models apart.';

/** What reading gives; where it fails, the file isn't what it should be, such as `a complete gzip file`. */
export async function readAs<Value>(what: string, file: string, read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    // Only the runtime's own errors have codes: libraries read behind the end of what is cut off.
    if (!(error instanceof Error) || (error instanceof RangeError && 'code' in error)) throw error;
    throw new DataError(`${file}: not ${what}: ${error.message}`, {
      hint: 'Download the file again: it seems to be truncated or damaged.',
      cause: error,
    });
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** @throws {DataError} if the bytes aren't UTF-8; a byte order mark is dropped */
function decodeText(bytes: Uint8Array, place: string): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw new DataError(`${place}: not valid UTF-8`, {
      hint: 'Convert the file to UTF-8, or download it again.',
      cause: error,
    });
  }
}

/**
 * Rows of a file with one JSON value a line; blank lines don't count. A broken last line without a line break means
 * that the file was cut off, which no setting skips; a broken line elsewhere is a row with `damage`.
 *
 * @throws {DataError} if the file is cut off or not UTF-8, or a line is longer than it may be
 */
export function* jsonLineRows(file: string, content: Uint8Array, limits: FileLimits): Generator<RawRow, void, void> {
  let line = 0;
  let start = 0;
  while (start < content.length) {
    const newline = content.indexOf(10, start);
    const end = newline === -1 ? content.length : newline;
    line += 1;
    if (end - start > limits.lineBytes) throw new DataError(`${file}:${line}: ${beyondLimit('lineBytes', limits)}`);
    const text = decodeText(content.subarray(start, end), `${file}:${line}`).trim();
    if (text !== '') yield parsedRow(file, line, text, newline === -1);
    start = end + 1;
  }
}

function parsedRow(file: string, line: number, text: string, isUnterminated: boolean): RawRow {
  try {
    return { ...plainRow, value: JSON.parse(text), file, line };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if (isUnterminated) {
      throw new DataError(`${file}:${line}: the file ends in the middle of a row`, {
        hint: 'Download the file again: it seems to be truncated.',
        cause: error,
      });
    }
    return { ...plainRow, value: undefined, file, line, damage: error.message.replace(/, (?:\.{3})?".*$/su, '') };
  }
}

/**
 * Questions of an official SQuAD 2.0 file (`data[].paragraphs[].qas[]`) as rows in file order, each with the title and
 * passage it belongs to. `line` is the number of the question. A file of JSON lines with a question each is read as such,
 * whatever it is called.
 *
 * @throws {DataError} if the file isn't JSON, or has no list where the format has one
 */
export function* squadJsonRows(file: string, content: Uint8Array, limits: FileLimits): Generator<RawRow, void, void> {
  if (isQuestionLine(content)) {
    yield* jsonLineRows(file, content, limits);
    return;
  }
  let line = 0;
  for (const [article, articleKey] of entries(file, parse(file, content), 'data', '')) {
    for (const [paragraph, paragraphKey] of entries(file, article, 'paragraphs', articleKey)) {
      for (const [question, keyPrefix] of entries(file, paragraph, 'qas', paragraphKey)) {
        line += 1;
        const shared = { title: member(article, 'title'), context: member(paragraph, 'context') };
        const value = typeof question === 'object' && question !== null ? { ...question, ...shared } : question;
        yield { ...plainRow, value, file, line, keyPrefix };
      }
    }
  }
}

/** The first line alone is a question with its passage. */
function isQuestionLine(content: Uint8Array): boolean {
  const end = content.indexOf(10);
  const line = jsonInside(Buffer.from(content.subarray(0, end === -1 ? content.length : end)).toString('utf8'));
  return member(line, 'question') !== undefined && member(line, 'context') !== undefined;
}

function parse(file: string, content: Uint8Array): unknown {
  try {
    return JSON.parse(decodeText(content, file));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new DataError(`${file}: not valid JSON: ${error.message}`, {
      hint: 'Download the file again: it seems to be truncated or damaged.',
      cause: error,
    });
  }
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}

function entries(file: string, parent: unknown, key: string, prefix: string): readonly (readonly [unknown, string])[] {
  const at = prefix === '' ? key : `${prefix}.${key}`;
  const list = member(parent, key);
  if (!Array.isArray(list)) {
    throw new DataError(`${file}: \`${at}\` must be a list, as in an official SQuAD 2.0 file`);
  }
  return list.map((value: unknown, index) => [value, `${at}[${index}]`] as const);
}

/**
 * Reviews of an unpacked aclImdb folder (`pos/*.txt`, `neg/*.txt`), positives first, by number. The folder counts as
 * one file: its hash is taken over the names and hashes of the reviews.
 *
 * @throws {DataError} if one of the two folders is missing or a review isn't UTF-8
 */
export async function readAclImdbFolder(
  folder: string,
  reading: Reading,
): Promise<{ readonly file: DatasetFile; readonly rows: readonly RawRow[] }> {
  const rows: RawRow[] = [];
  const hashes: string[] = [];
  let bytes = 0;
  for (const [name, label] of [
    ['pos', 1],
    ['neg', 0],
  ] as const) {
    for (const review of await reviewNames(join(folder, name))) {
      const { file, content } = await readDatasetFile(join(folder, name, review), reading);
      rows.push({ ...plainRow, value: { text: decodeText(content, file.path), label }, file: file.path, line: 1 });
      hashes.push(`${name}/${review} ${file.sha256}\n`);
      bytes += file.bytes;
    }
  }
  return { file: { path: folder, sha256: sha256Of(hashes.join('')), bytes }, rows };
}

async function reviewNames(folder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => /^\d+_\d+\.txt$/u.test(name))
      .toSorted((left, right) => Number.parseInt(left, 10) - Number.parseInt(right, 10));
  } catch (error) {
    throw new DataError(`${folder}: cannot be read: ${(error as Error).message}`, {
      hint: 'Unpack the whole aclImdb archive.',
      cause: error,
    });
  }
}
