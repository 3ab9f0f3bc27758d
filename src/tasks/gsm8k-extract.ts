import { divideDecimals, parseDecimal, type ExactDecimal } from './exact-decimal.ts';

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
const sign = String.raw`(?<![\p{L}\p{N})])[-−]`;
const bareFraction = String.raw`(?<=^|[\s$€£¥₹(−-])\.\d+`;
const exponent = String.raw`[eE][+-]?\d{1,2}(?![\p{L}\p{N}])`;
const number = new RegExp(
  String.raw`(${sign})?${currency}?(${sign})?(?:(?<!\p{N}\.?)(${grouped}|\d+)(\.\d+)?|(${bareFraction}))(${exponent})?`,
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
