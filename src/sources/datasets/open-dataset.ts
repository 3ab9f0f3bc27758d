import { join } from 'node:path';
import * as z from 'zod';
import { InvalidItemError } from '../../core/errors.ts';
import { expectedBy } from '../../core/schema-issue.ts';
import { defaultFileLimits, type FileLimits } from '../../files/file-limits.ts';
import type { DatasetName, DatasetReference } from '../../core/task.ts';
import {
  readAclImdbFolder,
  readDatasetFile,
  type DatasetFile,
  jsonLineRows,
  type RawRow,
  type Reading,
  squadJsonRows,
} from './dataset-formats.ts';
import { parquetRows } from './parquet-rows.ts';
import { type DatasetFormat, findDataset, type FoundDataset } from './find-dataset.ts';
import { normalizeRecord } from './normalize-record.ts';

export interface DatasetRequest {
  readonly name: DatasetName;
  readonly split: string;
  /** Folder to look in; not needed for `builtin`. */
  readonly dataDir: string | undefined;
  readonly source: DatasetReference['source'] | undefined;
  /** By default {@link defaultFileLimits}. */
  readonly limits?: FileLimits | undefined;
  /** Takes rows that don't fit, which are then left out; without it the first one throws. */
  readonly onInvalid: ((error: InvalidItemError) => void) | undefined;
}

export interface DatasetRow {
  /** In the shape that `core/dataset-record.ts` has for the data set. */
  readonly record: unknown;
  readonly file: string;
  /** 1-based; the number of the row in formats without lines. */
  readonly line: number;
  /** Number of the row in its split from 0, rows that were left out counted. */
  readonly position: number;
}

export interface OpenedDataset {
  readonly records: AsyncIterable<DatasetRow>;
  readonly files: readonly DatasetFile[];
}

/**
 * Finds a split, hashes its files and reads its rows, whatever format they have.
 *
 * @throws {DataError} if the split can't be found or read; some damage is met only while `records` are read
 * @throws {InvalidItemError} from `records`, for a row that doesn't fit, unless `onInvalid` takes it
 */
export async function openDataset(request: DatasetRequest, signal: AbortSignal): Promise<OpenedDataset> {
  const { name, split } = request;
  const found =
    request.source === 'builtin' ? builtinDataset(name, split) : await findDataset(name, split, request.dataDir);
  const parts: { readonly file: DatasetFile; readonly rows: Iterable<RawRow> | AsyncIterable<RawRow> }[] = [];
  const reading = { signal, limits: request.limits ?? defaultFileLimits };
  for (const at of found.paths) parts.push(await readPart(found.format, at, reading));
  return {
    files: parts.map(({ file }) => file),
    records: checkedRows(
      parts.map(({ rows }) => rows),
      request,
      signal,
    ),
  };
}

/** The mini set lies beside the tasks, in `src` as in `dist`. */
function builtinDataset(name: DatasetName, split: string): FoundDataset {
  const folder = join(import.meta.dirname, '..', '..', 'tasks', 'mini');
  const file = split === 'test' ? `${name}.jsonl` : `${name}-${split}.jsonl`;
  return { format: 'jsonl', paths: [join(folder, file)] };
}

async function readPart(
  format: DatasetFormat,
  at: string,
  reading: Reading,
): Promise<{ readonly file: DatasetFile; readonly rows: Iterable<RawRow> | AsyncIterable<RawRow> }> {
  if (format === 'acl-imdb') return readAclImdbFolder(at, reading);
  const { file, content } = await readDatasetFile(at, reading);
  const readers = { jsonl: jsonLineRows, 'squad-json': squadJsonRows, parquet: parquetRows };
  return { file, rows: readers[format](at, content, reading.limits) };
}

async function* checkedRows(
  parts: readonly (Iterable<RawRow> | AsyncIterable<RawRow>)[],
  { name, onInvalid }: DatasetRequest,
  signal: AbortSignal,
): AsyncGenerator<DatasetRow, void, void> {
  let position = 0;
  for (const part of parts) {
    for await (const row of part) {
      signal.throwIfAborted();
      const found = checkRow(name, row);
      if (found.invalid === undefined) yield { record: found.record, file: row.file, line: row.line, position };
      else if (onInvalid === undefined) throw found.invalid;
      else onInvalid(found.invalid);
      position += 1;
    }
  }
}

function checkRow(name: DatasetName, row: RawRow): CheckedRow {
  if (row.damage !== undefined) return { invalid: damagedItem(row, row.damage) };
  return checked(row, row.value, () => normalizeRecord(name, row.value));
}

type CheckedRow = { readonly record: unknown; readonly invalid?: undefined } | { readonly invalid: InvalidItemError };

/** What a check makes of a row, or why the row doesn't fit. */
export function checked(place: RowPlace, value: unknown, check: () => unknown): CheckedRow {
  try {
    return { record: check() };
  } catch (error) {
    const invalid = invalidItem(error, place, value);
    if (invalid === undefined) throw error;
    return { invalid };
  }
}

type RowPlace = Pick<RawRow, 'file' | 'line'> & Partial<Pick<RawRow, 'keyPrefix'>>;

/**
 * One line out of what a schema or a task has to say about a row: which key, what was expected, what is there.
 *
 * @param value - the row that was checked
 * @returns undefined for errors that aren't about the row: those are to be thrown on
 */
function invalidItem(error: unknown, place: RowPlace, value: unknown): InvalidItemError | undefined {
  if (error instanceof z.ZodError) {
    const [issue] = error.issues;
    if (issue === undefined) return undefined;
    return atKey(place, issue.path, expectedBy(issue), describeValue(valueAt(value, issue.path)));
  }
  if (!(error instanceof RangeError)) return undefined;
  // A task's own check says `key: must be what it expects, got what it found`.
  const [, key, expected, received] = /^([\w.]+): must be (.+?)(?:, got (.+))?$/su.exec(error.message) ?? [];
  if (key === undefined || expected === undefined) return atKey(place, ['row'], 'a valid row', error.message);
  return atKey(place, key.split('.'), expected, received ?? describeValue(valueAt(value, key.split('.'))));
}

/** The error of a row that isn't even JSON. */
function damagedItem(place: RowPlace, damage: string): InvalidItemError {
  return atKey(place, ['row'], 'JSON', `invalid JSON: ${damage}`);
}

/** The error of a row whose id another row had before. */
export function repeatedItem(place: RowPlace, id: string, before: RowPlace): InvalidItemError {
  return atKey(place, ['id'], 'unique', `"${id}" again (first at ${before.file}:${before.line})`);
}

function atKey(place: RowPlace, keys: readonly PropertyKey[], expected: string, received: string): InvalidItemError {
  const own = keys.map(String).join('.') || 'row';
  const key = place.keyPrefix === undefined ? own : `${place.keyPrefix}.${own}`;
  return new InvalidItemError({ file: place.file, line: place.line, key }, expected, received);
}

function valueAt(value: unknown, keys: readonly PropertyKey[]): unknown {
  let current = value;
  for (const key of keys) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Readonly<Record<PropertyKey, unknown>>)[key];
  }
  return current;
}

/** A value in a few words, safe to print. */
function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
