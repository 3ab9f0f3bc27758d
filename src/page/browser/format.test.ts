import { afterEach, describe, expect, it, vi } from 'vitest';
import { bytes, dateTime, duration, fixed, pageTimeZone, percent, rankRange, wholeNumber } from './format.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

/** The hour before clocks go forward in New York, and a day that is the next one further east. */
const springMs = Date.UTC(2026, 2, 8, 6, 59);
const eveningMs = Date.UTC(2026, 11, 31, 23, 5);

describe('a time', () => {
  it.each([
    ['America/New_York', '2026-03-08 01:59 EST', '2026-12-31 18:05 EST'],
    ['Europe/Berlin', '2026-03-08 07:59 GMT+1', '2027-01-01 00:05 GMT+1'],
    ['Asia/Kolkata', '2026-03-08 12:29 GMT+5:30', '2027-01-01 04:35 GMT+5:30'],
    ['UTC', '2026-03-08 06:59 UTC', '2026-12-31 23:05 UTC'],
  ])('is the reader’s own in %s, with its name', (zone, spring, evening) => {
    vi.stubEnv('TZ', zone);
    const readers = pageTimeZone(true);
    expect([dateTime(springMs, readers), dateTime(eveningMs, readers)]).toEqual([spring, evening]);
  });

  it('follows the clocks when they go forward', () => {
    expect(dateTime(springMs + 60_000, 'America/New_York')).toBe('2026-03-08 03:00 EDT');
  });

  it('is UTC in what is written before anybody reads it, wherever that is', () => {
    vi.stubEnv('TZ', 'America/New_York');
    expect(dateTime(eveningMs)).toBe('2026-12-31 23:05 UTC');
  });

  it('is a dash where it is not known', () => {
    expect([dateTime(undefined), dateTime(Number.NaN)]).toEqual(['–', '–']);
  });
});

describe('numbers', () => {
  it('are never rounded to all or nothing', () => {
    expect([0, 0.004, 0.005, 0.5, 0.9951, 1].map(percent)).toEqual(['0 %', '< 1 %', '1 %', '50 %', '> 99 %', '100 %']);
  });

  it('are in the unit that suits them', () => {
    expect([5e8, 2 ** 31].map(bytes)).toEqual(['477 MiB', '2.00 GiB']);
    expect([40, 1500, 120_000, 5.4e6].map(duration)).toEqual(['40 ms', '1.5 s', '2 min', '1.5 h']);
    expect(wholeNumber(1_234_567)).toBe('1,234,567');
    expect([rankRange([2, 2]), rankRange([1, 3]), rankRange(undefined)]).toEqual(['2', '1–3', '–']);
  });

  it('are dashes where they are not known', () => {
    for (const value of [undefined, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect([percent(value), bytes(value), duration(value), wholeNumber(value), fixed(value, 2)]).toEqual(
        Array.from({ length: 5 }, () => '–'),
      );
    }
  });
});
