import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import type { Sample } from '../core/sample.ts';
import { samplesAsCsv, samplesAsJsonLines } from './sample-exporters.ts';

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

async function* stream(count: number, onPull: () => void = () => undefined): AsyncGenerator<Sample> {
  for (let position = 0; position < count; position += 1) {
    onPull();
    yield { ...sample, position };
  }
}

async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

describe('sample exporters', () => {
  it('JSON lines', async () => {
    const lines = await collect(samplesAsJsonLines(stream(2), origin));
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
    const text = (await collect(samplesAsCsv(stream(2), origin))).join('');
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

  it('pull one sample at a time', async () => {
    let pulled = 0;
    const lines = samplesAsCsv(
      stream(1000, () => {
        pulled += 1;
      }),
      origin,
    );
    await lines.next();
    await lines.next();
    expect(pulled).toBe(1);
    await lines.return(undefined);
  });
});
