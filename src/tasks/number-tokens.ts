import { addDecimals, divideDecimals, type ExactDecimal, parseDecimal } from './exact-decimal.ts';

/** A number in a text: its value, and which characters it takes, sign and currency included. */
export interface NumberToken {
  readonly value: ExactDecimal;
  readonly start: number;
  readonly end: number;
}

// A sign counts only where no operand stands before it: in `10-8` the minus is an operator. Groups of thousands are
// separated by a comma, an apostrophe, `_`, or a no-break, thin or narrow space; an ordinary space separates two numbers.
const currency = String.raw`(?:\$|€|£|¥|₹|USD\s?|EUR\s?|Rs\.?\s?)`;
const grouped = String.raw`\d{1,3}(?:[,'’_\u00a0\u2009\u202f]\d{3})+(?!\d)`;
const minusSign = String.raw`(?:(?<![\p{L}\p{N})])-|(?<=[=(]\s?)-\s)`;
const bareFraction = String.raw`(?<=^|[\s$€£¥₹(-])\.\d+`;
const powerOfTen = String.raw`[eE][+-]?\d{1,2}(?![\p{L}\p{N}])|\s?×\s?10\^-?\d{1,2}(?!\d)`;
// Exponents and indices, as in `cm^2` and `x_1`, are no numbers of their own.
const notRaised = String.raw`(?<!\p{N}\.?|\^-?|[\p{L})]_)`;
const digits = String.raw`${notRaised}(?<whole>${grouped}|\d+)(?<fraction>\.\d+)?|(?<bare>${bareFraction})`;
const raising = String.raw`(?<power>${powerOfTen})|\^(?<exponent>\d{1,2})(?![\p{L}\p{N}])`;
const parts = String.raw`⁄(?<below>\d{1,9})|\s(?<upper>\d{1,3})[⁄/](?<lower>\d{1,3})(?![\p{N}/])`;
const magnitude = String.raw`\s(?<magnitude>thousand|million|billion)(?!\p{L})`;
const number = new RegExp(
  `(?<outer>${minusSign})?${currency}?(?<inner>${minusSign})?(?:${digits})(?:${raising}|${parts})?(?:${magnitude})?`,
  'gu',
);

const magnitudes: Readonly<Record<string, string>> = { thousand: 'e3', million: 'e6', billion: 'e9' };

/** Every well-formed number in a text that `plainMaths` has written out, in order. */
export function numbersIn(text: string): readonly NumberToken[] {
  const found: NumberToken[] = [];
  for (const { 0: all, index, groups = {} } of text.matchAll(number)) {
    const value = valueOf(groups);
    const token = value && { value, start: index, end: index + all.length };
    if (token !== undefined && !isClockTime(text, token)) found.push(token);
  }
  return found;
}

/** `12:30` is a time rather than two numbers; `10:00` is 10. */
function isClockTime(text: string, { start, end }: NumberToken): boolean {
  const isMinutes = end - start === 2 && /(?<!\d)\d{1,2}:$/u.test(text.slice(Math.max(0, start - 4), start));
  return isMinutes || (end - start <= 2 && /^:(?!00)[0-5]\d(?!\d)/u.test(text.slice(end, end + 4)));
}

function valueOf(groups: Readonly<Record<string, string | undefined>>): ExactDecimal | undefined {
  const { outer, inner, whole = '', fraction = '', bare = '', below, upper, lower, exponent } = groups;
  const minus = outer === undefined && inner === undefined ? '' : '-';
  const power = groups['power']?.replace(/^\s?×\s?10\^/u, 'e') ?? magnitudes[groups['magnitude'] ?? ''] ?? '';
  const value = parseDecimal(minus + whole.replaceAll(/\D/gu, '') + fraction + bare + power);
  if (value === undefined) return undefined;
  if (exponent !== undefined) return raised(value, Number(exponent));
  if (below !== undefined) return quotient(value, below);
  return upper === undefined || lower === undefined ? value : mixed(value, minus + upper, lower);
}

/** Powers of numbers of a few digits; of others the base alone. */
function raised({ numerator, denominator }: ExactDecimal, exponent: number): ExactDecimal {
  const isSmall = denominator === 1n && numerator < 1000n && numerator > -1000n && exponent <= 20;
  return { numerator: isSmall ? numerator ** BigInt(exponent) : numerator, denominator };
}

function quotient(value: ExactDecimal, below: string): ExactDecimal | undefined {
  const divisor = parseDecimal(below);
  return divisor && divideDecimals(value, divisor);
}

/** `1 1/2`. */
function mixed(value: ExactDecimal, upper: string, lower: string): ExactDecimal | undefined {
  const part = parseDecimal(upper);
  const rest = part && quotient(part, lower);
  if (rest === undefined) return undefined;
  return addDecimals(value, rest);
}
