import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { type OwnFiles, readOne, readOwnFiles, utf16, valuesOf } from '../../../test/setup/read-own-table.ts';
import { testFolder } from '../../../test/setup/test-settings.ts';
import { DataError } from '../../core/errors.ts';
import { readOwnFile } from './own-formats.ts';

const { signal } = new AbortController();

const two = [
  { text: 'Où est ma facture?', label: 'billing' },
  { text: 'Käse „alt“ — 5 €', label: 'bug' },
];
const twoCsv = 'text,label\nOù est ma facture?,billing\nKäse „alt“ — 5 €,bug\n';

/** Every byte but zero, over and over. */
const noise = Uint8Array.from({ length: 2000 }, (_, index) => 1 + ((index * 37) % 255));

const parquet = (): Uint8Array =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'text', data: ['a', 'b'], type: 'STRING' },
        { name: 'id', data: [1n, 2n ** 60n], type: 'INT64' },
        { name: 'at', data: [new Date(0), new Date(1000)], type: 'TIMESTAMP' },
      ],
    }),
  );

describe('formats', () => {
  const parquetRows = [
    { text: 'a', id: 1, at: '1970-01-01T00:00:00.000Z' },
    { text: 'b', id: String(2n ** 60n), at: '1970-01-01T00:00:01.000Z' },
  ];

  it.each<[name: string, content: string | Uint8Array, rows: readonly unknown[], notes: readonly string[]]>([
    ['a.parquet', parquet(), parquetRows, []],
    ['a.parquet.gz', gzipSync(parquet()), parquetRows, []],
    ['data', parquet(), parquetRows, ['data: read as Parquet, which its content is']],
    ['a.csv.gz', gzipSync(twoCsv), two, []],
    ['A.CSV', gzipSync(twoCsv), two, []],
    ['a.jsonl.gz', gzipSync(two.map((row) => JSON.stringify(row)).join('\n')), two, []],
    ['a.json.gz', gzipSync(JSON.stringify(two)), two, []],
    ['a.txt', twoCsv, two, ['a.txt: read as CSV, which its content looks like']],
    ['tickets', JSON.stringify(two), two, ['tickets: read as JSON, which its content looks like']],
    [
      'tickets',
      two.map((row) => JSON.stringify(row)).join('\n'),
      two,
      [
        'tickets: read as JSON, which its content looks like',
        'tickets: read as JSON Lines, since each line is a value',
      ],
    ],
    [
      'a.csv',
      two.map((row) => JSON.stringify(row)).join('\n'),
      two,
      ['a.csv: read as JSON, which its content looks like', 'a.csv: read as JSON Lines, since each line is a value'],
    ],
    ['a.tsv', JSON.stringify(two, undefined, 1), two, ['a.tsv: read as JSON, which its content looks like']],
    ['a.jsonl', JSON.stringify(two, undefined, 1), two, ['a.jsonl: read as JSON, since it is one list']],
    ['a.jsonl', `${JSON.stringify(two)}\n`, two, ['a.jsonl: read as JSON, since it is one list']],
  ])('%s (%#)', async (name, content, rows, notes) => {
    const table = await readOne(content, name);
    expect(valuesOf(table)).toEqual(rows);
    expect(table.notes).toEqual(notes);
    expect(table.files).toEqual([expect.objectContaining({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/u) })]);
  });

  it.each<[name: string, content: string | Uint8Array, message: string]>([
    ['a.csv', '', 'a.csv: empty'],
    ['a.csv.gz', gzipSync(''), 'a.csv.gz: empty'],
    ['a.csv', '\n\r\n', 'a.csv: no heading and no rows'],
    ['a.csv', 'text,label\n', 'a.csv: no rows'],
    ['a.csv.gz', 'text', 'a.csv.gz: not a complete gzip file'],
    ['a.csv', gzipSync(twoCsv).subarray(0, 40), 'a.csv: not a complete gzip file'],
    ['a.xlsx', 'PK\u0003\u0004', 'a.xlsx: an Excel workbook or a zip archive; expected .csv, .tsv,'],
    ['a.csv', 'PK\u0003\u0004', 'a.csv: an Excel workbook or a zip archive; expected .csv, .tsv,'],
    ['a.pdf', '%PDF-1.7', 'a.pdf: a PDF file; expected .csv'],
    ['a.docx', 'text', 'a.docx: cannot tell the format by the ending .docx; expected .csv, .tsv,'],
    ['tickets', 'text', 'tickets: cannot tell the format by a name without an ending; expected'],
    ['a.parquet', parquet().subarray(0, 200), 'a.parquet: not a complete parquet file'],
    ['a.parquet', 'PAR1', 'a.parquet: not a complete parquet file'],
    ['a.csv', Buffer.from('\u0089PNG\r\n', 'latin1'), 'a.csv: an image; expected .csv'],
    ['a.csv', 'GGUF\u0003', 'a.csv: a model; expected .csv'],
    ['a.csv', noise, 'a.csv: not a text file: 10 % of its bytes are control characters'],
    ['a.csv.gz', gzipSync(noise), 'a.csv.gz: not a text file'],
  ])('%s is refused (%#)', async (name, content, message) => {
    const reading = readOne(content, name);
    await expect(reading).rejects.toThrow(DataError);
    await expect(reading).rejects.toThrow(message);
  });

  it.each([
    ['a.csv', 'text\n'.repeat(30), 'a.csv: cannot be read: larger than the 100 bytes that perbench reads of a file'],
    ['a.csv.gz', gzipSync('text\n'.repeat(30)), 'a.csv.gz: larger than the 100 bytes that perbench reads of a file'],
    ['a.jsonl', `{"a":1}\n${'x'.repeat(60)}`, 'a.jsonl:2: larger than the 50 bytes that a line of a file may have'],
    ['a.csv', `a,b\n1,2\n${'x'.repeat(60)},2\n`, 'a.csv:3: larger than the 50 bytes that a line of a file may have'],
  ])('%s is refused above what can be held (%#)', async (name, content, message) => {
    await using folder = await testFolder();
    const path = join(folder.path, name);
    await writeFile(path, content);
    const limits = { fileBytes: 100, lineBytes: 50 };
    const reading = readOwnFile(path, { signal, limits, onDamage: () => undefined });
    await expect(reading).rejects.toThrow(DataError);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow(/PERBENCH_MAX_(FILE|LINE)_SIZE sets another limit/);
  });

  it('a missing file names what is near', async () => {
    const reading = readOwnFiles({ 'tickets.csv': twoCsv }, 'ticket.csv');
    await expect(reading).rejects.toThrow('ticket.csv: no such file');
    await expect(reading).rejects.toHaveProperty('hint', expect.stringContaining('tickets.csv'));
  });

  it('a split of one file is refused', async () => {
    await expect(readOne(twoCsv, 'a.csv', { split: 'test' })).rejects.toThrow('a.csv: split and config choose among');
  });
});

describe('an encoding that the file does not have', () => {
  it.each(['utf-16le', 'utf-16be'] as const)('%s is named where the file is UTF-8', async (encoding) => {
    const reading = readOne('text,label\nä,b\n', 'a.csv', { encoding });
    await expect(reading).rejects.toThrow(
      /a\.csv: not UTF-16 \((?:little|big)-endian\), the given encoding, but UTF-8/u,
    );
  });

  it('is named where nothing can be read by it', async () => {
    const reading = readOne(utf16('text,label\na,b\n', false, false), 'a.csv', { encoding: 'utf-16be' });
    await expect(reading).rejects.toThrow('a.csv: no rows, read as utf-16be, the given encoding');
  });
});

describe('folders', () => {
  it('all files in the order of their names; what is not read is said', async () => {
    const table = await readOwnFiles(
      { 'd/b.csv': 'a,b\n3,4\n', 'd/a.csv': 'b,a\n2,1\n', 'd/notes.md': 'x', 'd/.x.csv': 'x' },
      'd',
    );
    expect(valuesOf(table)).toEqual([
      { a: '1', b: '2' },
      { a: '3', b: '4' },
    ]);
    expect(table.files).toHaveLength(2);
    expect(table.notes).toEqual(['d: read a.csv, b.csv; not read: notes.md']);
  });

  it('the test split where there are splits, or the one that is named', async () => {
    const files = {
      'd/test.csv': 'a\n1\n',
      'd/train-00000-of-00002.csv': 'a\n2\n',
      'd/train-00001-of-00002.csv': 'a\n3\n',
    };
    expect(valuesOf(await readOwnFiles(files, 'd'))).toEqual([{ a: '1' }]);
    expect(valuesOf(await readOwnFiles(files, 'd', { split: 'train' }))).toEqual([{ a: '2' }, { a: '3' }]);
  });

  it.each<[what: string, files: OwnFiles, split: string | undefined, message: string]>([
    ['no data', { 'd/readme.md': 'x' }, undefined, 'd: no CSV, TSV, JSON, JSON Lines or Parquet file in this folder'],
    [
      'several formats',
      { 'd/a.csv': 'a\n1\n', 'd/b.json': '[]' },
      undefined,
      'd: files of several formats, such as a.csv and b.json',
    ],
    [
      'other columns',
      { 'd/a.csv': 'a,b\n1,2\n', 'd/b.csv': 'a,c\n1,2\n' },
      undefined,
      'b.csv: other columns than d/a.csv: lacks "b" and has "c" besides',
    ],
    [
      'several splits',
      { 'd/train.csv': 'a\n1\n', 'd/dev.csv': 'a\n1\n' },
      undefined,
      'd: several splits and none called test; found dev, train',
    ],
    ['no such split', { 'd/train.csv': 'a\n1\n' }, 'trian', 'd: no split "trian"; found train'],
    [
      'a missing part',
      { 'd/test-00001-of-00002.csv': 'a\n1\n' },
      undefined,
      'd: 1 of 2 parts are here, such as test-00001-of-00002.csv',
    ],
  ])('%s is refused', async (_what, files, split, message) => {
    await expect(readOwnFiles(files, 'd', { split })).rejects.toThrow(message);
  });
});
