import { describe, expect, it } from 'vitest';
import { PassingFault, retryAfterMs, retryPauseMs, retryVerdict, type RetryState } from './retry-policy.ts';

const limits = { retryMs: 1000, backoffMs: 100 };
const never = -Infinity;

function state(changes: Partial<RetryState>): RetryState {
  return { failures: 1, firstOfKindMs: 0, firstFailureMs: 0, lastSuccessMs: never, nextMs: 500, ...changes };
}

describe('what happens to a request that failed', () => {
  it.each([
    ['fault', state({ failures: 4, lastSuccessMs: 10 }), 'again'],
    ['fault', state({ failures: 5, lastSuccessMs: 10 }), 'alone'],
    ['fault', state({ failures: 5 }), 'ask'],
    // Others were answered while it had no room, but not since answers break.
    ['fault', state({ failures: 5, firstOfKindMs: 20, lastSuccessMs: 10 }), 'ask'],
    ['fault', state({ failures: 2, nextMs: 1001 }), 'nobody'],
    ['timeout', state({ failures: 1 }), 'again'],
    ['timeout', state({ failures: 2 }), 'nobody'],
    ['timeout', state({ failures: 2, lastSuccessMs: 10 }), 'alone'],
    ['busy', state({ failures: 99, lastSuccessMs: 10 }), 'again'],
    ['busy', state({ failures: 99, lastSuccessMs: 10, nextMs: 1011 }), 'nobody'],
  ] as const)('%s: %o', (kind, given, verdict) => {
    expect(retryVerdict(kind, given, limits)).toBe(verdict);
  });
});

describe('the pause before the next try', () => {
  const pause = (failures: number, askedMs?: number): number =>
    retryPauseMs(failures, new PassingFault('busy', 'HTTP 429', { retryAfterMs: askedMs }), limits, () => 0.5);

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
