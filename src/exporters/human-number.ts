import type { Unit } from '../core/measurement.ts';

/** How numbers of one column are shown: all in the same unit. */
export interface HumanScale {
  readonly divisor: number;
  /** Empty for ratios and counts. */
  readonly label: string;
}

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

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

/** A value with half of its interval in the same decimals, more of them where half would look like 0. */
export function humanInterval(value: number, half: number | undefined, decimals: number = decimalsFor(value)): string {
  if (half === undefined) return humanNumber(value, decimals);
  const needed = half > 0 ? -Math.floor(Math.log10(half)) : 0;
  const shown = Math.min(Math.max(decimals, needed), decimals + 2);
  return `${humanNumber(value, shown)} ± ${humanNumber(half, shown)}`;
}
