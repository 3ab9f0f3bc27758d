import type { Unit } from './measurement.ts';
import { sizes } from './quantities.ts';

/**
 * How amounts are shown to people, rounded to what they are worth: one way each, in terminals, files and pages. What
 * must read back exactly is written by `quantities`.
 */

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

/** A size in the unit that suits it. */
export function sizeAmount(bytes: number): {
  readonly value: number;
  readonly decimals: number;
  readonly unit: string;
} {
  const [unit, size] = sizes.find(([name, least]) => name.endsWith('iB') && bytes >= least) ?? ['bytes', 1];
  return { value: bytes / size, decimals: size === 1 ? 0 : 1, unit };
}

/** The same in words: `468.6 MiB`, `12 bytes`. */
export function sizeText(bytes: number): string {
  const { value, decimals, unit } = sizeAmount(bytes);
  return `${value.toFixed(decimals)} ${unit}`;
}

/** A size of memory, as one watches it: `412 MiB`, `1.92 GiB`. */
export function memoryText(bytes: number): string {
  return bytes < gibibyte ? `${(bytes / mebibyte).toFixed(0)} MiB` : `${(bytes / gibibyte).toFixed(2)} GiB`;
}

/** `31 %` of a ratio, or of a part of a whole. */
export function percentText(part: number, decimals = 0, whole = 1): string {
  return `${((100 * part) / whole).toFixed(decimals)} %`;
}

/** `1,319`, the same wherever the reader is. */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 row`, `1,319 rows` */
export function countOf(count: number, one: string, several = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : several}`;
}

/** `0:07`, `12:30`, `3:05:00` */
export function clockText(durationMs: number): string {
  const seconds = Math.max(0, Math.round(durationMs / 1000));
  const pad = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${pad(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(seconds % 60)}`;
}

const durationUnits = [
  { name: 's', ms: 1000, below: 90_000, digits: 0 },
  { name: 'min', ms: 60_000, below: 5_400_000, digits: 0 },
  { name: 'h', ms: 3_600_000, below: 129_600_000, digits: 1 },
  { name: 'd', ms: 86_400_000, below: Infinity, digits: 0 },
] as const;

/** A length of time with as many digits as an estimate deserves: `40 s`, `12 min`, `2.5 h`, `3 d`. */
export function roughDuration(durationMs: number): string {
  return roughRange(durationMs, durationMs);
}

/** Both ends of a range in the same unit. */
export function roughAmounts(
  lowMs: number,
  highMs: number,
): { readonly low: string; readonly high: string; readonly decimals: number; readonly unit: string } {
  const { name, ms, digits } = durationUnits.find(({ below }) => highMs < below) ?? durationUnits[3];
  return { low: (lowMs / ms).toFixed(digits), high: (highMs / ms).toFixed(digits), decimals: digits, unit: name };
}

/** `12-15 min`, or one number where both ends read the same. */
export function roughRange(lowMs: number, highMs: number): string {
  const { low, high, unit } = roughAmounts(lowMs, highMs);
  return low === high ? `${high} ${unit}` : `${low}-${high} ${unit}`;
}

/** Three significant digits, never an exponent: `0.123`, `4.56`, `78.9`, `1234`. */
export function rateText(perSecond: number): string {
  if (perSecond >= 100) return perSecond.toFixed(0);
  if (perSecond >= 10) return perSecond.toFixed(1);
  return perSecond >= 0.1 ? perSecond.toFixed(2) : perSecond.toFixed(3);
}

/** How numbers of one column are shown: all in the same unit. */
export interface HumanScale {
  readonly divisor: number;
  /** Empty for ratios and counts. */
  readonly label: string;
}

/**
 * The unit in which people read a column: seconds once all its values take a second, GiB once one has one.
 *
 * @param values of the whole column, in `unit`
 */
export function humanScale(unit: Unit, values: readonly number[]): HumanScale {
  switch (unit) {
    case 'ratio':
    case 'count':
      return { divisor: 1, label: '' };
    case 'bytes':
      return Math.max(0, ...values) >= gibibyte
        ? { divisor: gibibyte, label: 'GiB' }
        : { divisor: mebibyte, label: 'MiB' };
    case 'ms':
    case 'ms/token':
    case 'ms/item': {
      const isLong = values.length > 0 && Math.min(...values) >= 1000;
      return isLong ? { divisor: 1000, label: unit.replace('ms', 's') } : { divisor: 1, label: unit };
    }
    case 'items/s':
    case 'tokens/s':
    case 'J/item':
      return { divisor: 1, label: unit };
    case 'price/1000 items':
      return { divisor: 1, label: '/1000' };
    default:
      return unit satisfies never;
  }
}

/** Decimals that leave about three significant digits. */
export function decimalsFor(value: number): number {
  const size = Math.abs(value);
  if (size === 0) return 0;
  return Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(size))));
}

/** About three significant digits, never an exponent: 0.123, 1.23, 12.3, 1234. */
export function humanNumber(value: number, decimals: number = decimalsFor(value)): string {
  return value.toFixed(decimals);
}

/** One value in the unit of its size: `1.37 GiB`, `4.25`. */
export function measuredText(value: number, unit: Unit | undefined): string {
  const { divisor, label } = humanScale(unit ?? 'count', [value]);
  return humanNumber(value / divisor) + (label === '' ? '' : ` ${label}`);
}

/** Decimals of a value and half of its interval: those of the value, more of them where half would look like 0. */
export function intervalDecimals(half: number | undefined, decimals: number): number {
  const needed = half !== undefined && half > 0 ? -Math.floor(Math.log10(half)) : 0;
  return Math.min(Math.max(decimals, needed), decimals + 2);
}

/** A value with half of its interval in the same decimals, more of them where half would look like 0. */
export function humanInterval(value: number, half: number | undefined, decimals: number = decimalsFor(value)): string {
  const shown = intervalDecimals(half, decimals);
  if (half === undefined) return humanNumber(value, shown);
  return `${humanNumber(value, shown)} ± ${humanNumber(half, shown)}`;
}
