import { countOf } from '../../core/amount-text.ts';
import { DataError, type InvalidItemError } from '../../core/errors.ts';
import { namesText } from '../../core/row-places.ts';
import type { DataSource } from '../../core/task-definition.ts';
import { defaultFileLimits } from '../../files/file-limits.ts';
import type { DatasetFile } from './dataset-formats.ts';
import { namedLines } from './decode-text.ts';
import { type OwnFormat, readOwnFile } from './own-formats.ts';
import { isHubSource, pullOwnDataset } from './own-hub.ts';
import { findOwnFiles } from './own-places.ts';
import type { OwnRow, OwnTableOptions, ReadTable } from './own-rows.ts';

export type { OwnRow, OwnTableOptions } from './own-rows.ts';

/** A data file, or several of the same columns, whatever format they have. */
export interface OwnTable {
  /** In the order of the file. */
  readonly columns: readonly string[];
  readonly rows: readonly OwnRow[];
  readonly files: readonly DatasetFile[];
  /** What was inferred of the file, such as its encoding and separator; one sentence each. */
  readonly notes: readonly string[];
  /** What a reader should doubt, such as rows that were left out; one sentence each, with file and line. */
  readonly warnings: readonly string[];
  /** Those of them that name the damaged rows which were left out. */
  readonly leftOut: readonly string[];
  /** Why the names of the columns may be a first row, as a clause with its line; undefined where they are no row. */
  readonly headingDoubt?: string | undefined;
}

/**
 * Reads data of the user's own: a file, the files of a folder, or a data set of the hub (`hf:owner/name`).
 *
 * @throws {DataError} if it can't be read as a table, has no rows, or is larger than can be held
 * @throws {InvalidItemError} for the first damaged row
 * @throws {DownloadError} if a data set of the hub can't be fetched
 */
export async function readOwnTable(source: DataSource, options: OwnTableOptions): Promise<OwnTable> {
  const { skipInvalid = false, signal, settings } = options;
  const limits = options.limits ?? settings?.fileLimits ?? defaultFileLimits;
  const damaged: InvalidItemError[] = [];
  const onDamage = (error: InvalidItemError): void => {
    if (!skipInvalid) throw error;
    damaged.push(error);
  };
  const found = isHubSource(source) ? await pullOwnDataset(source, options) : await findOwnFiles(source);
  const tables: (ReadTable & { readonly file: DatasetFile; readonly format: OwnFormat })[] = [];
  for (const path of found.paths) {
    signal.throwIfAborted();
    tables.push(await readOwnFile(path, { ...source, onDamage, signal, limits }));
  }
  requireSameColumns(tables);
  const rows = tables.flatMap((table) => table.rows);
  if (rows.length === 0) throw noRows(source, damaged);
  const left = rowsLeftOut(damaged, 'damaged ');
  const headingDoubt = tables.find((table) => table.headingDoubt !== undefined)?.headingDoubt;
  return {
    columns: [...new Set(tables.flatMap(({ columns }) => columns))],
    rows,
    files: tables.map(({ file }) => file),
    notes: [...found.notes, ...tables.flatMap(({ notes }) => notes)],
    warnings: [...tables.flatMap(({ warnings }) => warnings), ...left],
    leftOut: left,
    ...(headingDoubt !== undefined && { headingDoubt }),
  };
}

function noRows({ path, encoding }: DataSource, damaged: readonly InvalidItemError[]): DataError {
  const [first] = damaged;
  const which = damaged.length === 1 ? 'the only one is damaged' : `all ${damaged.length} are damaged, the first`;
  const why = first === undefined ? '' : `; ${which}: ${first.message}`;
  // A text that is read as another encoding than its own has no separators and no line breaks.
  if (encoding === undefined) return new DataError(`${path}: no rows${why}`, { hint: 'Use a file with rows.' });
  return new DataError(`${path}: no rows, read as ${encoding}, the given encoding${why}`, {
    hint: 'Leave encoding out, set the one that the file has, or use a file with rows.',
  });
}

/**
 * Names rows that were left out: the first ten with their reasons, and how many more there are.
 *
 * @param kind word before `rows`, with a space
 */
export function rowsLeftOut(errors: readonly InvalidItemError[], kind: string = ''): readonly string[] {
  if (errors.length === 0) return [];
  const named = errors.slice(0, namedLines).map(({ message }) => message);
  const rest = errors.length - named.length;
  if (rest > 0) named.push(`and ${rest} more`);
  return [`${countOf(errors.length, `${kind}row`)} left out: ${named.join('; ')}`];
}

/** Rows of JSON name their columns themselves, and may lack some; those of tables can't. */
function requireSameColumns(
  tables: readonly (ReadTable & { readonly file: DatasetFile; readonly format: OwnFormat })[],
): void {
  const [first, ...others] = tables;
  for (const { columns, file, format } of others) {
    if (first === undefined || format === 'json' || format === 'jsonl') return;
    const missing = first.columns.filter((column) => !columns.includes(column));
    const extra = columns.filter((column) => !first.columns.includes(column));
    if (missing.length === 0 && extra.length === 0) continue;
    const parts = [
      ...(missing.length === 0 ? [] : [`lacks ${namesText(missing.map((name) => `"${name}"`))}`]),
      ...(extra.length === 0 ? [] : [`has ${namesText(extra.map((name) => `"${name}"`))} besides`]),
    ];
    throw new DataError(`${file.path}: other columns than ${first.file.path}: ${parts.join(' and ')}`, {
      hint: 'Use files with the same columns, or name one of them.',
    });
  }
}
