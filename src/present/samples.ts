import type { Sample } from '../core/sample.ts';
import { csvLine } from './csv.ts';
import type { Scalar } from './document.ts';
import type { NamedFormat } from './formats.ts';
import type { ParquetType } from './parquet.ts';
import { jsonText } from './sanitise.ts';

/** Where the samples come from; on every line, so that files can be joined. */
export interface SampleOrigin {
  readonly runId: string;
  readonly model: string;
  readonly task: string;
  readonly protocol: string;
}

export interface SampleRow {
  readonly origin: SampleOrigin;
  readonly sample: Sample;
}

interface SampleColumn {
  readonly name: string;
  readonly type: ParquetType;
  readonly value: (row: SampleRow) => Scalar;
}

function ofOrigin(name: string, value: (origin: SampleOrigin) => string): SampleColumn {
  return { name, type: 'STRING', value: ({ origin }) => value(origin) };
}

function ofSample(name: string, type: ParquetType, value: (sample: Sample) => Scalar): SampleColumn {
  return { name, type, value: ({ sample }) => value(sample) };
}

/** Columns of sample tables, the same in CSV and Parquet. */
const sampleColumns: readonly SampleColumn[] = [
  ofOrigin('run_id', ({ runId }) => runId),
  ofOrigin('model', ({ model }) => model),
  ofOrigin('task', ({ task }) => task),
  ofOrigin('protocol', ({ protocol }) => protocol),
  ofSample('item_id', 'STRING', ({ itemId }) => itemId),
  ofSample('position', 'INT32', ({ position }) => position),
  ofSample('score', 'DOUBLE', ({ score }) => score),
  ofSample('expected', 'STRING', ({ expected }) => expected),
  ofSample('answer', 'STRING', ({ answer }) => answer),
  ofSample('output', 'STRING', ({ output }) => output),
  ofSample('is_unparsed', 'BOOLEAN', ({ isUnparsed }) => isUnparsed),
  ofSample('is_truncated', 'BOOLEAN', ({ isTruncated }) => isTruncated),
  ofSample('cut', 'STRING', ({ cut }) => cut),
  ofSample('failure', 'STRING', ({ failure }) => failure && `${failure.reason}: ${failure.message}`),
  ofSample('cluster', 'STRING', ({ cluster }) => cluster),
  ofSample('prompt_tokens', 'INT32', ({ promptTokens }) => promptTokens),
  ofSample('reused_tokens', 'INT32', ({ reusedTokens }) => reusedTokens),
  ofSample('output_tokens', 'INT32', ({ outputTokens }) => outputTokens),
  ofSample('thinking_tokens', 'INT32', ({ thinkingTokens }) => thinkingTokens),
  ofSample('scheduled_ms', 'DOUBLE', ({ times }) => times?.scheduledMs),
  ofSample('started_ms', 'DOUBLE', ({ times }) => times?.startedMs),
  ofSample('first_token_ms', 'DOUBLE', ({ times }) => times?.firstTokenMs),
  ofSample('last_token_ms', 'DOUBLE', ({ times }) => times?.lastTokenMs),
  ofSample('prompt_sha256', 'STRING', ({ promptSha256 }) => promptSha256),
  ofSample('prompt', 'STRING', ({ prompt }) => prompt),
  ofSample('thoughts', 'STRING', ({ thoughts }) => thoughts),
];

/** Samples as JSON lines, whole: prompt, output, score, counts and times. One string per line. */
async function* jsonLines(rows: AsyncIterable<SampleRow>): AsyncGenerator<string> {
  for await (const { origin, sample } of rows) yield `${jsonText({ ...origin, ...sample })}\n`;
}

/** Samples as CSV, a heading first, then one string per line. */
async function* csvLines(rows: AsyncIterable<SampleRow>): AsyncGenerator<string> {
  yield csvLine(sampleColumns.map(({ name }) => name));
  for await (const row of rows) yield csvLine(sampleColumns.map(({ value }) => value(row)));
}

/** Samples as Parquet, written row group by row group; the metrics of the task and details are JSON columns. */
async function* parquetParts(rows: AsyncIterable<SampleRow>): AsyncGenerator<Uint8Array> {
  const { parquetStream } = await import('./parquet.ts');
  const columns = [
    ...sampleColumns,
    { name: 'metrics', type: 'JSON', value: ({ sample }: SampleRow) => sample.metrics } as const,
    { name: 'detail', type: 'JSON', value: ({ sample }: SampleRow) => sample.detail } as const,
  ];
  yield* parquetStream(rows, columns, { metadata: { perbench_schema: 'perbench-samples/1' } });
}

export interface SampleFormat extends NamedFormat {
  readonly write: (samples: AsyncIterable<SampleRow>) => AsyncIterable<string | Uint8Array>;
}

/** Formats of sample files, by the name that `--format` takes. */
export const sampleFormats = {
  jsonl: { summary: 'one JSON object per item', extensions: ['jsonl', 'ndjson'], write: jsonLines },
  csv: { summary: 'one line per item', extensions: ['csv'], write: csvLines },
  parquet: { summary: 'typed columns, in row groups', extensions: ['parquet'], isBinary: true, write: parquetParts },
} as const satisfies Record<string, SampleFormat>;
