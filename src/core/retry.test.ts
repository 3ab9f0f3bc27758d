import { describe, expect, it } from 'vitest';
import { retryAfterMs, retryPauseMs } from './retry.ts';

describe('the pause before the next try', () => {
  const pause = (failures: number, askedMs?: number): number =>
    retryPauseMs(failures, askedMs, { backoffMs: 100, maxBackoffMs: 10_000 }, () => 0.5);

  it('doubles, up to ten seconds', () => {
    expect([1, 2, 3, 20].map((failures) => pause(failures))).toEqual([75, 150, 300, 7500]);
  });

  it.each([
    ['0', 75],
    ['-3', 75],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 75],
    ['2', 2100],
    ['soon', 75],
  ])('is never shorter than that, whatever Retry-After says: %s', (header, ms) => {
    expect(pause(1, retryAfterMs(header, 1e12))).toBe(ms);
  });
});
