import { expect, it } from 'vitest';
import type { LoadedModel } from '../../src/core/engine.ts';
import { generateAll, plainRequest, prompts, type EngineConformanceOptions } from './engine-requests.ts';

export function testGeneration(model: () => LoadedModel, skips: EngineConformanceOptions['skips'] = {}): void {
  it('generates the same text every time', async () => {
    const requests = prompts.map((text, index) => plainRequest(`p${index}`, text));
    const first = await generateAll(model(), requests);
    const second = await generateAll(model(), requests);
    for (const [id, { text, finishReason, outputTokens }] of first) {
      expect(second.get(id)).toMatchObject({ text, finishReason, outputTokens });
    }
  });

  it('answers every request once, whatever the concurrency', async () => {
    const requests = Array.from({ length: 23 }, (_, index) =>
      plainRequest(`r${index}`, prompts[index % prompts.length] ?? '', { maxTokens: 1 + (index % 5) }),
    );
    for (const concurrency of [1, 3, 16]) {
      const results = await generateAll(model(), requests, { concurrency });
      expect([...results.keys()].toSorted()).toEqual(requests.map(({ id }) => id).toSorted());
    }
  });

  it('keeps to the token limit and says so', async () => {
    for (const maxTokens of [1, 2, 9]) {
      const result = (await generateAll(model(), [plainRequest('a', prompts[2] ?? '', { maxTokens })])).get('a');
      expect(result?.outputTokens).toBeLessThanOrEqual(maxTokens);
      const expected = result?.finishReason === 'length' ? maxTokens : result?.outputTokens;
      expect(result?.outputTokens).toBe(expected);
    }
  });

  it('cuts before the first stop string', async (context) => {
    const { 'stop string': reason } = skips;
    if (reason !== undefined) context.skip(reason);
    const request = plainRequest('a', prompts[2] ?? '', { maxTokens: 16 });
    const whole = (await generateAll(model(), [request])).get('a')?.text ?? '';
    expect(whole.length).toBeGreaterThan(8);
    // From the middle of the text, so that it starts and ends within tokens as well as between them.
    for (const [from, to] of [
      [3, 6],
      [4, 8],
      [5, 6],
    ]) {
      const stop = whole.slice(from, to);
      const result = (await generateAll(model(), [{ ...request, stop: ['never there', stop] }])).get('a');
      expect(result).toMatchObject({ text: whole.slice(0, whole.indexOf(stop)), finishReason: 'stop' });
    }
  });

  it('gives a log-probability for each token where asked', async () => {
    const request = plainRequest('a', prompts[0] ?? '', { maxTokens: 5 });
    const without = await generateAll(model(), [request]);
    const withThem = await generateAll(model(), [{ ...request, logprobs: true }]);
    expect(without.get('a')?.tokenLogprobs).toBeUndefined();
    const result = withThem.get('a');
    expect(result?.tokenLogprobs).toHaveLength(result?.outputTokens ?? -1);
    for (const logprob of result?.tokenLogprobs ?? []) expect(logprob).toBeLessThanOrEqual(0);
  });

  it('answers chat messages', async (context) => {
    const { chat: reason } = skips;
    if (reason !== undefined) context.skip(reason);
    const messages = [{ role: 'user' as const, content: 'Say hello.' }];
    const results = await generateAll(model(), [
      { id: 'a', prompt: { style: 'chat', messages }, maxTokens: 8, stop: [] },
      { id: 'b', prompt: { style: 'chat', messages, prefill: 'The word is' }, maxTokens: 8, stop: [] },
    ]);
    expect(results.get('a')?.promptTokens).toBeGreaterThan(3);
    expect(results.get('b')?.promptTokens).toBeGreaterThan(results.get('a')?.promptTokens ?? Infinity);
    expect(results.get('b')?.promptSha256).not.toBe(results.get('a')?.promptSha256);
  });
}
