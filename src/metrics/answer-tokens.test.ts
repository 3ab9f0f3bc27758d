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
});
