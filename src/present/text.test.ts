import { describe, expect, it } from 'vitest';
import { csvLine, csvValue } from './csv.ts';
import { textWidth, truncateMiddle, truncateText } from './text-width.ts';
import { plainText } from './sanitise.ts';

describe('csvValue', () => {
  it.each([
    [undefined, ''],
    [-1.5, '-1.5'],
    [true, 'true'],
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@sum', "'@sum"],
    ['\t=1', "'\t=1"],
    ['a\u001B[31mb\u0000', 'ab'],
    ['=1,2', '"\'=1,2"'],
  ])('%j', (value, expected) => {
    expect(csvValue(value)).toBe(expected);
  });

  it('ends lines as RFC 4180 says', () => {
    expect(csvLine(['a', 1, undefined])).toBe('a,1,\r\n');
  });
});

describe('text in terminals', () => {
  it('has a width', () => {
    expect(textWidth('abc')).toBe(3);
    expect(textWidth('模型')).toBe(4);
    expect(textWidth('e\u0301')).toBe(1);
    expect(textWidth('👩‍💻')).toBe(2);
    expect(textWidth('\u001B[31mred\u001B[0m')).toBe(3);
  });

  it('is cut at a width', () => {
    expect(truncateText('abcdef', 4)).toBe('abc…');
    expect(truncateText('模型模型', 4)).toBe('模…');
    expect(truncateText('abc', 3)).toBe('abc');
    expect(truncateText('abc', 0)).toBe('');
  });

  it('is cut in the middle', () => {
    expect(truncateMiddle('qwen2.5-coder-0.5b-q4', 12)).toBe('qwen2.…5b-q4');
    expect(truncateMiddle('模型模型模型', 6)).toBe('模…型');
    expect(truncateMiddle('abc', 3)).toBe('abc');
  });

  it('is harmless', () => {
    expect(plainText('a\u001B[2Jb\nc\u202Ed\u0007')).toBe('ab cd');
  });
});
