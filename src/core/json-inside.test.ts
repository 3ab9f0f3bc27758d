import { expect, it } from 'vitest';
import { parsePythonJson, pythonJsonInside } from './json-inside.ts';

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
