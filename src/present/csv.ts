import type { Records, Scalar } from './document.ts';
import { safeText } from './sanitise.ts';

/**
 * One value for a CSV file (RFC 4180), quoted where needed.
 *
 * Text that a spreadsheet would run as a formula gets an apostrophe in front; numbers stay numbers, also negative ones.
 * White space in front of the formula does not stop a spreadsheet. What acts or hides is left out.
 */
export function csvValue(value: Scalar): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const harmless = safeText(value);
  const guarded = /^(?:\t|\s*[=+\-@])/u.test(harmless) ? `'${harmless}` : harmless;
  return csvQuoted(guarded);
}

export function csvQuoted(text: string): string {
  return /[",\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A line of a CSV file with its line end. */
export function csvLine(values: readonly Scalar[]): string {
  return `${values.map(csvValue).join(',')}\r\n`;
}

/** Records as CSV, the headings first. */
export function csvText({ headings, rows }: Records): string {
  return headings.length === 0 ? '' : [headings, ...rows].map(csvLine).join('');
}
