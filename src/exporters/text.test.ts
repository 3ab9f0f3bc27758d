import { describe, expect, it } from 'vitest';
import { csvLine, csvValue } from './csv-text.ts';
import { decimalsFor, humanInterval, humanNumber, humanScale } from './human-number.ts';
import { plainText, textWidth, truncateMiddle, truncateText } from './text-width.ts';

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
    ['a\u001B[31mb\u0000', 'a[31mb'],
    ['=1,2', '"\'=1,2"'],
  ])('%j', (value, expected) => {
    expect(csvValue(value)).toBe(expected);
  });

  it('ends lines as RFC 4180 says', () => {
    expect(csvLine(['a', 1, undefined])).toBe('a,1,\r\n');
  });
});

describe('human numbers', () => {
  it.each([
    [0, '0'],
    [0.0123, '0.0123'],
    [0.5, '0.500'],
    [1.234, '1.23'],
    [12.34, '12.3'],
    [1234.5, '1235'],
    [1e9, '1000000000'],
    [1e-9, '0.000000'],
  ])('%d', (value, expected) => {
    expect(humanNumber(value)).toBe(expected);
  });

  it('shows half an interval in the decimals of its value', () => {
    expect(humanInterval(12.34, 0.5678)).toBe('12.3 ± 0.6');
    expect(humanInterval(12.34, undefined)).toBe('12.3');
    expect(humanInterval(1.2, 0.001)).toBe('1.200 ± 0.001');
    expect(humanInterval(1234, 1e-9)).toBe('1234.00 ± 0.00');
    expect(decimalsFor(99.95)).toBe(1);
  });

  it('chooses one unit for a column', () => {
    expect(humanScale('bytes', [2 ** 20, 2 ** 31])).toEqual({ divisor: 2 ** 30, label: 'GiB' });
    expect(humanScale('bytes', [2 ** 20])).toEqual({ divisor: 2 ** 20, label: 'MiB' });
    expect(humanScale('ms', [999, 5000])).toEqual({ divisor: 1, label: 'ms' });
    expect(humanScale('ms/item', [1000, 5000])).toEqual({ divisor: 1000, label: 's/item' });
    expect(humanScale('ratio', [1])).toEqual({ divisor: 1, label: '' });
    expect(humanScale('ms', [])).toEqual({ divisor: 1, label: 'ms' });
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
