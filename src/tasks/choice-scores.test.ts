import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContinuationScore } from '../core/engine.ts';
import { pickChoices } from './choice-scores.ts';

function score(tokenIds: readonly number[], tokenLogprobs: readonly number[]): ContinuationScore {
  return { logprob: tokenLogprobs.reduce((sum, value) => sum + value, 0), tokenIds, tokenLogprobs, isGreedy: false };
}

describe('pickChoices', () => {
  it('normalises by code points, bytes and tokens', () => {
    // Sums: -4, -6, -6.6; code points 2, 6, 6; bytes 2, 6, 12.
    const picks = pickChoices(
      ['ab', 'abcdef', 'éééééé'],
      [score([1], [-4]), score([2, 3, 4], [-1, -1, -4]), score([5, 6, 7, 8, 9], [-2, -2, -1.6, -0.5, -0.5])],
    );
    expect(picks).toEqual({ acc: 0, acc_norm: 1, acc_bytes: 2, acc_token: 2, isTie: false });
  });

  it('counts a leading space of the choice, and characters beyond the BMP once', () => {
    expect(pickChoices([' ab', 'ab'], [score([1], [-3]), score([2], [-2.1])]).acc_norm).toBe(0);
    expect(pickChoices(['🙂🙂', 'abc'], [score([1], [-2]), score([2], [-2.4])]).acc_norm).toBe(1);
  });

  it('leaves the tokens out that all choices share, but never all of one', () => {
    const shared = pickChoices(['x', 'y'], [score([7, 1], [-9, -1]), score([7, 2, 3], [-9, -0.9, -0.9])]);
    expect(shared.acc_token).toBe(1);
    expect(pickChoices(['x', 'xy'], [score([7], [-2]), score([7, 1], [-2, -1])]).acc_token).toBe(1);
  });

  it('gives ties to the first and counts them', () => {
    expect(pickChoices(['x', 'y'], [score([1], [-1]), score([2], [-1])])).toMatchObject({ acc: 0, isTie: true });
  });

  it('refuses a missing score and a choice without tokens', () => {
    expect(() => pickChoices(['x', 'y'], [score([1], [-1])])).toThrow('2 choices, but 1 scores');
    expect(() => pickChoices(['x', 'y'], [score([], []), score([1], [-1])])).toThrow('no tokens');
  });

  it('picks the highest sum whatever the scores', () => {
    const sums = fc.array(fc.double({ min: -50, max: -0.01, noNaN: true }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(sums, (values) => {
        const picks = pickChoices(
          values.map(String),
          values.map((value, index) => score([index], [value])),
        );
        expect(values[picks.acc]).toBe(Math.max(...values));
      }),
    );
  });
});
