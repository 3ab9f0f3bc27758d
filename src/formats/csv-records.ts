import { CsvError, parse } from 'csv-parse/sync';
import { TableError } from '../core/errors.ts';

export interface CsvRecord {
  /** Where the record ends; 1-based. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** A first line `sep=;`, which Excel writes and reads. */
const separatorLine = /^\ufeff?"?sep=(.)"?(?:\r\n|\n|\r)/iu;

/** What separates the cells: the candidate that the heading has most of. */
function delimiterOf(text: string): string {
  const heading = text.split(/[\r\n]/u, 1)[0] ?? '';
  const count = (candidate: string): number => heading.split(candidate).length;
  return [',', ';', '\t', '|'].reduce((best, candidate) => (count(candidate) > count(best) ? candidate : best));
}

/**
 * Splits a CSV text into records with their line numbers; empty lines are left out. What separates the cells is what a
 * first line `sep=;` says, else comma, semicolon, tab or vertical bar, by the heading.
 *
 * @param file name for messages
 * @throws {TableError} if quotes don't match or a line has another number of cells than the heading
 */
export function csvRecords(text: string, file: string): readonly CsvRecord[] {
  const separator = separatorLine.exec(text)?.[1];
  let parsed: readonly { readonly info: { readonly lines: number }; readonly record: readonly string[] }[];
  try {
    parsed = parse(text, {
      bom: true,
      delimiter: separator ?? delimiterOf(text),
      from_line: separator === undefined ? 1 : 2,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as typeof parsed;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? error['lines'] : 1;
    throw new TableError(file, [{ line, column: undefined, message: `not readable as CSV: ${error.message}` }]);
  }
  const records = parsed.map(({ info, record }) => ({ line: info.lines, cells: record }));
  const width = records[0]?.cells.length ?? 0;
  const uneven = records.filter(({ cells }) => cells.length !== width);
  if (uneven.length > 0) {
    throw new TableError(
      file,
      uneven.map(({ line, cells }) => ({
        line,
        column: undefined,
        message: `expected ${width} cells as in the heading, got ${cells.length}`,
      })),
    );
  }
  return records;
}
