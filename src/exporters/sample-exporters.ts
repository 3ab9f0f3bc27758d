import { jsonText } from './sanitise.ts';
import { csvLine } from './csv-text.ts';
import { type SampleRow, sampleColumns } from './sample-columns.ts';

/** Samples as JSON lines, whole: prompt, output, score, counts and times. One string per line. */
export async function* samplesAsJsonLines(rows: AsyncIterable<SampleRow>): AsyncGenerator<string> {
  for await (const { origin, sample } of rows) yield `${jsonText({ ...origin, ...sample })}\n`;
}

/** Samples as CSV, a heading first, then one string per line. */
export async function* samplesAsCsv(rows: AsyncIterable<SampleRow>): AsyncGenerator<string> {
  yield csvLine(sampleColumns.map(({ name }) => name));
  for await (const row of rows) yield csvLine(sampleColumns.map(({ value }) => value(row)));
}

/** Samples as Parquet, written row group by row group; the metrics of the task and details are JSON columns. */
export async function* samplesAsParquet(rows: AsyncIterable<SampleRow>): AsyncGenerator<Uint8Array> {
  const { parquetStream } = await import('./parquet-stream.ts');
  const columns = [
    ...sampleColumns,
    { name: 'metrics', type: 'JSON', value: ({ sample }: SampleRow) => sample.metrics } as const,
    { name: 'detail', type: 'JSON', value: ({ sample }: SampleRow) => sample.detail } as const,
  ];
  yield* parquetStream(rows, columns, { metadata: { perbench_schema: 'perbench-samples/1' } });
}
