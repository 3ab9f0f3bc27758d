import type { Scalar } from './column.ts';
import { reportColumns } from './columns.ts';
import type { Report } from './report.ts';

/** A report as one flat table, a record per model and task, in base units and without rounding. */
export interface ReportRecords {
  readonly headings: readonly string[];
  readonly records: readonly ReadonlyMap<string, Scalar>[];
}

export function reportRecords({ scoreboards }: Report): ReportRecords {
  const columns = reportColumns(scoreboards, 'csv');
  const records = scoreboards.flatMap((board) =>
    board.rows.map((row) => new Map(columns.flatMap((column) => Object.entries(column.fields(row, board))))),
  );
  return { headings: [...new Set(records.flatMap((record) => [...record.keys()]))], records };
}
