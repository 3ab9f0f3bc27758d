import { csvLine } from './csv-text.ts';
import type { Report } from './report.ts';
import { reportRecords } from './report-records.ts';

/**
 * The report as one CSV table, a line per model and task, in base units and without rounding. `perbench score` reads it.
 */
export function csvReport(report: Report): string {
  const { headings, records } = reportRecords(report);
  if (records.length === 0) return '';
  return [headings, ...records.map((record) => headings.map((heading) => record.get(heading)))].map(csvLine).join('');
}
