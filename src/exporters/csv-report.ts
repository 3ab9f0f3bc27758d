import type { Scalar } from './column.ts';
import { reportColumns } from './columns.ts';
import { csvLine } from './csv-text.ts';
import type { Report } from './report.ts';

/**
 * The report as one CSV table, a line per model and task, in base units and without rounding. `perbench score` reads it.
 */
export function csvReport({ scoreboards }: Report): string {
  const columns = reportColumns(scoreboards, 'csv');
  const records = scoreboards.flatMap((board) =>
    board.rows.map(
      (row): ReadonlyMap<string, Scalar> =>
        new Map(columns.flatMap((column) => Object.entries(column.fields(row, board)))),
    ),
  );
  const headings = [...new Set(records.flatMap((record) => [...record.keys()]))];
  if (records.length === 0) return '';
  return [headings, ...records.map((record) => headings.map((heading) => record.get(heading)))].map(csvLine).join('');
}
