import { countText, memoryText, percentText } from '../../core/amount-text.ts';

/** A number as it is shown, where what isn't known is a dash. */
function known(format: (value: number) => string): (value: number | undefined) => string {
  return (value) => (value === undefined || !Number.isFinite(value) ? '–' : format(value));
}

/** A share as people read it; never "100 %" for what isn't. */
export const percent = known((share) => {
  if (share > 0.995 && share < 1) return '> 99 %';
  return share > 0 && share < 0.005 ? '< 1 %' : percentText(share);
});
export const bytes = known(memoryText);
export const wholeNumber = known(countText);
export const duration = known((milliseconds) => {
  const seconds = milliseconds / 1000;
  if (seconds < 1) return `${milliseconds.toFixed(0)} ms`;
  if (seconds < 90) return `${seconds.toFixed(1)} s`;
  return seconds < 5400 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`;
});

export function fixed(value: number | undefined, decimals: number): string {
  return known((number) => number.toFixed(decimals))(value);
}

/** `2`, or `1–3`. */
export function rankRange(range: readonly [number, number] | undefined): string {
  if (range === undefined) return '–';
  return range[0] === range[1] ? String(range[0]) : `${range[0]}–${range[1]}`;
}

/**
 * A report's HTML is written before anybody reads it, so it says UTC. In a browser the script draws the page anew, and
 * times are the reader's own.
 */
export function pageTimeZone(isInBrowser = typeof document !== 'undefined'): string {
  return isInBrowser ? new Intl.DateTimeFormat().resolvedOptions().timeZone : 'UTC';
}

/** In the page's time zone, with its name; ISO-like, so that nobody mistakes the month. */
export function dateTime(timeMs: number | undefined, timeZone = pageTimeZone()): string {
  if (timeMs === undefined || !Number.isFinite(timeMs)) return '–';
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  });
  const parts = format.formatToParts(timeMs).map(({ type, value }) => [type, value] as const);
  const { year, month, day, hour, minute, timeZoneName } = Object.fromEntries(parts);
  return `${year}-${month}-${day} ${hour}:${minute} ${timeZoneName}`;
}
