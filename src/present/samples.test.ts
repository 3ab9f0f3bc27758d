import { parse } from 'csv-parse/sync';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import type { Sample } from '../core/sample.ts';
import { sampleFormats, type SampleRow } from './samples.ts';

const origin = { runId: 'r1', model: 'm', task: 'gsm8k/per@1', protocol: 'serving' };
const sample: Sample = {
  itemId: 'test-0',
  position: 0,
  prompt: 'Question: "how many?"\nAnswer:',
  promptSha256: 'ab',
  output: '=HYPERLINK("http://example.invalid")',
  raw: '{}',
  expected: '-18',
  answer: undefined,
  score: 0,
  metrics: { strict: 0 },
  detail: {},
  isUnparsed: true,
  isTruncated: false,
  failure: undefined,
  cluster: undefined,
  promptTokens: 7,
  reusedTokens: 0,
  outputTokens: 3,
  times: undefined,
};

async function* stream(count: number, onPull: () => void = () => undefined): AsyncGenerator<SampleRow> {
  for (let position = 0; position < count; position += 1) {
    onPull();
    yield { origin, sample: { ...sample, position } };
  }
}

async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

describe('sample exporters', () => {
  it('JSON lines', async () => {
    const lines = await collect(sampleFormats.jsonl.write(stream(2)));
    expect(lines).toHaveLength(2);
    expect(lines.every((line) => line.endsWith('}\n') && !line.slice(0, -1).includes('\n'))).toBe(true);
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({
      ...origin,
      position: 1,
      prompt: sample.prompt,
      metrics: { strict: 0 },
    });
  });

  it('CSV that a spreadsheet neither breaks nor runs', async () => {
    const text = (await collect(sampleFormats.csv.write(stream(2)))).join('');
    const records = parse(text, { columns: true }) as unknown as Record<string, string>[];
    expect(records).toHaveLength(2);
    expect(records[0]).toMatchObject({
      run_id: 'r1',
      item_id: 'test-0',
      score: '0',
      answer: '',
      expected: "'-18",
      output: `'${sample.output}`,
      prompt: sample.prompt,
      is_unparsed: 'true',
      failure: '',
    });
  });

  it('Parquet in row groups, with what has no text as null', async () => {
    const bytes = Buffer.concat(await Array.fromAsync(sampleFormats.parquet.write(stream(25_000))));
    const file = new Uint8Array(bytes).buffer;
    const metadata = parquetMetadata(file);
    expect(metadata.row_groups.map(({ num_rows: rows }) => Number(rows))).toEqual([10_000, 10_000, 5000]);
    expect(metadata.key_value_metadata).toContainEqual({ key: 'perbench_schema', value: 'perbench-samples/1' });
    const rows = await parquetReadObjects({ file, rowStart: 24_999, rowEnd: 25_000 });
    expect(rows).toMatchObject([
      {
        run_id: 'r1',
        model: 'm',
        item_id: 'test-0',
        position: 24_999,
        score: 0,
        output: sample.output,
        answer: null,
        is_unparsed: true,
        metrics: { strict: 0 },
        first_token_ms: null,
      },
    ]);
  });

  it('Parquet of nothing is a table without rows', async () => {
    const bytes = Buffer.concat(await Array.fromAsync(sampleFormats.parquet.write(stream(0))));
    expect(Number(parquetMetadata(new Uint8Array(bytes).buffer).num_rows)).toBe(0);
  });

  it('Parquet ends a row group before long texts fill the memory', async () => {
    const long = 'x'.repeat(9_000_000);
    async function* rows(): AsyncGenerator<SampleRow> {
      for (let position = 0; position < 3; position += 1)
        yield { origin, sample: { ...sample, position, output: long } };
    }
    const bytes = Buffer.concat(await Array.fromAsync(sampleFormats.parquet.write(rows())));
    expect(parquetMetadata(new Uint8Array(bytes).buffer).row_groups).toHaveLength(2);
  });

  it('pull one sample at a time', async () => {
    let pulled = 0;
    const lines = sampleFormats.csv.write(
      stream(1000, () => {
        pulled += 1;
      }),
    );
    await lines.next();
    await lines.next();
    expect(pulled).toBe(1);
    await lines.return(undefined);
  });
});
