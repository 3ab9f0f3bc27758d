import type { Scalar } from './column.ts';

/**
 * One value for a CSV file (RFC 4180), quoted where needed.
 *
 * Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay numbers, also negative ones.
 * Control characters that a terminal would obey are left out.
 */
export function csvValue(value: Scalar | boolean): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const harmless = value.replaceAll(/[^\P{Cc}\t\r\n]/gu, '');
  const guarded = /^[=+\-@\t\r]/u.test(harmless) ? `'${harmless}` : harmless;
  return /[",\r\n]/u.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

/** A line of a CSV file with its line end. */
export function csvLine(values: readonly (Scalar | boolean)[]): string {
  return `${values.map(csvValue).join(',')}\r\n`;
}
