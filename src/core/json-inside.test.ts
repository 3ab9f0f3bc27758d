import { expect, it } from 'vitest';
import { isCutJson, parsePythonJson, pythonJsonInside, withEscapedControls } from './json-inside.ts';

it.each([
  ['{"a": NaN, "b": [-Infinity, Infinity]}', { a: null, b: [null, null] }],
  ['[NaN]', [null]],
  ['{"NaN": "Infinity"}', { NaN: 'Infinity' }],
  [String.raw`["\"NaN", "\\", NaN, "-Infinity\\"]`, ['"NaN', '\\', null, '-Infinity\\']],
  ['{"a": 1}', { a: 1 }],
])('reads %s as Python means it', (text, value) => {
  expect(parsePythonJson(text)).toEqual(value);
});

it.each(['', '{"a": NaN', 'NaNs', '["NaN', 'Infinity-', String.raw`["NaN\"]`])('takes %j for no JSON', (text) => {
  expect(pythonJsonInside(text)).toBeUndefined();
  expect(() => parsePythonJson(text)).toThrow(SyntaxError);
});

it('is quick in a text without an end', () => {
  const text = `{"a": NaN, "b": "${String.raw`\"`.repeat(500_000)}`;
  expect(pythonJsonInside(text)).toBeUndefined();
});

it.each([
  ['{"a": "one\ntwo"}', 'one\ntwo'],
  ['{\n\t"a": "one\u0002\ttwo \\"x\\" "\r\n}', 'one\u0002\ttwo "x" '],
])('escapes control characters in the strings of %j alone', (text, a) => {
  expect(JSON.parse(withEscapedControls(text))).toEqual({ a });
});

it.each([
  ['{"a": [1, 2', true],
  ['{"a": "one', true],
  ['[{"a": 1}', true],
  ['{"a":', true],
  ["{'a': None}", false],
  ['{"a": 1} {"a": 2}', false],
  ['{"a": "]"} rest', false],
  ['upstream error', false],
])('tells whether %j is cut: %s', (text, isCut) => {
  expect(isCutJson(text)).toBe(isCut);
});
