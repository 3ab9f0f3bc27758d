import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, generateAll, passOptions, streamOf } from '../../../test/conformance/engine-requests.ts';
import { openSmall, type OpenSmallOptions } from '../../../test/setup/open-small.ts';
import { testFolder } from '../../../test/setup/test-settings.ts';
import type { GenerateRequest, GenerationResult, LoadedModel, ThinkingChoice } from '../../core/engine.ts';

/** SmolLM2's turns; opens a block of thoughts unless it is told not to. */
const template = `{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}<|im_start|>assistant
{% if enable_thinking is not defined or enable_thinking %}<think>
{% endif %}`;

const questions = [
  'What is the capital of France?',
  'Is the sea blue? Answer yes or no.',
  'Name a fruit.',
  'What is 2+2?',
  'Who wrote Hamlet?',
  'Name a colour of the rainbow.',
];

function asked(changes: Partial<GenerateRequest> = {}): readonly GenerateRequest[] {
  return questions.map((content, index) => ({
    id: `q${index}`,
    prompt: { style: 'chat', messages: [{ role: 'user', content: `${content} ${'Think well. '.repeat(6)}` }] },
    maxTokens: 10,
    stop: [],
    ...changes,
  }));
}

let folder: Awaited<ReturnType<typeof testFolder>>;
let chatTemplate: string;
beforeAll(async () => {
  folder = await testFolder();
  chatTemplate = join(folder.path, 'thinking.jinja');
  await writeFile(chatTemplate, template);
});
afterAll(() => folder[Symbol.asyncDispose]());

async function openThinking(thinking: ThinkingChoice, options: OpenSmallOptions = {}): Promise<LoadedModel> {
  const model = { engineOptions: { chatTemplate }, thinking, ...options.model };
  return openSmall('smollm2-135m-instruct', { threads: 1, ...options, model });
}

const inShort = ({ text, thoughts, thinkingTokens, outputTokens, finishReason }: GenerationResult) => ({
  text,
  thoughts,
  thinkingTokens,
  outputTokens,
  finishReason,
});

describe('SmolLM2 under a template that opens a block of thoughts', () => {
  let model: LoadedModel;
  beforeAll(async () => {
    model = await openThinking({ budget: 24 });
  });
  afterAll(() => model[Symbol.asyncDispose]());

  it('says what was made of the setting', () => {
    expect(model.info.thinking).toEqual({
      mode: 'on',
      budget: 24,
      because: 'its template opens a think block (<think>)',
    });
    expect(model.info.promptStyle).toBe('chat');
  });

  it('closes thoughts by force at their budget, and decodes an answer behind them', async () => {
    const results = [...(await generateAll(model, asked({ logprobs: true }), { concurrency: 1 })).values()];
    const forced = results.filter(({ thinkingTokens }) => thinkingTokens === 24);
    expect(forced.length).toBeGreaterThan(0);
    for (const result of results) {
      const { text, thoughts, thinkingTokens = 0, outputTokens, tokenLogprobs } = result;
      expect(thoughts).toMatch(/\w/);
      expect(text).toMatch(/\w/);
      expect(text).not.toContain('think>');
      expect(thoughts).not.toContain('think>');
      expect(thinkingTokens).toBeLessThanOrEqual(24);
      expect(outputTokens - thinkingTokens).toBeGreaterThan(0);
      expect(outputTokens - thinkingTokens).toBeLessThanOrEqual(10);
      expect(tokenLogprobs?.length).toBe(outputTokens - thinkingTokens);
    }
  });

  it('gives the same answers alone and together, with prefixes reused and not', async () => {
    const alone = await generateAll(model, asked(), { concurrency: 1 });
    for (const pass of [
      { concurrency: 4 },
      { concurrency: 4, reuse: 'prefix' },
      { concurrency: 1, reuse: 'prefix' },
    ] as const) {
      const together = await generateAll(model, asked(), pass);
      const same = [...alone].filter(
        ([id, result]) => JSON.stringify(inShort(result)) === JSON.stringify(inShort(together.get(id) ?? result)),
      );
      // Where the two best tokens are nearly as likely, the rounding in another batch may turn them round.
      expect(same.length).toBeGreaterThanOrEqual(questions.length - 2);
      expect([...together.values()].every(({ thinkingTokens = 0 }) => thinkingTokens > 0)).toBe(true);
    }
  });

  it('does not stop in thoughts', async () => {
    const free = await generateAll(model, asked(), { concurrency: 1 });
    const letters = ['e', 'a', 'o'];
    const stopped = await generateAll(model, asked({ stop: letters }), { concurrency: 1 });
    for (const [id, { text, thoughts, finishReason }] of stopped) {
      expect(thoughts).toBe(free.get(id)?.thoughts);
      expect(thoughts).toMatch(/[eao]/);
      expect(text).toBe(free.get(id)?.text.split(/[eao]/)[0]);
      expect(finishReason).toBe('stop');
    }
  });

  it('thinks less where a request says so', async () => {
    const results = await generateAll(model, asked({ maxThinkingTokens: 4, maxTokens: 3 }));
    for (const { thinkingTokens, outputTokens } of results.values()) {
      expect(thinkingTokens).toBeLessThanOrEqual(4);
      expect(outputTokens).toBeLessThanOrEqual(7);
    }
  });

  it('thinks only under the template', async () => {
    const plain: GenerateRequest = { id: 'a', prompt: { style: 'plain', text: 'The sea is' }, maxTokens: 5, stop: [] };
    const result = (await generateAll(model, [plain])).get('a');
    expect(result).toMatchObject({ outputTokens: 5, finishReason: 'length' });
    expect(result?.thoughts).toBeUndefined();
    expect(result?.thinkingTokens).toBeUndefined();
  });
});

it('closes only between whole characters', async () => {
  // Each emoji takes several tokens, so that a budget falls into one.
  const request: GenerateRequest = {
    id: 'a',
    prompt: { style: 'chat', messages: [{ role: 'user', content: 'Repeat: 🏔🏔🏔🏔🏔🏔🏔🏔🏔🏔🏔🏔' }] },
    maxTokens: 4,
    stop: [],
  };
  for (const budget of [5, 6, 7]) {
    await using model = await openThinking({ budget });
    const result = (await generateAll(model, [request])).get('a');
    expect(result?.thoughts ?? '').not.toContain('\uFFFD');
    expect(result?.text).not.toContain('\uFFFD');
  }
});

describe('thinking that is off', () => {
  it('is so by default where the template has a switch', async () => {
    await using model = await openThinking('auto');
    expect(model.info.thinking).toEqual({ mode: 'off', because: 'its template has enable_thinking' });
    for (const { thoughts, outputTokens } of (await generateAll(model, asked())).values()) {
      expect(thoughts).toBeUndefined();
      expect(outputTokens).toBeLessThanOrEqual(10);
    }
  });

  it('is an empty block where the template opens one in any case', async () => {
    const always = join(folder.path, 'always.jinja');
    await writeFile(always, template.replace('enable_thinking is not defined or enable_thinking', 'true'));
    const engineOptions = { chatTemplate: always };
    await using off = await openThinking('off', { model: { engineOptions } });
    expect(off.info.thinking?.mode).toBe('off');
    await using on = await openThinking({ budget: 8 }, { model: { engineOptions } });
    const [first] = asked();
    if (first === undefined) throw new Error('no request');
    const without = (await generateAll(off, [first])).get('q0');
    const withThem = (await generateAll(on, [first])).get('q0');
    expect(without?.thoughts).toBeUndefined();
    expect(without?.promptTokens).toBeGreaterThan(withThem?.promptTokens ?? Infinity);
  });
});

describe('a model that thinks unasked', () => {
  it('has its thoughts kept apart, within the limit of its answer', async () => {
    const named = join(folder.path, 'unasked.jinja');
    // Nothing in the template or the name says that it thinks: the block is opened by a prefill.
    await writeFile(named, template.replace(/\{% if enable[\s\S]*$/, ''));
    await using model = await openThinking('auto', { model: { engineOptions: { chatTemplate: named } } });
    expect(model.info.thinking?.mode).toBe('none');
    const messages = [{ role: 'user' as const, content: 'What is 2+2?' }];
    const results = await generateAll(model, [
      { id: 'open', prompt: { style: 'chat', messages, prefill: '<think>\n' }, maxTokens: 6, stop: [] },
    ]);
    expect(results.get('open')).toMatchObject({
      text: '',
      finishReason: 'budget_cut',
      outputTokens: 6,
      thinkingTokens: 6,
    });
    expect(results.get('open')?.thoughts).toMatch(/\w/);
  });
});

it('refuses what does not fit with its thoughts, and says so', async () => {
  await using model = await openThinking({ budget: 100 }, { contextTokens: 128 });
  const [result] = await collect(model.generate(streamOf(asked().slice(0, 1)), passOptions()));
  expect(result).toMatchObject({
    status: 'failed',
    reason: 'prompt_too_long',
    message: expect.stringMatching(
      /^\d+ prompt tokens and 1\d\d for thoughts and 10 to generate don't fit into a context of 128$/,
    ),
  });
});

it('names a template that cannot be read, and a setting that cannot be had', async () => {
  const engineOptions = { chatTemplate: join(folder.path, 'none.jinja') };
  await expect(openThinking('auto', { model: { engineOptions } })).rejects.toThrow(
    /^smollm2-135m-instruct: the chat template .*none\.jinja can't be read: /,
  );
  await expect(openThinking({ effort: 'low' })).rejects.toThrow('no variable for the effort of thinking');
});
