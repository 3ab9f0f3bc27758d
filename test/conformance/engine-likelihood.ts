import { expect, it } from 'vitest';
import type { LoadedModel } from '../../src/core/engine.ts';
import {
  generateAll,
  plainRequest,
  prompts,
  scoreAll,
  sharedStart,
  type EngineConformanceOptions,
} from './engine-requests.ts';

export function testLikelihood(model: () => LoadedModel, skips: EngineConformanceOptions['skips'] = {}): void {
  it('finds the sensible continuation likelier', async (context) => {
    const { knowledge: reason } = skips;
    if (reason !== undefined) context.skip(reason);
    const results = await scoreAll(model(), [
      { id: 'a', context: 'The capital of France is', continuations: [' banana', ' Paris'] },
    ]);
    const [banana, paris] = results.get('a')?.continuations ?? [];
    expect(paris?.logprob).toBeGreaterThan((banana?.logprob ?? Infinity) + 3);
    expect(paris?.isGreedy).toBe(true);
    expect(banana?.isGreedy).toBe(false);
  });

  it('sums what it gives by token, in the order of the continuations', async () => {
    const continuations = [' four', ' a long answer, with a comma', ' 4'];
    const result = (await scoreAll(model(), [{ id: 'a', context: 'Two and two make', continuations }])).get('a');
    expect(result?.continuations).toHaveLength(continuations.length);
    for (const score of result?.continuations ?? []) {
      expect(score.tokenIds).toHaveLength(score.tokenLogprobs.length);
      expect(score.tokenIds.length).toBeGreaterThan(0);
      expect(score.logprob).toBeCloseTo(
        score.tokenLogprobs.reduce((sum, each) => sum + each, 0),
        9,
      );
      expect(score.logprob).toBeLessThanOrEqual(0);
    }
    const reversed = continuations.toReversed();
    const again = (await scoreAll(model(), [{ id: 'a', context: 'Two and two make', continuations: reversed }])).get(
      'a',
    );
    expect(again?.continuations.map(({ tokenIds }) => tokenIds)).toEqual(
      result?.continuations.map(({ tokenIds }) => tokenIds).toReversed(),
    );
  });

  it('scores every request once, whatever the concurrency', async () => {
    const requests = Array.from({ length: 17 }, (_, index) => ({
      id: `r${index}`,
      context: prompts[index % prompts.length] ?? '',
      continuations: [' one', ' another one', ' a third'].slice(0, 1 + (index % 3)),
    }));
    for (const concurrency of [1, 16]) {
      const results = await scoreAll(model(), requests, { concurrency });
      expect(results.size).toBe(requests.length);
      for (const { id, continuations } of requests) {
        expect(results.get(id)?.continuations).toHaveLength(continuations.length);
      }
    }
  });

  it('scores without a context', async () => {
    const result = (await scoreAll(model(), [{ id: 'a', context: '', continuations: ['Hello'] }])).get('a');
    expect(result?.continuations[0]?.tokenIds.length).toBeGreaterThan(0);
    expect(Number.isFinite(result?.continuations[0]?.logprob)).toBe(true);
  });
}

export function testReuse(model: () => LoadedModel, options: EngineConformanceOptions): void {
  const { tolerance = 0 } = options;

  it('gives the same with prefixes reused', async (context) => {
    const reason = options.skips?.['prefix reuse'];
    if (reason !== undefined) context.skip(reason);
    expect(model().capabilities.prefixReuse).toBe(true);
    const questions = prompts.map((text) => `${sharedStart}Question: ${text}?\nAnswer:`);
    const scores = questions.map((text, index) => ({
      id: `s${index}`,
      context: text,
      continuations: [' 4', ' eight'],
    }));
    const plain = await scoreAll(model(), scores);
    const reused = await scoreAll(model(), scores, { reuse: 'prefix' });
    const reusedTokens = [...reused.values()].reduce((sum, result) => sum + result.reusedTokens, 0);
    expect(reusedTokens).toBeGreaterThan(20);
    for (const [id, result] of plain) {
      expect(result.reusedTokens).toBe(0);
      for (const [index, score] of result.continuations.entries()) {
        const other = reused.get(id)?.continuations[index];
        expect(other?.tokenIds).toEqual(score.tokenIds);
        for (const [at, logprob] of score.tokenLogprobs.entries()) {
          expect(Math.abs((other?.tokenLogprobs[at] ?? Infinity) - logprob)).toBeLessThanOrEqual(tolerance);
        }
      }
    }
    const requests = questions.map((text, index) => plainRequest(`g${index}`, text, { maxTokens: 4 }));
    const generated = await generateAll(model(), requests, { reuse: 'prefix' });
    const again = await generateAll(model(), requests);
    expect([...generated.values()].reduce((sum, result) => sum + result.reusedTokens, 0)).toBeGreaterThan(20);
    const same = [...again].filter(([id, { text }]) => generated.get(id)?.text === text).length;
    // A near tie between two tokens may fall the other way where the arithmetic isn't exact.
    expect(same).toBeGreaterThanOrEqual(tolerance === 0 ? questions.length : questions.length - 1);
  });
}
