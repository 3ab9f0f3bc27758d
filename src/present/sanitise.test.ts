import { expect, it } from 'vitest';
import { safeText } from './sanitise.ts';

it.each([
  ['colours', 'a\u001B[31;1mb\u001B[0mc', 'abc'],
  ['cursor moves and erasing', 'a\u001B[2J\u001B[1;1Hb', 'ab'],
  ['titles', 'a\u001B]0;title\u0007b\u001B]0;title\u001B\\c', 'abc'],
  ['links', '\u001B]8;;https://example.org\u0007text\u001B]8;;\u0007', 'text'],
  ['device control', 'a\u001BPq#0\u001B\\b', 'ab'],
  ['sequences that are cut off', 'a\u001B[', 'a'],
  ['the eight-bit introducer', 'a\u009B31mb', 'ab'],
  ['the eight-bit titles', 'a\u009D0;title\u009Cb', 'ab'],
  ['control characters', 'a\u0000\u0008\u007F\u0085b', 'a\nb'],
  ['what turns the writing direction', 'a\u202E\u2066\u200Fb', 'ab'],
  ['what hides', 'a\u200B\uFEFF\u2060b', 'ab'],
  ['line breaks, which become one kind', 'a\r\nb\rc\u2028d', 'a\nb\nc\nd'],
])('takes out %s', (_, text, expected) => {
  expect(safeText(text)).toBe(expected);
});

it('leaves text alone', () => {
  const text = 'Grüße, 你好, नमस्ते, 👩\n\ttab';
  expect(safeText(text)).toBe(text);
});
