import { describe, expect, it } from 'vitest';
import { thinkingSentence } from '../../src/core/model-setting.ts';
import { ask, open } from './open-thinker.ts';
import type { ThinkingShape } from './thinking-server-options.ts';

const shapes: readonly ThinkingShape[] = ['think', 'opened', 'channels', 'brackets', 'reasoning_content', 'reasoning'];

/** More than any limit here, so that a stream that nobody ends goes on. */
const answer = (): string => `positive and more words ${'than there is room for '.repeat(20)}`;

describe.each(shapes)('thoughts as %s', (shape) => {
  it.each([false, true])(
    'are kept apart from the answer, which has its own limit (streamed: %s)',
    async (isStreamed) => {
      const { model, server } = await open({ shape, answer, tokenMs: 1 }, { thinking: 'on' });
      expect(model.info.thinking).toMatchObject({ mode: 'on', budget: 1024 });
      const before = server.asked.length;
      const result = await ask(model, { stop: ['\n'] }, { isStreamed });
      expect(result).toMatchObject({ text: 'positive and more words', finishReason: 'length' });
      expect(result.thoughts).toMatch(/^maybe answer is \(B\)/);
      expect(result.thoughts).toMatch(/hmm$/);
      // 40 words, and marks, which fields don't show.
      expect(result.thinkingTokens).toBeGreaterThanOrEqual(40);
      expect(result.outputTokens).toBe((result.thinkingTokens ?? 0) + 4);
      expect(result.times.firstTokenMs).toBeLessThan(result.times.lastTokenMs);
      // One exchange, without the stop string, and ended from here.
      const [asked, ...more] = server.asked.slice(before);
      expect(more).toEqual([]);
      expect(asked?.body).toMatchObject({ max_tokens: 1028, stream: true });
      expect(asked?.body.stop).toBeUndefined();
      await expect.poll(() => asked?.isCutOff).toBe(true);
    },
  );

  it('are closed by force at their budget', async () => {
    const { model, server } = await open({ shape, answer }, { thinking: { budget: 10 } });
    const before = server.asked.length;
    const result = await ask(model, { stop: [' more'] });
    expect(result).toMatchObject({ text: 'positive and', finishReason: 'stop', thinkingTokens: 10 });
    expect(result.thoughts).toMatch(/^maybe answer is/);
    expect(result.outputTokens).toBeLessThanOrEqual(14);
    const [first, second, ...more] = server.asked.slice(before);
    expect(more).toEqual([]);
    expect(first?.sent).toBeLessThan(40);
    // What was thought is part of the second prompt, and closed.
    expect(second?.body.max_tokens).toBe(4);
    expect(result.promptTokens).toBeLessThan(20);
    expect(model.info.thinking?.canForce).toBeUndefined();
  });

  it('are cut at their budget where the server cannot go on from them', async () => {
    const { model } = await open(
      { shape, answer, honours: ['enable_thinking', 'stream', 'usage'], flavour: 'unknown' },
      { thinking: { budget: 10 } },
    );
    expect(thinkingSentence({ name: 'm' }, model.info.thinking ?? { mode: 'none', because: '' })).toMatch(
      /^m: thinks, cut after 10 tokens \(.*the server can't go on from given thoughts\)$/u,
    );
    const result = await ask(model);
    expect(result).toMatchObject({ text: '', finishReason: 'budget_cut', thinkingTokens: 10, outputTokens: 10 });
    expect(result.promptTokens).toBeGreaterThan(2);
  });

  it('are turned off where that works', async () => {
    const { model, server } = await open({ shape, answer });
    expect(model.info.thinking).toMatchObject({ mode: 'off' });
    const result = await ask(model);
    expect(result).toMatchObject({ text: 'positive and more words', finishReason: 'length', outputTokens: 4 });
    expect(result.thoughts).toBeUndefined();
    expect(server.asked.at(-1)?.body).toMatchObject({
      max_tokens: 4,
      chat_template_kwargs: { enable_thinking: false },
    });
  });

  it('that eat the whole limit leave no answer, whoever sets the limit', async () => {
    const { model } = await open(
      { shape, answer, honours: ['usage'], flavour: 'unknown' },
      { thinking: { budget: 5 } },
    );
    // The server doesn't stream, so the room for thoughts and answer ends both.
    expect(await ask(model)).toMatchObject({ text: '', finishReason: 'budget_cut', outputTokens: 9 });
  });
});
