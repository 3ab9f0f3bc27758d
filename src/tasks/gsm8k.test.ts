import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divideDecimals, equalDecimals, type ExactDecimal, formatDecimal, parseDecimal } from './exact-decimal.ts';
import { extractNumber } from './gsm8k-number.ts';
import { flexibleAnswer, isExactMatch, strictAnswer } from './gsm8k.ts';
import { numbersIn } from './number-tokens.ts';

function isRobustMatch(output: string, gold: string): boolean {
  const [found, wanted] = [extractNumber(output), parseDecimal(gold)];
  return found !== undefined && wanted !== undefined && equalDecimals(found, wanted);
}

// Columns: output, gold, then whether strict, flexible and ours read the gold. Strict and flexible are lm_eval 0.4.13's.
const truthTable: readonly (readonly [string, string, boolean, boolean, boolean])[] = [
  ['#### 18', '18', true, true, true],
  ['#### 18.', '18', true, true, true],
  ['#### $18', '18', false, true, true],
  ['#### 1,234', '1234', true, true, true],
  ['The answer is 18.', '18', false, true, true],
  ['The answer is 18', '18', false, true, true],
  ['The answer is 5', '5', false, true, true],
  ['The answer is $18.', '18', false, true, true],
  ['**18**', '18', false, true, true],
  ['\\boxed{18}', '18', false, true, true],
  ['18€', '18', false, true, true],
  ['50%', '50', false, true, true],
  ['It is -5', '-5', false, true, true],
  ['$29.00.', '29', false, false, true],
  ['$1,234.00', '1234', false, false, true],
  ['1,234 dollars', '1234', false, true, true],
  ['18 left...', '18', false, false, true],
  ['18 apples, .. ok', '18', false, false, true],
  ['10-8 it is', '8', false, false, true],
  ['#### 18 apples (3 per day)', '18', true, false, true],
  ['#### 18\nQuestion: Next one?\n#### 4', '18', true, false, true],
  ['x = 18, y = 3, so 18 and 3 are', '18', false, false, false],
  ['1 234', '1234', false, false, false],
  ['5.50', '5.5', false, false, true],
  ['3/4', '0.75', false, false, true],
  ['1.5e3', '1500', false, false, true],
  ['eighteen', '18', false, false, false],
  ['', '18', false, false, false],
];

describe('the extraction truth table', () => {
  it.each(truthTable)('%j for %s: strict %s, flexible %s, ours %s', (output, gold, strict, flexible, robust) => {
    const solution = `Some steps.\n#### ${gold}`;
    expect(isExactMatch(strictAnswer(output), solution)).toBe(strict);
    expect(isExactMatch(flexibleAnswer(output), solution)).toBe(flexible);
    expect(isRobustMatch(output, gold)).toBe(robust);
  });

  it.each([
    ['$29.00.', '[invalid]', '$29.00.'],
    ['18 left...', '[invalid]', '...'],
    ['10-8 it is', '[invalid]', '-8'],
    ['#### 18 apples (3 per day)', '18', '3'],
  ])('lm-eval reads out of %j: strict %s, flexible %s', (output, strict, flexible) => {
    expect(strictAnswer(output)).toBe(strict);
    expect(flexibleAnswer(output)).toBe(flexible);
  });
});

describe('extractNumber', () => {
  it.each([
    ['#### 5\nLet me check.\n#### 7', '7'],
    ['#### none\nThe answer is 4 apples.', '4'],
    ['The answer is 3. No: the final answer is 12, not 15.', '12'],
    ['**Answer:** 12 apples of 30', '12'],
    ['The answer is 5 + 3 = 8 dollars', '8'],
    ['so \\boxed{\\frac{3}{4}} of 100', '0.75'],
    ['so \\boxed{1{,}234} of 5', '1234'],
    ['\\boxed{18 \\text{ eggs}} and 3', '18'],
    ['\\boxed{18', '18'],
    ['1\u202f234', '1234'],
    ['12,345,678.90 dollars', '12345678.9'],
    ['- 18 eggs', '18'],
    ['10 - 8', '8'],
    ['−7', '-7'],
    ['(-5)', '-5'],
    ['-$5', '-5'],
    ['$-5', '-5'],
    ['x-5', '5'],
    ['3 of 1,2,4', '4'],
    ['is...18', '18'],
    ['The answer is $.50', '0.5'],
    ['#### 3/4', '0.75'],
    ['half of 3/4', '0.75'],
  ])('reads %j as %s', (output, number) => {
    const found = extractNumber(output);
    expect(found && formatDecimal(found)).toBe(number);
  });

  it('takes numbers of any size without rounding', () => {
    expect(isRobustMatch('#### 9007199254740993', '9007199254740992')).toBe(false);
    expect(isRobustMatch('#### 9,007,199,254,740,993.0', '9007199254740993')).toBe(true);
  });

  it('finds every number that is written in a common way', () => {
    const style = fc.constantFrom('#### %', 'The answer is %.', '\\boxed{%}', 'so it is $% in all', '**%**');
    fc.assert(
      fc.property(fc.integer({ min: -9_999_999, max: 9_999_999 }), style, fc.boolean(), (value, wording, isGrouped) => {
        const shown = isGrouped ? value.toLocaleString('en-US') : String(value);
        expect(
          isRobustMatch(
            wording.replace('%', () => shown),
            String(value),
          ),
        ).toBe(true);
      }),
    );
  });

  it('never throws, and takes time in proportion to the text', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => numbersIn(text).length <= text.length));
    expect(numbersIn('1'.repeat(100_000))).toEqual([]);
    expect(numbersIn('1,'.repeat(50_000)).length).toBe(50_000);
  });
});

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
