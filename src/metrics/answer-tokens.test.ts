import { describe, expect, it } from 'vitest';
import { tokensPerAnswer } from './answer-tokens.ts';

describe('tokens per answer', () => {
  it('are a mean with the interval of a mean', () => {
    // 2, 4, 4, 6: mean 4, standard deviation 1.633, its error 0.816, t of 3 degrees 3.182.
    const found = tokensPerAnswer({ items: 4, outputTokens: 16, outputTokenSquareSum: 72 });
    expect(found).toMatchObject({ status: 'measured', value: 4, unit: 'count', n: 4 });
    const interval = found?.status === 'measured' ? found.interval : undefined;
    expect(interval?.low).toBeCloseTo(4 - 3.182 * 0.8165, 2);
    expect(interval?.high).toBeCloseTo(4 + 3.182 * 0.8165, 2);
  });

  it('have no interval where a store does not tell it, and are none where no token was counted', () => {
    expect(tokensPerAnswer({ items: 4, outputTokens: 16 })).not.toHaveProperty('interval');
    expect(tokensPerAnswer({ items: 4, outputTokens: 0, outputTokenSquareSum: 0 })).toBeUndefined();
    expect(tokensPerAnswer({ items: 0, outputTokens: 0 })).toBeUndefined();
  });

  it('leave out answers that nobody counted, and say so', () => {
    const [few, counted] = [
      { items: 200, uncounted: 2, outputTokens: 990, outputTokenSquareSum: 4950 },
      { items: 198, outputTokens: 990, outputTokenSquareSum: 4950 },
    ].map(tokensPerAnswer);
    const detail = '2 of 200 answers have no token counts that can be used';
    expect(few).toEqual({ ...counted, warnings: [{ reason: 'odd_answers', detail }] });
    expect(few).toMatchObject({ value: 5, n: 198 });
  });

  it('are unknown where more of them were counted by nobody', () => {
    expect(tokensPerAnswer({ items: 100, uncounted: 2, outputTokens: 490, outputTokenSquareSum: 2450 })).toEqual({
      status: 'unavailable',
      reason: 'no_token_counts',
      detail: '2 of 100 answers have no token counts that can be used',
    });
    expect(tokensPerAnswer({ items: 4, uncounted: 4, outputTokens: 0, outputTokenSquareSum: 0 })).toBeUndefined();
  });
});
