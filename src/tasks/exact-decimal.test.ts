import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divideDecimals, equalDecimals, formatDecimal, parseDecimal, type ExactDecimal } from './exact-decimal.ts';

const read = (text: string): ExactDecimal => {
  const value = parseDecimal(text);
  if (value === undefined) throw new Error(`${text} is no number`);
  return value;
};

describe('parseDecimal', () => {
  it.each([
    ['5.50', '5.5'],
    ['29.00', '29'],
    ['-0', '0'],
    ['007', '7'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['1.5e3', '1500'],
    ['2e-3', '0.002'],
    ['0.1', '0.10'],
  ])('takes %s for %s', (left, right) => {
    expect(equalDecimals(read(left), read(right))).toBe(true);
  });

  it('tells numbers apart that are one float', () => {
    expect(equalDecimals(read('9007199254740993'), read('9007199254740992'))).toBe(false);
    expect(equalDecimals(read('0.1'), read('0.1000000000000000001'))).toBe(false);
  });

  it.each(['', '-', '.', 'e5', '1,000', '1e', '1e999', '+5', '9'.repeat(61)])('refuses %j', (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  });
});

describe('divideDecimals', () => {
  it('gives fractions in lowest terms', () => {
    expect(divideDecimals(read('3'), read('4'))).toEqual(read('0.75'));
    expect(divideDecimals(read('6'), read('-4'))).toEqual(read('-1.5'));
    expect(divideDecimals(read('1'), read('0'))).toBeUndefined();
  });
});

describe('formatDecimal', () => {
  it('writes decimals where they end, else fractions', () => {
    expect(formatDecimal(read('-12.50'))).toBe('-12.5');
    expect(formatDecimal({ numerator: -1n, denominator: 3n })).toBe('-1/3');
  });

  it('is read back as the same number', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
        fc.integer({ min: 0, max: 12 }),
        (digits, places) => {
          const value = read(`${digits}e-${places}`);
          expect(equalDecimals(read(formatDecimal(value)), value)).toBe(true);
        },
      ),
    );
  });
});
