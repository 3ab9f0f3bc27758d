import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { DataError } from '../../core/errors.ts';
import type { RawRow } from './raw-row.ts';

/**
 * Rows of a parquet file, one row group in memory at a time. `line` is the number of the row in the file.
 *
 * @throws {DataError} if the file is cut off or not parquet
 */
export async function* parquetRows(file: string, content: Uint8Array<ArrayBuffer>): AsyncGenerator<RawRow, void, void> {
  const source = {
    byteLength: content.byteLength,
    // Not `content.slice`: that of a Buffer shares its memory with others.
    slice: (start: number, end = content.byteLength): ArrayBuffer =>
      content.buffer.slice(content.byteOffset + start, content.byteOffset + end),
  };
  const metadata = await wholeOrFail(file, async () => parquetMetadataAsync(source));
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const options = { file: source, metadata, compressors, rowStart, rowEnd };
    const rows = await wholeOrFail(file, async () => parquetReadObjects(options));
    for (const [index, row] of rows.entries()) yield { value: plain(row), file, line: rowStart + index + 1 };
    rowStart = rowEnd;
  }
}

async function wholeOrFail<Value>(file: string, read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new DataError(`${file}: not a whole parquet file: ${error.message}`, {
      hint: 'Fetch the file again: it seems to be cut off or damaged.',
      cause: error,
    });
  }
}

/** Integers of 64 bits come as `bigint`; labels are small. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}
