import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { scoreAll } from '../../../test/conformance/engine-requests.ts';
import { openSmall } from '../../../test/setup/open-small.ts';
import type { LoadedModel, LoglikelihoodRequest, PassOptions } from '../../core/engine.ts';

const goldenSchema = z.object({
  cases: z.array(
    z.object({
      context: z.string(),
      continuations: z.array(z.object({ text: z.string(), tokenLogprobs: z.array(z.number()) })),
    }),
  ),
});
type Golden = z.infer<typeof goldenSchema>;

async function readGolden(name: string): Promise<Golden> {
  const file = join(import.meta.dirname, '../../../test/golden', `reference-loglikelihood-${name}.json`);
  return goldenSchema.parse(JSON.parse(await readFile(file, 'utf8')));
}

function requestsOf(golden: Golden): LoglikelihoodRequest[] {
  return golden.cases.map(({ context, continuations }, index) => ({
    id: String(index),
    context,
    continuations: continuations.map(({ text }) => text),
  }));
}

/** Differences of all tokens' log-probabilities from the golden ones, ascending. */
async function differences(model: LoadedModel, golden: Golden, changes: Partial<PassOptions>): Promise<number[]> {
  const results = await scoreAll(model, requestsOf(golden), changes);
  const found = golden.cases.flatMap(({ continuations }, index) =>
    continuations.flatMap(({ tokenLogprobs }, at) => {
      const scored = results.get(String(index))?.continuations[at]?.tokenLogprobs ?? [];
      expect(scored).toHaveLength(tokenLogprobs.length);
      return tokenLogprobs.map((logprob, token) => Math.abs(logprob - (scored[token] ?? Infinity)));
    }),
  );
  return found.toSorted((left, right) => left - right);
}

/*
 * The library rounds activations to 8 bits in each layer, so that the last bits of a sum move a token's log-probability
 * by some hundredths, rarely by tenths. One request in a decode takes the same arithmetic as single decoding, on the
 * kernel variant that made the golden values; many in one decode, or another variant, do not.
 */
const expectWithinNoise = (sorted: readonly number[]): void => {
  expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(0.15);
  expect(sorted.at(-1)).toBeLessThan(1.2);
};

describe.each([
  ['smollm2', 'smollm2-135m-instruct', 1e-6],
  ['gemma', 'gemma-3-270m', undefined],
] as const)('log-likelihoods of %s', (name, model, exactly) => {
  let loaded: LoadedModel;
  let golden: Golden;
  beforeAll(async () => {
    [loaded, golden] = await Promise.all([openSmall(model, { threads: 1 }), readGolden(name)]);
  });
  afterAll(() => loaded[Symbol.asyncDispose]());

  it('are those of single decoding', async () => {
    const isSameVariant = process.platform === 'linux' && process.arch === 'x64';
    const engineOptions = isSameVariant ? { kernels: 'haswell' } : {};
    await using alike = await openSmall(model, { threads: 1, model: { engineOptions } });
    const sorted = await differences(alike, golden, { concurrency: 1 });
    expect(sorted).toHaveLength(
      golden.cases.flatMap(({ continuations }) => continuations.flatMap((each) => each.tokenLogprobs)).length,
    );
    expect(sorted.at(-1)).toBeLessThan(isSameVariant && exactly !== undefined ? exactly : 1.2);
    expectWithinNoise(sorted);
  });

  it('stay within noise in large batches and with prefixes reused', async () => {
    for (const reuse of ['none', 'prefix'] as const) {
      const sorted = await differences(loaded, golden, { concurrency: 32, reuse });
      expect(sorted).not.toHaveLength(0);
      expectWithinNoise(sorted);
    }
  });

  it('keep their order in large batches', async () => {
    const results = await scoreAll(loaded, requestsOf(golden), { concurrency: 32 });
    const best = (values: readonly number[]): number => values.indexOf(Math.max(...values));
    for (const [index, { continuations }] of golden.cases.entries()) {
      const expected = continuations.map(({ tokenLogprobs }) => tokenLogprobs.reduce((sum, each) => sum + each, 0));
      const scored = results.get(String(index))?.continuations.map(({ logprob }) => logprob) ?? [];
      expect(best(scored)).toBe(best(expected));
    }
  });
});

describe('tokens of a likelihood request', () => {
  let loaded: LoadedModel;
  beforeAll(async () => {
    loaded = await openSmall('smollm2-135m-instruct', { threads: 1 });
  });
  afterAll(() => loaded[Symbol.asyncDispose]());

  it('moves a space at the end of the context to the continuation', async () => {
    const requests = [
      { id: 'space', context: 'The capital of France is ', continuations: ['Paris'] },
      { id: 'clean', context: 'The capital of France is', continuations: [' Paris'] },
    ];
    const results = await scoreAll(loaded, requests, { concurrency: 1 });
    expect(results.get('space')?.continuations).toEqual(results.get('clean')?.continuations);
    expect(results.get('space')?.boundaryShift).toBe(false);
  });

  it('scores from the common prefix where tokens merge across the boundary, and says so', async () => {
    const result = (
      await scoreAll(loaded, [{ id: 'a', context: 'The weather is beauti', continuations: ['ful'] }])
    ).get('a');
    expect(result?.boundaryShift).toBe(true);
    expect(result?.continuations[0]?.tokenIds).toHaveLength(1);
  });

  it('refuses an empty continuation by name', async () => {
    const request = { id: 'a', context: 'One', continuations: [' two', ''] };
    await expect(scoreAll(loaded, [request])).rejects.toThrow('continuation 1 is empty');
  });

  it('decodes the context once, and no last token', async () => {
    const request = { id: 'a', context: 'The capital of France is', continuations: [' Paris', ' banana', ' Berlin'] };
    const result = (await scoreAll(loaded, [request])).get('a');
    expect(result).toMatchObject({ contextTokens: 5, decodedTokens: 5, reusedTokens: 0 });
  });

  it('scores a continuation longer than one batch of logits', async () => {
    const long = ' and then another word came'.repeat(80);
    const result = (await scoreAll(loaded, [{ id: 'a', context: 'First', continuations: [long, ' end'] }])).get('a');
    expect(result?.continuations[0]?.tokenLogprobs.length).toBeGreaterThan(300);
    expect(result?.continuations[0]?.tokenLogprobs.every((each) => each <= 0)).toBe(true);
  });
});
