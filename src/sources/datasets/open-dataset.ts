import path from 'node:path';
import type { InvalidItemError } from '../../core/errors.ts';
import type { DatasetName, DatasetReference } from '../../core/task.ts';
import { readAclImdbFolder } from './acl-imdb-folder.ts';
import type { DatasetFormat } from './dataset-layout.ts';
import { readDatasetFile, type DatasetFile } from './dataset-file.ts';
import { findDataset, type FoundDataset } from './find-dataset.ts';
import { damagedItem, invalidItem } from './invalid-item.ts';
import { jsonLineRows } from './json-lines.ts';
import { normalizeRecord } from './normalize-record.ts';
import { parquetRows } from './parquet-rows.ts';
import type { RawRow } from './raw-row.ts';
import { squadJsonRows } from './squad-json.ts';

export interface DatasetRequest {
  readonly name: DatasetName;
  readonly split: string;
  /** Folder to look in; not needed for `builtin`. */
  readonly dataDir?: string | undefined;
  readonly source?: DatasetReference['source'];
  /** Takes rows that don't fit, which are then left out; without it the first one throws. */
  readonly onInvalid?: (error: InvalidItemError) => void;
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
  for (const at of found.paths) parts.push(await readPart(found.format, at, signal));
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
  const folder = path.join(import.meta.dirname, '..', '..', 'tasks', 'mini');
  const file = split === 'test' ? `${name}.jsonl` : `${name}-${split}.jsonl`;
  return { format: 'jsonl', paths: [path.join(folder, file)] };
}

async function readPart(
  format: DatasetFormat,
  at: string,
  signal: AbortSignal,
): Promise<{ readonly file: DatasetFile; readonly rows: Iterable<RawRow> | AsyncIterable<RawRow> }> {
  if (format === 'acl-imdb') return readAclImdbFolder(at, signal);
  const { file, content } = await readDatasetFile(at, signal);
  const readers = { jsonl: jsonLineRows, 'squad-json': squadJsonRows, parquet: parquetRows };
  return { file, rows: readers[format](at, content) };
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
      const checked = checkRow(name, row);
      if ('record' in checked) yield { record: checked.record, file: row.file, line: row.line, position };
      else if (onInvalid === undefined) throw checked.invalid;
      else onInvalid(checked.invalid);
      position += 1;
    }
  }
}

function checkRow(
  name: DatasetName,
  row: RawRow,
): { readonly record: unknown } | { readonly invalid: InvalidItemError } {
  if (row.damage !== undefined) return { invalid: damagedItem(row, row.damage) };
  try {
    return { record: normalizeRecord(name, row.value) };
  } catch (error) {
    const invalid = invalidItem(error, row, row.value);
    if (invalid === undefined) throw error;
    return { invalid };
  }
}
