import { bencherReport } from './bencher-report.ts';
import { csvReport } from './csv-report.ts';
import { jsonReport } from './json-report.ts';
import { latexReport } from './latex-report.ts';
import { markdownReport } from './markdown-report.ts';
import { openMetricsReport } from './openmetrics-report.ts';
import type { Report } from './report.ts';
import type { SampleRow } from './sample-columns.ts';
import { samplesAsCsv, samplesAsJsonLines, samplesAsParquet } from './sample-exporters.ts';

export interface ReportExporter {
  readonly summary: string;
  /** File name endings, without the first dot, that choose this format; the longest that fits wins. */
  readonly extensions: readonly string[];
  /** Bytes are for files, never for a terminal. */
  readonly isBinary?: boolean;
  readonly render: (report: Report) => string | Promise<Uint8Array>;
}

export interface SampleExporter {
  readonly summary: string;
  readonly extensions: readonly string[];
  readonly isBinary?: boolean;
  readonly render: (samples: AsyncIterable<SampleRow>) => AsyncIterable<string | Uint8Array>;
}

/** Formats of report files, by the name that `--format` takes. */
export const reportExporters = {
  csv: { summary: 'one line per model and task', extensions: ['csv'], render: csvReport },
  json: { summary: 'everything, under a versioned schema', extensions: ['json'], render: jsonReport },
  markdown: { summary: 'tables for a page or an issue', extensions: ['md', 'markdown'], render: markdownReport },
  latex: { summary: 'tables for a paper (booktabs)', extensions: ['tex'], render: latexReport },
  parquet: {
    summary: 'the columns of csv, typed',
    extensions: ['parquet'],
    isBinary: true,
    render: async (report) => (await import('./parquet-report.ts')).parquetReport(report),
  },
  openmetrics: {
    summary: 'gauges for Prometheus and GitLab',
    extensions: ['prom', 'om', 'openmetrics.txt'],
    render: openMetricsReport,
  },
  bencher: { summary: 'Bencher Metric Format', extensions: ['bmf.json'], render: bencherReport },
} as const satisfies Record<string, ReportExporter>;

/** Formats of sample files, by the name that `--format` takes. */
export const sampleExporters = {
  jsonl: { summary: 'one JSON object per item', extensions: ['jsonl', 'ndjson'], render: samplesAsJsonLines },
  csv: { summary: 'one line per item', extensions: ['csv'], render: samplesAsCsv },
  parquet: {
    summary: 'typed columns, in row groups',
    extensions: ['parquet'],
    isBinary: true,
    render: samplesAsParquet,
  },
} as const satisfies Record<string, SampleExporter>;

/** The exporter whose longest ending fits a file name, or undefined. */
export function exporterByName<Entry extends { readonly extensions: readonly string[] }>(
  exporters: Readonly<Record<string, Entry>>,
  fileName: string,
): Entry | undefined {
  const lower = fileName.toLowerCase();
  const fitting = Object.values(exporters).flatMap((exporter) =>
    exporter.extensions.filter((ending) => lower.endsWith(`.${ending}`)).map((ending) => ({ exporter, ending })),
  );
  return fitting.toSorted((left, right) => right.ending.length - left.ending.length)[0]?.exporter;
}
