import { bencherText, openMetricsText } from './series-text.ts';
import { csvText } from './csv.ts';
import type { Document, MoreRecords } from './document.ts';
import { junitText } from './check-text.ts';
import { htmlText } from './html.ts';
import { latexText } from './latex.ts';
import { markdownText } from './markdown.ts';
import { jsonText } from './sanitise.ts';

/** What can be chosen by a name, or by the ending of a file. */
export interface NamedFormat {
  readonly summary: string;
  /** File name endings, without the first dot, that choose this format; the longest that fits wins. */
  readonly extensions: readonly string[];
  /** Bytes are for files, never for a terminal. */
  readonly isBinary?: boolean;
}

export interface Format extends NamedFormat {
  readonly write: (document: Document) => string | Promise<string | Uint8Array>;
}

/** A further table of a document, as CSV: `-o tickets.confusion.csv`. */
function moreCsv(name: MoreRecords, summary: string): Format {
  return {
    summary: `${summary}, as CSV`,
    extensions: [`${name}.csv`],
    write: ({ moreRecords }) => csvText(moreRecords[name] ?? { headings: [], rows: [] }),
  };
}

/** Every format of documents, by the name that `--format` takes. A new one is a line here. */
const formats = {
  junit: { summary: 'a test case per check', extensions: ['junit.xml', 'xml'], write: junitText },
  csv: { summary: 'one line per model and task', extensions: ['csv'], write: ({ records }) => csvText(records) },
  confusion: moreCsv('confusion', 'which labels are taken for which'),
  labels: moreCsv('labels', 'precision, recall and F1 of each label'),
  items: moreCsv('items', 'the first items that all models miss, or disagree about'),
  fields: moreCsv('fields', 'how often each field of JSON answers is right'),
  server: moreCsv('server', "times and counts that servers told, beside the client's"),
  json: {
    summary: 'everything, under a versioned schema',
    extensions: ['json'],
    write: ({ data }) => `${jsonText(data, 2)}\n`,
  },
  markdown: { summary: 'tables for a page or an issue', extensions: ['md', 'markdown'], write: markdownText },
  html: { summary: 'a page to read and to print', extensions: ['html', 'htm'], write: htmlText },
  latex: { summary: 'tables for a paper (booktabs)', extensions: ['tex'], write: latexText },
  parquet: {
    summary: 'the columns of csv, typed',
    extensions: ['parquet'],
    isBinary: true,
    write: async (document) => (await import('./parquet.ts')).parquetBytes(document),
  },
  openmetrics: {
    summary: 'gauges for Prometheus and GitLab',
    extensions: ['prom', 'om', 'openmetrics.txt'],
    write: openMetricsText,
  },
  bencher: { summary: 'Bencher Metric Format', extensions: ['bmf.json'], write: bencherText },
} as const satisfies Record<string, Format>;

type FormatName = keyof typeof formats;

function pick<Name extends FormatName>(...names: readonly Name[]): Pick<typeof formats, Name> {
  return Object.fromEntries(names.map((name) => [name, formats[name]])) as Pick<typeof formats, Name>;
}

/** What each kind of document can be written as. */
export const documentFormats = {
  report: pick(
    'csv',
    'json',
    'markdown',
    'latex',
    'parquet',
    'openmetrics',
    'bencher',
    'confusion',
    'labels',
    'items',
    'fields',
    'server',
  ),
  comparison: pick('csv', 'json', 'markdown'),
  decision: pick('csv', 'json', 'markdown'),
  brief: pick('json', 'markdown', 'html'),
  loss: pick('csv', 'json', 'markdown', 'latex', 'parquet'),
  cost: pick('csv', 'json', 'markdown', 'latex', 'parquet'),
  ladder: pick('csv', 'json', 'markdown', 'latex', 'parquet'),
  sweep: pick('csv', 'json', 'markdown', 'latex', 'parquet', 'openmetrics', 'bencher'),
  gate: pick('junit', 'json', 'csv', 'markdown'),
} as const;

/** The format whose longest ending fits a file name, or undefined. */
export function formatOfFile<Entry extends NamedFormat>(
  known: Readonly<Record<string, Entry>>,
  fileName: string,
): Entry | undefined {
  const lower = fileName.toLowerCase();
  const fitting = Object.values(known).flatMap((format) =>
    format.extensions.filter((ending) => lower.endsWith(`.${ending}`)).map((ending) => ({ format, ending })),
  );
  return fitting.toSorted((left, right) => right.ending.length - left.ending.length)[0]?.format;
}

/** Endings of formats, as a user types them. */
export function knownEndings(known: Readonly<Record<string, NamedFormat>>): string {
  return Object.values(known)
    .flatMap(({ extensions }) => extensions.map((ending) => `.${ending}`))
    .join(' ');
}
