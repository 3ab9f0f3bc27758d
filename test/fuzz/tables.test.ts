import * as fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { gzipSync } from 'node:zlib';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PerbenchError } from '../../src/core/errors.ts';
import { scoreTable } from '../../src/formats/score-table.ts';
import { readOwnTable } from '../../src/sources/datasets/own-table.ts';
import { fuzzSetting, fuzzTimeoutMs } from '../setup/fuzz-setting.ts';
import { testFolder } from '../setup/test-settings.ts';

let folder: Awaited<ReturnType<typeof testFolder>>;
beforeAll(async () => {
  folder = await testFolder();
});
afterAll(async () => folder[Symbol.asyncDispose]());

/** What the user is told; an error of another kind fails the property. */
async function told(read: () => unknown): Promise<string> {
  try {
    await read();
    return 'was read';
  } catch (error) {
    if (error instanceof PerbenchError) return error.message;
    throw error;
  }
}

const heading = 'model,task,accuracy,throughput,throughput_unit,latency,latency_unit,memory_bytes';
const oddCell = fc.oneof(
  fc.constantFrom(
    '',
    '-',
    'NaN',
    '1e999',
    '-1',
    '50%',
    '1,5',
    '"',
    '"a"b',
    '\0',
    '\uFEFF',
    '=1+1',
    'items/s',
    'ms',
    '2 GiB',
  ),
  fc.double().map(String),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const scoreText = fc
  .tuple(
    fc.constantFrom(
      heading,
      `${heading},accuracy_low,accuracy_high`,
      heading.replaceAll(',', ';'),
      'model,accuracy',
      '',
    ),
    fc.array(fc.array(oddCell, { maxLength: 10 }), { maxLength: 6 }),
    fc.constantFrom(',', ';', '\t'),
    fc.constantFrom('\n', '\r\n', '\r'),
  )
  .map(([first, rows, separator, end]) => [first, ...rows.map((cells) => cells.join(separator))].join(end));

const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.jsonValue({ maxDepth: 3 }),
);
const rows = fc.array(
  fc.dictionary(fc.constantFrom('text', 'label', 'id', '', '__proto__', 'a b'), value, { maxKeys: 4 }),
  { maxLength: 6 },
);
const csv = fc
  .array(fc.array(oddCell, { minLength: 1, maxLength: 4 }), { maxLength: 8 })
  .map((cells) => cells.map((row) => row.join(',')).join('\n'));

/** Files of each kind before they are damaged. */
const whole: readonly (readonly [name: string, bytes: fc.Arbitrary<Uint8Array>])[] = [
  ['a.csv', csv.map((text) => Buffer.from(text))],
  ['a.tsv', csv.map((text) => Buffer.from(text.replaceAll(',', '\t')))],
  ['a.json', rows.map((list) => Buffer.from(JSON.stringify(list)))],
  ['a.jsonl', rows.map((list) => Buffer.from(list.map((row) => JSON.stringify(row)).join('\n')))],
  ['a.jsonl.gz', rows.map((list) => gzipSync(list.map((row) => JSON.stringify(row)).join('\n')))],
  [
    'a.parquet',
    fc.array(fc.tuple(fc.string({ maxLength: 20 }), fc.integer()), { minLength: 1, maxLength: 20 }).map((list) => {
      const columnData = [
        { name: 'text', data: list.map(([text]) => text) },
        { name: 'label', data: list.map(([, label]) => label) },
      ];
      return new Uint8Array(parquetWriteBuffer({ columnData }));
    }),
  ],
  ['a', fc.uint8Array({ maxLength: 200 })],
];

/** Bytes that are changed, left out or put in, or an end that is missing. */
const damage = fc.array(
  fc.record({
    at: fc.nat(5000),
    kind: fc.constantFrom('change', 'drop', 'insert', 'cut', 'double'),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 6 }),
  }),
  { maxLength: 3 },
);

function damaged(bytes: Uint8Array, changes: readonly { at: number; kind: string; bytes: Uint8Array }[]): Uint8Array {
  let content = Buffer.from(bytes);
  for (const { at, kind, bytes: others } of changes) {
    const place = content.length === 0 ? 0 : at % content.length;
    const [before, after] = [content.subarray(0, place), content.subarray(place)];
    if (kind === 'change') content = Buffer.concat([before, others, after.subarray(others.length)]);
    if (kind === 'drop') content = Buffer.concat([before, after.subarray(others.length)]);
    if (kind === 'insert') content = Buffer.concat([before, others, after]);
    if (kind === 'cut') content = Buffer.from(before);
    if (kind === 'double') content = Buffer.concat([content, after]);
  }
  return content;
}

describe('tables of any content are read or refused in a line', () => {
  it(
    'tables of scores',
    async () => {
      const inputs = fc.oneof(scoreText, fc.string({ unit: 'binary', maxLength: 300 }));
      await fc.assert(
        fc.asyncProperty(inputs, async (text) => {
          expect(await told(() => scoreTable(text))).toMatch(/\S/);
        }),
        fuzzSetting(300),
      );
    },
    fuzzTimeoutMs,
  );

  it.each(whole)(
    'data of the user: %s',
    async (name, bytes) => {
      const path = join(folder.path, name);
      const limits = { fileBytes: 10_000_000, lineBytes: 1_000_000 };
      await fc.assert(
        fc.asyncProperty(bytes, damage, fc.boolean(), async (content, changes, skipInvalid) => {
          await writeFile(path, damaged(content, changes));
          const { signal } = new AbortController();
          expect(await told(async () => readOwnTable({ path }, { skipInvalid, signal, limits }))).toMatch(/\S/);
        }),
        fuzzSetting(60),
      );
    },
    fuzzTimeoutMs,
  );
});
