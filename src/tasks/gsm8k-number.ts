/**
 * Reads the final number out of a worked answer, for `gsm8k/per@1`. The first of these that holds a number decides:
 * the last line with `####`, what follows the last "answer is" or "answer:", the last `\boxed{}`, the last number.
 */
export function extractNumber(text: string): ExactDecimal | undefined {
  return markedNumber(text) ?? statedNumber(text) ?? boxedNumber(text) ?? wholeFraction(text) ?? numbersIn(text).at(-1);
}

// A sign counts only where no operand stands before it: in `10-8` the minus is an operator. Groups of thousands are
// separated by a comma or a no-break, thin or narrow space; an ordinary space separates two numbers.
const currency = String.raw`(?:\\?\$|€|£|¥|₹|USD\s?|EUR\s?|Rs\.?\s?)`;
const grouped = String.raw`\d{1,3}(?:[,\u00a0\u2009\u202f]\d{3})+(?!\d)`;
const minusSign = String.raw`(?<![\p{L}\p{N})])[-−]`;
const bareFraction = String.raw`(?<=^|[\s$€£¥₹(−-])\.\d+`;
const powerOfTen = String.raw`[eE][+-]?\d{1,2}(?![\p{L}\p{N}])`;
const number = new RegExp(
  String.raw`(${minusSign})?${currency}?(${minusSign})?(?:(?<!\p{N}\.?)(${grouped}|\d+)(\.\d+)?|(${bareFraction}))(${powerOfTen})?`,
  'gu',
);

/** Every well-formed number in the text, in order. */
export function numbersIn(text: string): readonly ExactDecimal[] {
  const found: ExactDecimal[] = [];
  for (const [, outerSign, innerSign, whole = '', fraction = '', bare = '', power = ''] of text.matchAll(number)) {
    const minus = outerSign === undefined && innerSign === undefined ? '' : '-';
    const value = parseDecimal(minus + whole.replaceAll(/[^\d]/gu, '') + fraction + bare + power);
    if (value !== undefined) found.push(value);
  }
  return found;
}

function markedNumber(text: string): ExactDecimal | undefined {
  const line = text
    .split(/\r?\n/u)
    .filter((candidate) => candidate.includes('####'))
    .at(-1);
  return line === undefined ? undefined : regionNumber(line.slice(line.lastIndexOf('####') + 4));
}

const statement = /answer[*_\s]*(?:is|:)[*_:\s]*/giu;

function statedNumber(text: string): ExactDecimal | undefined {
  const last = text.matchAll(statement).toArray().at(-1);
  if (last === undefined) return undefined;
  const line = text.slice(last.index + last[0].length).split(/\r?\n/u, 1)[0] ?? '';
  return regionNumber(line);
}

/** Where a region is a calculation, its result counts; else its first number, as in `18 apples (3 a day)`. */
function regionNumber(region: string): ExactDecimal | undefined {
  const result = region.includes('=') ? numbersIn(region.slice(region.lastIndexOf('=') + 1))[0] : undefined;
  return result ?? boxedNumber(region) ?? wholeFraction(region) ?? numbersIn(region)[0];
}

function boxedNumber(text: string): ExactDecimal | undefined {
  const start = text.lastIndexOf(String.raw`\boxed{`);
  if (start === -1) return undefined;
  const content = bracedContent(text, start + 7)
    .replaceAll('{,}', ',')
    .replaceAll(/\\[,!;]/gu, '')
    .replaceAll(/\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}/gu, '$1/$2');
  return wholeFraction(content) ?? numbersIn(content)[0];
}

/** Text up to the brace that closes the one before `from`, or all the rest where none does. */
function bracedContent(text: string, from: number): string {
  let depth = 1;
  for (let index = from; index < text.length; index += 1) {
    if (text[index] === '{') depth += 1;
    if (text[index] === '}') depth -= 1;
    if (depth === 0) return text.slice(from, index);
  }
  return text.slice(from);
}

/** `3/4` as the whole text, decoration aside; inside a sentence a slash means too many other things. */
function wholeFraction(text: string): ExactDecimal | undefined {
  const match = /^[\s*_`$]*(-?\d+(?:\.\d+)?)\s*\/\s*(\d+(?:\.\d+)?)[\s*_`$.]*$/u.exec(text);
  const [dividend, divisor] = [parseDecimal(match?.[1] ?? ''), parseDecimal(match?.[2] ?? '')];
  return dividend === undefined || divisor === undefined ? undefined : divideDecimals(dividend, divisor);
}

/** A rational number in lowest terms, denominator above 0: `5.50` and `5.5` are the same. */
export interface ExactDecimal {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** More digits or a larger exponent than this is noise, and costs time. */
const maximumDigits = 60;

function greatestCommonDivisor(left: bigint, right: bigint): bigint {
  let [larger, smaller] = [left < 0n ? -left : left, right];
  while (smaller !== 0n) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}

function reduced(numerator: bigint, denominator: bigint): ExactDecimal {
  const divisor = greatestCommonDivisor(numerator, denominator) || 1n;
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

/**
 * Reads digits with an optional sign, fraction and exponent, no group separators: `-12.50`, `.5`, `1.5e3`. No float is
 * involved.
 *
 * @returns undefined where the text isn't such a number, or is absurdly long
 */
export function parseDecimal(text: string): ExactDecimal | undefined {
  const match = /^(-?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,2}))?$/u.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match;
  const digits = whole + fraction;
  if (digits === '' || digits.length > maximumDigits) return undefined;
  const exponent = Number(exponentText) - fraction.length;
  const value = BigInt(digits) * (sign === '-' ? -1n : 1n);
  return exponent >= 0 ? reduced(value * 10n ** BigInt(exponent), 1n) : reduced(value, 10n ** BigInt(-exponent));
}

/** @returns undefined where the divisor is zero */
export function divideDecimals(dividend: ExactDecimal, divisor: ExactDecimal): ExactDecimal | undefined {
  if (divisor.numerator === 0n) return undefined;
  const sign = divisor.numerator < 0n ? -1n : 1n;
  return reduced(dividend.numerator * divisor.denominator * sign, dividend.denominator * divisor.numerator * sign);
}

export function equalDecimals(left: ExactDecimal, right: ExactDecimal): boolean {
  return left.numerator === right.numerator && left.denominator === right.denominator;
}

/** Whether two numbers differ by no more than the tolerance, exactly: 0.3 is within 0.1 of 0.2. */
export function isWithin(left: ExactDecimal, right: ExactDecimal, tolerance: ExactDecimal): boolean {
  const difference = left.numerator * right.denominator - right.numerator * left.denominator;
  const size = difference < 0n ? -difference : difference;
  return size * tolerance.denominator <= tolerance.numerator * left.denominator * right.denominator;
}

/** Decimal text where that is finite, else `numerator/denominator`. */
export function formatDecimal({ numerator, denominator }: ExactDecimal): string {
  let places = 0;
  let scale = 1n;
  // A denominator with other prime factors than 2 and 5 never divides a power of ten.
  while (scale % denominator !== 0n && places < 3 * maximumDigits) {
    scale *= 10n;
    places += 1;
  }
  if (scale % denominator !== 0n) return `${numerator}/${denominator}`;
  const scaled = numerator * (scale / denominator);
  const digits = String(scaled < 0n ? -scaled : scaled).padStart(places + 1, '0');
  const sign = scaled < 0n ? '-' : '';
  return places === 0 ? sign + digits : `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
