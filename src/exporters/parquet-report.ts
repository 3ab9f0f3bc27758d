import { type ParquetColumn, parquetStream } from './parquet-stream.ts';
import type { Report } from './report.ts';
import { type ReportRecords, reportRecords } from './report-records.ts';

type Record = ReportRecords['records'][number];

function columnOf(heading: string, records: readonly Record[]): ParquetColumn<Record> {
  const isText = records.some((record) => typeof record.get(heading) === 'string');
  return { name: heading, type: isText ? 'STRING' : 'DOUBLE', value: (record) => record.get(heading) };
}

/** The report as a Parquet table with the columns of the CSV file; what isn't known is null. */
export async function parquetReport(report: Report): Promise<Uint8Array> {
  const { headings, records } = reportRecords(report);
  const columns = headings.map((heading) => columnOf(heading, records));
  const { run } = report;
  const metadata = {
    perbench_schema: 'perbench-report/1',
    ...(run?.id !== undefined && { perbench_run: run.id }),
    ...(run?.perbenchVersion !== undefined && { perbench_version: run.perbenchVersion }),
    ...(run?.host !== undefined && { perbench_host: run.host }),
  };
  // A table has at least one column, also where there are no rows.
  const all = columns.length > 0 ? columns : [{ name: 'model', type: 'STRING', value: () => undefined } as const];
  return Buffer.concat(await Array.fromAsync(parquetStream(records, all, { metadata })));
}
