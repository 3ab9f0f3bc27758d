import { expect, it } from 'vitest';
import type { Sample } from '../core/sample.ts';
import { countTokens, priceOfTokens } from './token-counts.ts';

async function* answers(
  ...counts: readonly (readonly [number | undefined, number | undefined, ('engine' | 'scorer')?])[]
): AsyncGenerator<Pick<Sample, 'promptTokens' | 'outputTokens' | 'failure'>> {
  for (const [promptTokens, outputTokens, reason] of counts) {
    yield { promptTokens, outputTokens, failure: reason && { reason, message: 'x' } };
  }
}

it('prices each answer by its own tokens', async () => {
  const counts = await countTokens(answers([100, 10], [200, 30], [300, 20]));
  const price = priceOfTokens(counts, { input: 1e-6, output: 1e-5 });
  // Answers at 0.0002, 0.0005 and 0.0005: mean 0.0004, standard deviation 0.0001 x sqrt(3); t(0.975, 2) = 4.30265273.
  expect(price).toMatchObject({ status: 'derived', unit: 'price/1000 items', n: 3 });
  expect(price).toHaveProperty('value', expect.closeTo(0.4, 12));
  const half = (4.30265273 * 0.1 * Math.sqrt(3)) / Math.sqrt(3);
  // A price is never below 0.
  expect(price).toHaveProperty('interval.low', 0);
  expect(price).toHaveProperty('interval.high', expect.closeTo(0.4 + half, 7));
});

it('leaves out requests that failed, which are no answers, but not answers that a scorer failed on', async () => {
  const counts = await countTokens(answers([100, 10], [0, 0, 'engine'], [5000, 0, 'engine'], [300, 30, 'scorer']));
  expect(counts).toMatchObject({ items: 2, uncounted: 0, prompt: 400, output: 40 });
});

it('takes a prompt without a token for one that nobody counted', async () => {
  expect(await countTokens(answers([0, 10], [100, 10]))).toMatchObject({ items: 1, uncounted: 1, prompt: 100 });
});

it('has no interval from one answer', async () => {
  const price = priceOfTokens(await countTokens(answers([100, 10])), { input: 1e-6, output: 0 });
  expect(price).toHaveProperty('value', expect.closeTo(0.1, 12));
  expect(price).not.toHaveProperty('interval');
});

it('is unavailable where too many tokens were not counted', async () => {
  const counts = await countTokens(answers([100, 10], [undefined, 3], [7, undefined]));
  expect(priceOfTokens(counts, { input: 1, output: 1 })).toEqual({
    status: 'unavailable',
    reason: 'no_token_counts',
    detail: '2 of 3 answers have no token counts that can be used',
  });
  expect(priceOfTokens(await countTokens(answers()), { input: 1, output: 1 }).status).toBe('unavailable');
});
