import { describe, expect, it } from 'vitest';
import { formatDecimal } from '../exact-decimal.ts';
import { type DecimalSign, isNumberText, numberStyle, parseNumber, readNumber } from './number-text.ts';

const shown = (number: ReturnType<typeof parseNumber>): string | undefined => number && formatDecimal(number);

describe('a text that is one number', () => {
  it.each<[text: string, point: string | undefined, comma: string | undefined]>([
    ['7', '7', '7'],
    ['-7', '-7', '-7'],
    ['−7', '-7', '-7'],
    ['+7', '7', '7'],
    ['0.5', '0.5', undefined],
    ['0,5', undefined, '0.5'],
    ['.5', '0.5', undefined],
    [',5', undefined, '0.5'],
    ['1,234', '1234', '1.234'],
    ['1.234', '1.234', '1234'],
    ['1,234.5', '1234.5', undefined],
    ['0,500', undefined, '0.5'],
    ['0,000', '0', '0'],
    ['1.234,5', undefined, '1234.5'],
    ['1.100,10', undefined, '1100.1'],
    ['1000,00', undefined, '1000'],
    ['1.234.567', undefined, '1234567'],
    ['1,234,567', '1234567', undefined],
    ['1 234 567,8', undefined, '1234567.8'],
    ['1\u202f234.5', '1234.5', undefined],
    ["1'234.50", '1234.5', undefined],
    ['1.5e3', '1500', undefined],
    ['1e+21', '1000000000000000000000', '1000000000000000000000'],
    ['$1.50', '1.5', undefined],
    ['-$1.50', '-1.5', undefined],
    ['1,50 €', undefined, '1.5'],
    ['EUR 3', '3', '3'],
    ['12 %', '12', '12'],
    ['12 kg', '12', '12'],
    ['12 m²', '12', '12'],
    ['1/3', '1/3', '1/3'],
    ['9007199254740993', '9007199254740993', '9007199254740993'],
    ['2024-01-01', undefined, undefined],
    ['01.02.2024', undefined, undefined],
    ['1/2/2024', undefined, undefined],
    ['12:30', undefined, undefined],
    ['3-5', undefined, undefined],
    ['3 4', undefined, undefined],
    ['1,23,4', undefined, undefined],
    ['3 apples and 4', undefined, undefined],
    ['5k', undefined, undefined],
    ['5 million', undefined, undefined],
    ['about 5', undefined, undefined],
    ['NaN', undefined, undefined],
    ['inf', undefined, undefined],
    ['%', undefined, undefined],
    ['', undefined, undefined],
  ])('%j is %s with a point, %s with a comma', (text, point, comma) => {
    expect([shown(parseNumber(text, '.')), shown(parseNumber(text, ','))]).toEqual([point, comma]);
  });

  it('has no unit in words where a column is to be of numbers', () => {
    expect(['$1.50', '10,10', '12 %', '12 kg', 'unknown'].filter(isNumberText)).toEqual(['$1.50', '10,10', '12 %']);
  });
});

describe('the decimal sign of a column', () => {
  it.each<[texts: readonly string[], decimal: DecimalSign, ambiguous: readonly string[]]>([
    [['0,5', '1.100,10', '1.234'], ',', []],
    [['0.5', '1,234'], '.', []],
    [['1,234', '5'], '.', ['1,234']],
    [['1.234', '5'], '.', ['1.234']],
    [['0,000', '1,001'], '.', ['1,001']],
    [['7', '8'], '.', []],
    [['0,5', '0,6', '0.7'], ',', []],
  ])('of %j is %j', (texts, decimal, ambiguous) => {
    expect(numberStyle(texts)).toEqual({ decimal, ambiguous });
  });
});

describe('an answer where numbers have decimal commas', () => {
  it.each([
    ['0,5', '0.5'],
    ['Es sind 1.234,5 kg.', '1234.5'],
    ['1.234', '1234'],
    ['1.234.567', '1234567'],
    ['0.5', '0.5'],
    ['1,234.5', '1234.5'],
    ['12', '12'],
    ['3,5, also 4,25.', '4.25'],
    ['2 + 1,5 = 3,5', '3.5'],
    ['-2,5', '-2.5'],
    ['Die Antwort ist $1.234{,}5$.', '1234.5'],
    [String.raw`\boxed{0{,}5}`, '0.5'],
    [String.raw`\boxed{12\,500}`, '12500'],
    ['<think>3,5</think>4,25', '4.25'],
    ['nothing', undefined],
  ])('%j is read as %s', (text, number) => {
    expect(shown(readNumber(text, ','))).toBe(number);
  });

  it('is else read as everywhere', () => {
    expect(shown(readNumber('1,234', '.'))).toBe('1234');
    expect(shown(readNumber('0,5', '.'))).toBe('5');
  });
});
