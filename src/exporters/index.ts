import type { Sample } from '../core/sample.ts';
import { csvReport } from './csv-report.ts';
import { jsonReport } from './json-report.ts';
import { markdownReport } from './markdown-report.ts';
import type { Report } from './report.ts';
import { samplesAsCsv, samplesAsJsonLines, type SampleOrigin } from './sample-exporters.ts';

export interface ReportExporter {
  readonly summary: string;
  /** File name endings, without dot, that choose this format. */
  readonly extensions: readonly string[];
  readonly render: (report: Report) => string;
}

export interface SampleExporter {
  readonly summary: string;
  readonly extensions: readonly string[];
  readonly render: (samples: AsyncIterable<Sample>, origin: SampleOrigin) => AsyncIterable<string>;
}

/** Formats of report files, by the name that `--format` takes. */
export const reportExporters = {
  csv: { summary: 'one line per model and task', extensions: ['csv'], render: csvReport },
  json: { summary: 'everything, under a versioned schema', extensions: ['json'], render: jsonReport },
  markdown: { summary: 'tables for a page or an issue', extensions: ['md', 'markdown'], render: markdownReport },
} as const satisfies Record<string, ReportExporter>;

/** Formats of sample files, by the name that `--format` takes. */
export const sampleExporters = {
  jsonl: { summary: 'one JSON object per item', extensions: ['jsonl', 'ndjson'], render: samplesAsJsonLines },
  csv: { summary: 'one line per item', extensions: ['csv'], render: samplesAsCsv },
} as const satisfies Record<string, SampleExporter>;
