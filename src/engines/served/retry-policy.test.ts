import { describe, expect, it } from 'vitest';
import { type RetryState, retryVerdict } from './retry-policy.ts';

const limits = { retryMs: 1000, backoffMs: 100, maxBackoffMs: 10_000 };
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
