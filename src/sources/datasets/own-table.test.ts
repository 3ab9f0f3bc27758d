import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../../../test/setup/test-settings.ts';
import { DataError, InvalidItemError } from '../../core/errors.ts';
import type { DataSource } from '../../core/task-definition.ts';
import { readOwnFile } from './own-formats.ts';
import { type OwnTable, readOwnTable } from './own-table.ts';

const { signal } = new AbortController();

type Files = Readonly<Record<string, string | Uint8Array>>;

interface ReadHere extends Partial<DataSource> {
  readonly skipInvalid?: boolean;
}

/** Reads one of some files; messages name it without the folder. */
async function read(files: Files, name: string, settings: ReadHere = {}): Promise<OwnTable> {
  await using folder = await testFolder();
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder.path, path)), { recursive: true });
    await writeFile(join(folder.path, path), content);
  }
  const { skipInvalid, ...source } = settings;
  const table = await readOwnTable({ path: join(folder.path, name), ...source }, { skipInvalid, signal }).catch(
    (error: unknown) => {
      if (error instanceof DataError || error instanceof InvalidItemError) {
        error.message = error.message.replaceAll(`${folder.path}/`, '');
      }
      throw error;
    },
  );
  const short = (texts: readonly string[]): readonly string[] =>
    texts.map((text) => text.replaceAll(`${folder.path}/`, ''));
  return { ...table, notes: short(table.notes), warnings: short(table.warnings) };
}

const readOne = async (
  content: string | Uint8Array,
  name = 'tickets.csv',
  settings: ReadHere = {},
): Promise<OwnTable> => read({ [name]: content }, name, settings);

const valuesOf = ({ rows }: OwnTable): readonly unknown[] => rows.map(({ values }) => values);
const linesOf = ({ rows }: OwnTable): readonly number[] => rows.map(({ line }) => line);

const two = [
  { text: 'Où est ma facture?', label: 'billing' },
  { text: 'Käse „alt“ — 5 €', label: 'bug' },
];
const twoCsv = 'text,label\nOù est ma facture?,billing\nKäse „alt“ — 5 €,bug\n';

function utf16(text: string, isBig: boolean, hasMark: boolean): Buffer {
  const bytes = Buffer.from(hasMark ? `\uFEFF${text}` : text, 'utf16le');
  return isBig ? bytes.swap16() : bytes;
}

function windows1252(text: string): Buffer {
  const own: Readonly<Record<string, number>> = { '€': 0x80, '„': 0x84, '“': 0x93, '—': 0x97 };
  return Buffer.from(Array.from(text, (character) => own[character] ?? character.charCodeAt(0)));
}

describe('encodings', () => {
  const wide = 'read as UTF-16';
  it.each<[what: string, content: Buffer, note: string | undefined]>([
    ['UTF-8', Buffer.from(twoCsv), undefined],
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${twoCsv}`), undefined],
    ['UTF-16LE with a mark', utf16(twoCsv, false, true), `${wide} (little-endian), as its byte order mark says`],
    ['UTF-16BE with a mark', utf16(twoCsv, true, true), `${wide} (big-endian), as its byte order mark says`],
    ['UTF-16LE', utf16(twoCsv, false, false), `${wide} (little-endian), since every other byte is mostly zero`],
    ['UTF-16BE', utf16(twoCsv, true, false), `${wide} (big-endian), since every other byte is mostly zero`],
    ['Windows-1252', windows1252(twoCsv), 'read as Windows-1252, since it is not UTF-8; set encoding if that is wrong'],
  ])('%s', async (_what, content, note) => {
    const table = await readOne(content);
    expect(valuesOf(table)).toEqual(two);
    expect(table.columns).toEqual(['text', 'label']);
    expect(table.notes).toEqual(note === undefined ? [] : [`tickets.csv: ${note}`]);
    expect(table.warnings).toEqual([]);
  });

  it('a given encoding wins, and its byte order mark goes', async () => {
    const plain = await readOne(Buffer.from('text,label\nKäse,bug\n'), 'a.csv', { encoding: 'windows-1252' });
    expect(valuesOf(plain)).toEqual([{ text: 'KÃ¤se', label: 'bug' }]);
    expect(plain.notes).toEqual(['a.csv: read as Windows-1252, as set']);
    const wideText = await readOne(utf16(twoCsv, true, true), 'a.csv', { encoding: 'utf-16be' });
    expect(valuesOf(wideText)).toEqual(two);
  });

  it.each<[what: string, content: Buffer, encoding: DataSource['encoding'], message: string]>([
    [
      'UTF-8 with one damaged line',
      Buffer.concat([Buffer.from('text,label\nKäse,bug\n'), Buffer.from([0x61, 0xe4, 0x2c, 0x62, 0x0a])]),
      undefined,
      'a.csv:3: not valid UTF-8, though the rest of the file is',
    ],
    [
      'not UTF-8, as given',
      windows1252('a,b\n1,ä\n'),
      'utf-8',
      'a.csv:2: a byte is not valid UTF-8, the given encoding',
    ],
    [
      'a byte without a character',
      Buffer.from([0x61, 0x0a, 0xe4, 0x62, 0x0a, 0x81, 0x62]),
      undefined,
      'a.csv:3: byte 0x81 is not valid Windows-1252',
    ],
    [
      'UTF-16 that is cut off',
      utf16('a,b\nc,d\n', false, true).subarray(0, -1),
      undefined,
      'a.csv:2: an odd number of bytes is not valid UTF-16 (little-endian)',
    ],
    [
      'half a character',
      Buffer.concat([utf16('a,b\n1,', false, true), Buffer.from([0x00, 0xd8, 0x0a, 0x00])]),
      undefined,
      'a.csv:2: half a surrogate pair is not valid UTF-16 (little-endian)',
    ],
    [
      'a zero byte',
      Buffer.from('a,b\nlong text without end,d\ne,\0\n'),
      undefined,
      'a.csv:3: holds a zero byte, so it is no text',
    ],
  ])('%s is an error with its line', async (_what, content, encoding, message) => {
    const reading = readOne(content, 'a.csv', { encoding });
    await expect(reading).rejects.toThrow(DataError);
    await expect(reading).rejects.toThrow(message);
  });

  it('what an earlier conversion lost is a warning with its lines', async () => {
    const { warnings } = await readOne('text,label\nK\uFFFDse \uFFFD,bug\nok,bug\n\uFFFD,bug\n');
    expect(warnings).toEqual([
      'tickets.csv:2 and 4: holds the replacement character U+FFFD: an earlier conversion has lost characters there',
    ]);
  });
});

describe('separators', () => {
  it.each<[separator: string, name: string, note: string | undefined]>([
    [',', 'a.csv', undefined],
    [';', 'a.csv', 'a.csv: values are separated by a semicolon, as its heading is'],
    ['\t', 'a.csv', 'a.csv: values are separated by a tab, as its heading is'],
    ['|', 'a.csv', 'a.csv: values are separated by a vertical bar, as its heading is'],
    ['\t', 'a.tsv', undefined],
    [';', 'a.tsv', 'a.tsv: values are separated by a semicolon, as its heading is'],
  ])('%j in %s', async (separator, name, note) => {
    const other = separator === ',' ? ';' : ',';
    const rows = [
      ['text', `"a${separator}b"`, 'label'],
      [`one${other} two${other} three`, 'x', 'bug'],
      [`"quoted${separator} ""so"""`, '', 'bug'],
    ];
    const table = await readOne(rows.map((row) => row.join(separator)).join('\r\n'), name);
    expect(table.columns).toEqual(['text', `a${separator}b`, 'label']);
    expect(table.rows.map(({ values }) => values['text'])).toEqual([
      `one${other} two${other} three`,
      `quoted${separator} "so"`,
    ]);
    expect(table.notes).toEqual(note === undefined ? [] : [note]);
  });

  it('a first line sep=; is honoured and counted as a line', async () => {
    const table = await readOne('sep=;\r\ntext;label\r\na, b, c;bug\r\n');
    expect(valuesOf(table)).toEqual([{ text: 'a, b, c', label: 'bug' }]);
    expect(linesOf(table)).toEqual([3]);
    expect(table.notes).toEqual(['tickets.csv: values are separated by a semicolon, as its first line says']);
  });

  it('a given separator wins', async () => {
    const table = await readOne('a,b~c\n1,2~3\n', 'a.csv', { separator: '~' });
    expect(valuesOf(table)).toEqual([{ 'a,b': '1,2', c: '3' }]);
  });

  it('one column needs none', async () => {
    const table = await readOne('text\nhello\nworld\n');
    expect(valuesOf(table)).toEqual([{ text: 'hello' }, { text: 'world' }]);
    expect(table.notes).toEqual([]);
  });
});

describe('lines', () => {
  const quoted = (end: string): string =>
    ['id,text', `1,"one${end}two${end}${end}three"`, '', '2,plain', '', '', `"3","4""${end}"`, '5,6'].join(end);

  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('rows have the line on which they start: %s', async (_name, end) => {
    const table = await readOne(quoted(end));
    expect(valuesOf(table)).toEqual([
      { id: '1', text: `one${end}two${end}${end}three` },
      { id: '2', text: 'plain' },
      { id: '3', text: `4"${end}` },
      { id: '5', text: '6' },
    ]);
    expect(linesOf(table)).toEqual([2, 7, 10, 12]);
  });

  it('mixed line breaks, with a mark, semicolons and CRLF within quotes', async () => {
    const table = await readOne('\uFEFFid;text\r\n1;"a\r\nb"\n2;c\r3;d\r\n');
    expect(valuesOf(table)).toEqual([
      { id: '1', text: 'a\r\nb' },
      { id: '2', text: 'c' },
      { id: '3', text: 'd' },
    ]);
    expect(linesOf(table)).toEqual([2, 4, 5]);
  });

  it('UTF-16 with tabs and quoted line breaks', async () => {
    const table = await readOne(utf16('id\ttext\r\n1\t"a\r\nb"\r\n2\tc\r\n', false, true), 'a.tsv');
    expect(valuesOf(table)).toEqual([
      { id: '1', text: 'a\r\nb' },
      { id: '2', text: 'c' },
    ]);
    expect(linesOf(table)).toEqual([2, 4]);
  });

  it('a quote within a value without quotes is text', async () => {
    const table = await readOne('text,label\n5" disk,bug\n"x, y",bug\nsay "hi" now,"two\nlines"\nz,bug\n');
    expect(table.rows.map(({ values }) => values['text'])).toEqual(['5" disk', 'x, y', 'say "hi" now', 'z']);
    expect(linesOf(table)).toEqual([2, 3, 4, 6]);
  });

  it('rows of empty values are left out, and said', async () => {
    const table = await readOne('text,label\na,bug\n,\n , \nb,bug\n');
    expect(linesOf(table)).toEqual([2, 5]);
    expect(table.notes).toEqual(['tickets.csv:3 and 4: left out, as all values are empty']);
  });

  it.each([3, 30, 3000])('%d rows', async (count) => {
    const lines = Array.from({ length: count }, (_, index) => `"row ${index}\nof ${count}",${index % 3}`);
    const table = await readOne(['text,label', ...lines].join('\n'));
    expect(table.rows).toHaveLength(count);
    expect(table.rows.at(-1)).toMatchObject({ line: 2 * count, values: { text: `row ${count - 1}\nof ${count}` } });
  });

  it('300,000 rows', async () => {
    const lines = Array.from({ length: 300_000 }, (_, index) => `"ticket ${index}, about nothing",bug`);
    const table = await readOne(['text,label', ...lines].join('\r\n'));
    expect(table.rows).toHaveLength(300_000);
    expect(table.rows.at(-1)?.line).toBe(300_001);
  });
});

describe('damaged rows', () => {
  it.each<[what: string, content: string, message: string]>([
    ['too many values', 'a,b\n1,2\n\n1,2,3\n', 'a.csv:4: `row` must be 2 values, as the heading has columns, got 3'],
    ['too few values', 'a,b\n"1\n1",2\nx\n', 'a.csv:4: `row` must be 2 values, as the heading has columns, got 1'],
    [
      'text after a closing quote',
      'a,b\n1,2\n"x"y,2\n',
      'a.csv:3: `row` must be quotes around whole values, got text after a closing quote',
    ],
  ])('%s', async (_what, content, message) => {
    const reading = readOne(content, 'a.csv');
    await expect(reading).rejects.toThrow(InvalidItemError);
    await expect(reading).rejects.toThrow(message);
  });

  it('are named when they are left out, and no other row is', async () => {
    const bad = Array.from({ length: 12 }, (_, index) => `${index},2,3`);
    const table = await readOne(['a,b', '1,2', '"x"y,"2', '3",4', '5,6', ...bad, '7,8'].join('\n'), 'a.csv', {
      skipInvalid: true,
    });
    expect(valuesOf(table)).toEqual([
      { a: '1', b: '2' },
      { a: '5', b: '6' },
      { a: '7', b: '8' },
    ]);
    const [warning = ''] = table.warnings;
    expect(warning).toMatch(/^13 damaged rows left out: a\.csv:3: `row` must be quotes/u);
    expect(warning).toContain('; a.csv:14: `row` must be 2 values, as the heading has columns, got 3; and 3 more');
  });

  it('a quote that never closes is an error at the line where it opens, whatever may be skipped', async () => {
    const content = 'a,b\n"1\n1",2\n\nx,"never\nclosed\n3,4\n';
    await expect(readOne(content, 'a.csv', { skipInvalid: true })).rejects.toThrow(
      'a.csv:5: a quote opens here and is never closed',
    );
    await expect(readOne('a,b\n\n\n"never,2\n', 'a.csv')).rejects.toThrow('a.csv:4: a quote opens here');
    await expect(readOne('a,b\n5" disk,"never\n', 'a.csv')).rejects.toThrow('a.csv:2: a quote opens here');
  });

  it('where all are damaged, the first says why', async () => {
    await expect(readOne('a,b\n1\n2\n', 'a.csv', { skipInvalid: true })).rejects.toThrow(
      'a.csv: no rows; all 2 are damaged, the first: ',
    );
  });
});

describe('headings', () => {
  it('names lose spaces, and a column without a name gets one; both are said', async () => {
    const table = await readOne(' text ,label,\na,bug,1\n');
    expect(valuesOf(table)).toEqual([{ text: 'a', label: 'bug', column_3: '1' }]);
    expect(table.notes).toEqual([
      'tickets.csv:1: spaces around names of columns were dropped: " text "',
      'tickets.csv:1: column 3 has no name; it is called column_3 here',
    ]);
  });

  it('a name of two columns is an error', async () => {
    await expect(readOne('\ntext,label, text\na,b,c\n')).rejects.toThrow(
      'tickets.csv:2: columns 1 and 3 are both called "text"',
    );
  });

  it('a column may have the name of a property of objects', async () => {
    const table = await readOne('__proto__,constructor\na,b\n');
    expect(Object.entries(table.rows[0]?.values ?? {})).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });

  it.each<[what: string, content: string, reason: string]>([
    ['a number', 'good,1\nbad,0\n', '"1" is a number'],
    [
      'a repeated label',
      'I cannot pay,billing\nmy card,billing\nno,bug\nfee,billing\n',
      '"billing" is also a value of its column, 2 times',
    ],
    [
      'a long text',
      `${'long text '.repeat(9)}.,bug\nb,c\n`,
      '"long text long text long text long te..." has 91 characters',
    ],
  ])('a first row that looks like data is a warning: %s', async (_what, content, reason) => {
    const { warnings } = await readOne(content);
    expect(warnings).toEqual([
      `tickets.csv:1: the first row is taken for names of columns, but looks like data: ${reason}; add a heading if there is none`,
    ]);
  });

  it('a heading that comes again is a warning', async () => {
    const { warnings } = await readOne('text,label\na,b\ntext,label\nc,d\n');
    expect(warnings).toEqual(['tickets.csv:3: the heading again, as a row']);
  });
});

describe('JSON', () => {
  const rows = [
    { text: 'a', label: 1, tags: ['x', { y: null }] },
    { text: 'b', label: 2.5, other: true },
  ];

  it.each<[shape: string, value: unknown, notes: readonly string[]]>([
    ['a list of objects', rows, []],
    ['an object with one', { version: 1, data: rows }, ['a.json: the rows are those of `data`; not read: version']],
  ])('%s', async (_shape, value, notes) => {
    const table = await readOne(JSON.stringify(value), 'a.json');
    expect(valuesOf(table)).toEqual(rows);
    expect(table.columns).toEqual(['text', 'label', 'tags', 'other']);
    expect(linesOf(table)).toEqual([1, 2]);
    expect(table.notes).toEqual(notes);
  });

  it('columns as lists', async () => {
    const table = await readOne('{"text": ["a", "b"], "label": [1, null]}', 'a.json');
    expect(valuesOf(table)).toEqual([
      { text: 'a', label: 1 },
      { text: 'b', label: null },
    ]);
    expect(table.notes).toEqual(['a.json: its lists are the columns']);
  });

  it.each<[what: string, content: string, message: string]>([
    [
      'uneven columns',
      '{"a": [1, 2], "b": [1]}',
      'a.json: columns must have as many values each, but `a` has 2 and `b` 1',
    ],
    [
      'several lists',
      '{"a": [{}], "b": [{}]}',
      'a.json: expected a list of objects, an object with one such list, or an object with a list for each column, got several such lists: `a`, `b`',
    ],
    ['no list', '{"text": "a"}', 'got an object without one'],
    ['a text', '"text"', 'got "text"'],
    ['no rows', '[]', 'a.json: no rows'],
    ['an odd element', '[{"a": 1}, 5]', 'a.json:2: `row` must be an object, got 5'],
    ['a comma too many', '[\n {"a": 1},\n]', "a.json:3:1: not valid JSON: Unexpected token ']'"],
    ['a missing quote', '[\n {"a: 1}\n]', 'a.json:2:9: not valid JSON: Bad control character in string literal'],
    ['a cut', '[{"a": 1}', "a.json:1:10: not valid JSON: Expected ',' or ']' after array element"],
  ])('%s is refused', async (_what, content, message) => {
    await expect(readOne(content, 'a.json')).rejects.toThrow(message);
  });

  it('lines of objects are read as such', async () => {
    const table = await readOne('{"a": 1}\r\n\r\n{"a": 2, "b": 3}', 'a.json');
    expect(valuesOf(table)).toEqual([{ a: 1 }, { a: 2, b: 3 }]);
    expect(linesOf(table)).toEqual([1, 3]);
    expect(table.notes).toEqual(['a.json: read as JSON Lines, since each line is a value']);
  });

  it('JSON Lines: a damaged line has line and column, and can be left out', async () => {
    const content = '{"a": "x"}\n{"a": "tail", b}\n[1]\n{"a": y}\n{"a": "z"}\n';
    await expect(readOne(content, 'a.jsonl')).rejects.toThrow(
      'a.jsonl:2: `row` must be JSON, got Expected double-quoted property name at column 15',
    );
    const table = await readOne(content, 'a.jsonl', { skipInvalid: true });
    expect(valuesOf(table)).toEqual([{ a: 'x' }, { a: 'z' }]);
    expect(table.warnings[0]).toContain(
      'a.jsonl:3: `row` must be an object, got a list; a.jsonl:4: `row` must be JSON, got',
    );
    expect(table.warnings[0]).toContain("Unexpected token 'y' at column 7");
  });

  it('JSON Lines with a mark, in UTF-16', async () => {
    const table = await readOne(utf16('{"text": "ö"}\n{"text": "b"}\n', false, true), 'a.ndjson');
    expect(valuesOf(table)).toEqual([{ text: 'ö' }, { text: 'b' }]);
  });
});

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
  ])('%s', async (name, content, rows, notes) => {
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
  ])('%s is refused (%#)', async (name, content, message) => {
    const reading = readOne(content, name);
    await expect(reading).rejects.toThrow(DataError);
    await expect(reading).rejects.toThrow(message);
  });

  it.each([
    ['a.csv', 'text\n'.repeat(30)],
    ['a.csv.gz', gzipSync('text\n'.repeat(30))],
  ])('%s is refused above what can be held', async (name, content) => {
    await using folder = await testFolder();
    const path = join(folder.path, name);
    await writeFile(path, content);
    const reading = readOwnFile(path, { signal, maxBytes: 100, onDamage: () => undefined });
    await expect(reading).rejects.toThrow(`${name}: larger than the 100 bytes that a file of a task's data may have`);
  });

  it('a missing file names what is near', async () => {
    const reading = read({ 'tickets.csv': twoCsv }, 'ticket.csv');
    await expect(reading).rejects.toThrow('ticket.csv: no such file');
    await expect(reading).rejects.toHaveProperty('hint', expect.stringContaining('tickets.csv'));
  });

  it('a split of one file is refused', async () => {
    await expect(readOne(twoCsv, 'a.csv', { split: 'test' })).rejects.toThrow('a.csv: split and config choose among');
  });
});

describe('folders', () => {
  it('all files in the order of their names; what is not read is said', async () => {
    const table = await read(
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
    expect(valuesOf(await read(files, 'd'))).toEqual([{ a: '1' }]);
    expect(valuesOf(await read(files, 'd', { split: 'train' }))).toEqual([{ a: '2' }, { a: '3' }]);
  });

  it.each<[what: string, files: Files, split: string | undefined, message: string]>([
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
    await expect(read(files, 'd', { split })).rejects.toThrow(message);
  });
});
