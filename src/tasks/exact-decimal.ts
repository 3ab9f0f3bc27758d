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

export function addDecimals(left: ExactDecimal, right: ExactDecimal): ExactDecimal {
  const numerator = left.numerator * right.denominator + right.numerator * left.denominator;
  return reduced(numerator, left.denominator * right.denominator);
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
