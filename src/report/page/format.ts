/** A share as people read it; never "100 %" for what isn't. */
export function percent(share: number | undefined): string {
  if (share === undefined || !Number.isFinite(share)) return '–';
  const value = share * 100;
  if (value > 99.5 && value < 100) return '> 99 %';
  if (value > 0 && value < 0.5) return '< 1 %';
  return `${value.toFixed(0)} %`;
}

export function fixed(value: number | undefined, decimals: number): string {
  return value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(decimals);
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

export function duration(milliseconds: number | undefined): string {
  if (milliseconds === undefined || !Number.isFinite(milliseconds)) return '–';
  const seconds = milliseconds / 1000;
  if (seconds < 1) return `${milliseconds.toFixed(0)} ms`;
  if (seconds < 90) return `${seconds.toFixed(1)} s`;
  if (seconds < 5400) return `${(seconds / 60).toFixed(0)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

export function bytes(count: number | undefined): string {
  if (count === undefined || !Number.isFinite(count)) return '–';
  return count >= 2 ** 30 ? `${(count / 2 ** 30).toFixed(2)} GiB` : `${(count / 2 ** 20).toFixed(0)} MiB`;
}

export function wholeNumber(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? '–' : value.toLocaleString('en-US');
}
