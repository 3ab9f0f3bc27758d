import { type FileMetaData, parquetMetadataAsync, parquetReadObjects, parquetSchema, type SchemaTree } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { DataError } from '../../core/errors.ts';
import { plainRow, type RawRow, readAs } from './dataset-formats.ts';

/**
 * Rows of a parquet file, one row group in memory at a time. `line` is the number of the row in the file.
 *
 * @throws {DataError} if the file is cut off or not parquet
 */
export async function* parquetRows(file: string, content: Uint8Array<ArrayBuffer>): AsyncGenerator<RawRow, void, void> {
  const source = {
    byteLength: content.byteLength,
    // Not `content.slice`: that of a Buffer shares its memory with others.
    // Asynchronous, so that what it throws isn't lost either.
    slice: async (start: number, end = content.byteLength): Promise<ArrayBuffer> =>
      content.buffer.slice(content.byteOffset + start, content.byteOffset + end),
  };
  const metadata = await readAs('a complete parquet file', file, async () => parquetMetadataAsync(source));
  await readAs('a complete parquet file', file, async () => checkColumns(metadata));
  checkRowCounts(file, metadata);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const options = { file: source, metadata, compressors, rowStart, rowEnd };
    const rows = await readAs('a complete parquet file', file, async () => parquetReadObjects(options));
    if (rows.length !== rowEnd - rowStart) throw miscounted(file, rowEnd - rowStart, rows.length);
    for (const [index, row] of rows.entries())
      yield { ...plainRow, value: plain(row), file, line: rowStart + index + 1 };
    rowStart = rowEnd;
  }
}

/**
 * Each group has each column of the schema once. Of others the library reads the bytes and forgets them: where that
 * fails, nobody would hear of it but the process, which ends.
 */
function checkColumns(metadata: FileMetaData): void {
  const leaves = leafPaths(parquetSchema(metadata));
  for (const { columns } of metadata.row_groups) {
    const found = columns.map(({ meta_data: column }) => pathKey(column?.path_in_schema ?? []));
    if (found.length !== leaves.size || new Set(found).size !== leaves.size || found.some((key) => !leaves.has(key))) {
      throw new Error('its columns are not those of its schema');
    }
  }
}

const pathKey = (path: readonly string[]): string => JSON.stringify(path);

function leafPaths({ children, path }: SchemaTree): ReadonlySet<string> {
  if (children.length === 0) return new Set(path.length === 0 ? [] : [pathKey(path)]);
  return new Set(children.flatMap((child) => [...leafPaths(child)]));
}

/** The file says how many rows it has, each of its groups does, and so does each column of a group. */
function checkRowCounts(file: string, { num_rows: all, row_groups: groups }: FileMetaData): void {
  const counted = groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  if (counted !== Number(all)) throw miscounted(file, Number(all), counted);
  for (const { num_rows: rows, columns } of groups) {
    for (const { meta_data: column } of columns) {
      const isFlat =
        column !== undefined && !column.path_in_schema.includes('list') && column.path_in_schema.length === 1;
      if (isFlat && Number(column.num_values) !== Number(rows))
        throw miscounted(file, Number(column.num_values), Number(rows));
    }
  }
}

function miscounted(file: string, expected: number, got: number): DataError {
  return new DataError(`${file}: the parquet file says that it has ${expected} rows, but ${got} were found`, {
    hint: 'Download the file again: it seems to be damaged.',
  });
}

/** Integers of 64 bits come as `bigint`: text where a number would round them. Times are text, as in JSON. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (value instanceof Date) return value.toJSON();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}
