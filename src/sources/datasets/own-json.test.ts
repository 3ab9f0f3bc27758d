import { describe, expect, it } from 'vitest';
import { linesOf, readOne, utf16, valuesOf } from '../../../test/setup/read-own-table.ts';

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

  it.each([
    [
      'a.json',
      '[{"a": 9007199254740993, "b": [-9007199254740993, 9007199254740991], "c": 1e300, "d": "9007199254740993"}]',
    ],
    [
      'a.jsonl',
      '{"a": 9007199254740993, "b": [-9007199254740993, 9007199254740991], "c": 1e300, "d": "9007199254740993"}',
    ],
  ])('%s: integers that numbers would round are kept as text', async (name, content) => {
    expect(valuesOf(await readOne(content, name))).toEqual([
      { a: '9007199254740993', b: ['-9007199254740993', 9007199254740991], c: 1e300, d: '9007199254740993' },
    ]);
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

  it.each([
    ['{"a": "x"}\n5\n', /^1 damaged row left out: \S+:2/u],
    ['{"a": "x"}\n5\n6\n', /^2 damaged rows left out: \S+:2/u],
  ])('rows that were left out are counted (%#)', async (content, message) => {
    expect((await readOne(content, 'a.jsonl', { skipInvalid: true })).warnings[0]).toMatch(message);
  });

  it.each([
    ['5\n', 'no rows; the only one is damaged: '],
    ['5\n6\n', 'no rows; all 2 are damaged, the first: '],
  ])('a file of nothing but damage is refused (%#)', async (content, message) => {
    await expect(readOne(content, 'a.jsonl', { skipInvalid: true })).rejects.toThrow(message);
  });

  it('JSON Lines with a mark, in UTF-16', async () => {
    const table = await readOne(utf16('{"text": "ö"}\n{"text": "b"}\n', false, true), 'a.ndjson');
    expect(valuesOf(table)).toEqual([{ text: 'ö' }, { text: 'b' }]);
  });
});
