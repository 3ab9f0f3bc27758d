import { divideDecimals, equalDecimals, type ExactDecimal, parseDecimal } from '../exact-decimal.ts';
import { concludedNumber, plainAnswer } from '../gsm8k-number.ts';

/** The sign between the whole part of a number and its fraction. */
export type DecimalSign = '.' | ',';

/** A text that is one number, in parts. */
interface NumberParts {
  readonly minus: boolean;
  /** Digits with whatever signs are between them. */
  readonly body: string;
  readonly exponent: string;
  /** What it counts, currency signs and `%` aside. */
  readonly unit: string;
}

const currency = String.raw`(?:\p{Sc}|USD|EUR|GBP|CHF|JPY|Rs\.?)`;
const space = String.raw`[ \u00a0\u2009\u202f]`;
const minus = String.raw`[-+−]`;
const body = String.raw`(?:\d[\d.,'’\u00a0\u2009\u202f]*(?:(?<=\d) \d{3}(?!\d)[\d.,]*)*|[.,]\d+)`;
const unit = String.raw`(?:[\p{L}°µ][\p{L}°µ²³/]{0,11})`;
const numberText = new RegExp(
  `^(${minus})?${space}?(?:${currency}${space}?)?(${minus})?(${body}?)([eE][-+]?\\d{1,2})?${space}?(?:${currency}|%|‰|(${unit}))?$`,
  'u',
);
/** Words that multiply a number rather than say what it counts. */
const multiplier = /^(?:k|m|b|bn|mio|mrd|mill?|tsd|millions?|billions?|thousands?|hundreds?|dozens?|e)$/iu;

function partsOf(text: string): NumberParts | undefined {
  const [, outer, inner, digits = '', exponent = '', counted = ''] = numberText.exec(text.trim()) ?? [];
  if (!/\d$/u.test(digits) || (outer !== undefined && inner !== undefined) || multiplier.test(counted))
    return undefined;
  return { minus: /[-−]/u.test(outer ?? inner ?? ''), body: digits, exponent, unit: counted };
}

const grouped: Readonly<Record<DecimalSign, RegExp>> = {
  '.': /^(?:[1-9]\d{0,2}|0(?=\D0+$))(?:(?:,\d{3})+|(?:['’]\d{3})+|(?:[ \u00a0\u2009\u202f]\d{3})+)$/u,
  ',': /^(?:[1-9]\d{0,2}|0(?=\D0+$))(?:(?:\.\d{3})+|(?:['’]\d{3})+|(?:[ \u00a0\u2009\u202f]\d{3})+)$/u,
};

/** Digits with a decimal point alone; undefined where the digits aren't grouped as the sign asks for. */
function plainDigits(text: string, decimal: DecimalSign): string | undefined {
  const [whole = '', fraction, ...more] = text.split(decimal);
  if (more.length > 0 || (fraction !== undefined && !/^\d+$/u.test(fraction))) return undefined;
  if (whole !== '' && !/^\d+$/u.test(whole) && !grouped[decimal].test(whole)) return undefined;
  return `${whole.replaceAll(/\D/gu, '')}${fraction === undefined ? '' : `.${fraction}`}`;
}

/**
 * Reads a text that is one number and nothing else but a sign, a currency, `%` or a unit: `1,234.50`, `-3 kg`, `$5`;
 * two whole numbers with a slash are a fraction.
 *
 * @returns undefined for anything else, such as dates, ranges, and words
 */
export function parseNumber(text: string, decimal: DecimalSign): ExactDecimal | undefined {
  const [, dividend, divisor] = /^\s*(-?\d+)\s*\/\s*(\d+)\s*$/u.exec(text) ?? [];
  if (dividend !== undefined && divisor !== undefined) return quotient(dividend, divisor);
  const parts = partsOf(text);
  const digits = parts && plainDigits(parts.body, decimal);
  if (parts === undefined || digits === undefined) return undefined;
  return parseDecimal(`${parts.minus ? '-' : ''}${digits}${parts.exponent}`);
}

function quotient(dividend: string, divisor: string): ExactDecimal | undefined {
  const [above, below] = [parseDecimal(dividend), parseDecimal(divisor)];
  return above && below && divideDecimals(above, below);
}

/** Whether a text is a number without a unit in words, in one of the two conventions. */
export function isNumberText(text: string): boolean {
  if (partsOf(text)?.unit !== '') return false;
  return parseNumber(text, '.') !== undefined || parseNumber(text, ',') !== undefined;
}

/** How the numbers of a column are to be read. */
export interface NumberStyle {
  readonly decimal: DecimalSign;
  /** Values that another sign would make another number of, where none tells which is meant. */
  readonly ambiguous: readonly string[];
}

/** The sign that the numbers of a column have, by those that can be read in one way only; a point where none tells. */
export function numberStyle(texts: readonly string[]): NumberStyle {
  const votes = { '.': 0, ',': 0 };
  const ambiguous: string[] = [];
  for (const text of texts) {
    const [point, comma] = [parseNumber(text, '.'), parseNumber(text, ',')];
    if (point === undefined && comma !== undefined) votes[','] += 1;
    if (point !== undefined && comma === undefined) votes['.'] += 1;
    if (point !== undefined && comma !== undefined && !equalDecimals(point, comma)) ambiguous.push(text);
  }
  const isTold = votes['.'] + votes[','] > 0;
  return { decimal: votes[','] > votes['.'] ? ',' : '.', ambiguous: isTold ? [] : ambiguous };
}

/** Numbers with a decimal comma, or groups of thousands with points, within a text. */
const commaNumber =
  /(?<![\p{N}.,])(?:(\d{1,3}(?:[.\u00a0\u2009\u202f]\d{3})+|\d+),(\d+)|([1-9]\d{0,2}(?:\.\d{3})+))(?![.,]?\d)/gu;

/** Reads the final number of an answer, numbers that may have a decimal comma as having one. */
export function readNumber(text: string, decimal: DecimalSign): ExactDecimal | undefined {
  const plain = plainAnswer(text);
  return concludedNumber(decimal === '.' ? plain : withPoints(plain));
}

function withPoints(text: string): string {
  return text.replaceAll(commaNumber, (_, whole: string | undefined, fraction: string | undefined, groups = '') => {
    const digits = (whole ?? String(groups)).replaceAll(/\D/gu, '');
    return fraction === undefined ? digits : `${digits}.${fraction}`;
  });
}
