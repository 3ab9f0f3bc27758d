import { array, assert, constantFrom, nat, property, record, string, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linesOf, readOne, utf16, valuesOf } from '../../../test/setup/read-own-table.ts';
import { InvalidItemError } from '../../core/errors.ts';
import { readCsv } from './own-csv.ts';

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

  it('quotes and line breaks separate nothing', async () => {
    await expect(readOne('a"b\n1"2\n', 'a.csv', { separator: '"' })).rejects.toThrow(
      'a.csv: a quote or line break cannot be the separator',
    );
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

describe('whatever the table', () => {
  const cell = string({
    unit: constantFrom('a', 'ä', '𝒳', ' ', '"', ',', ';', '\t', '\n', '\r', '\r\n'),
    maxLength: 6,
  });
  const table = record({
    rows: array(tuple(cell, cell), { minLength: 1, maxLength: 8 }),
    end: constantFrom('\n', '\r\n', '\r'),
    separator: constantFrom(',', ';', '\t'),
    blanks: array(nat(2), { minLength: 8, maxLength: 8 }),
  });
  const linesIn = (text: string): number => text.split(/\r\n|\n|\r/u).length;
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

  it('values come back to the letter, with the line on which they start', () => {
    assert(
      property(table, ({ rows, end, separator, blanks }) => {
        let text = `id${separator}first${separator}second`;
        const wanted = rows.map(([first, second], index) => {
          text += end.repeat(1 + (blanks[index] ?? 0));
          const line = linesIn(text);
          text += [String(index), quoted(first), quoted(second)].join(separator);
          return { file: 'a.csv', line, values: { id: String(index), first, second } };
        });
        const read = readCsv(Buffer.from(text), 'a.csv', { separator: undefined, isTsv: false }, (error) => {
          throw error;
        });
        expect(read.rows).toEqual(wanted);
      }),
      { numRuns: 300, seed: 1 },
    );
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
    [
      'sentences alone',
      'How do I get there?,You take the first train.\nWhy?,Because of it.\n',
      '"How do I get there?" has 5 words; "You take the first train." has 5 words',
    ],
  ])('a first row that looks like data is a warning: %s', async (_what, content, reason) => {
    const { warnings, headingDoubt } = await readOne(content);
    const doubt = `the first row (line 1) is taken for names of columns, but looks like data: ${reason}`;
    expect(headingDoubt).toBe(doubt);
    expect(warnings).toEqual([`tickets.csv: ${doubt}; add a heading if there is none`]);
  });

  it.each(['0,1\ngood,1\nbad,0\n', 'How do I get there?,label\nWhy?,a\n'])('%j has names', async (content) => {
    expect(await readOne(content)).toMatchObject({ warnings: [] });
  });

  it('a heading that comes again is a warning', async () => {
    const { warnings } = await readOne('text,label\na,b\ntext,label\nc,d\n');
    expect(warnings).toEqual(['tickets.csv:3: the heading again, as a row']);
  });
});
