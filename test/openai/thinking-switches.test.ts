import { describe, expect, it } from 'vitest';
import { ModelError } from '../../src/core/errors.ts';
import { createOpenAiEngine } from '../../src/engines/served/openai-engine.ts';
import { modelSpec } from '../setup/model-spec.ts';
import { startProxy } from './misbehaving-proxy.ts';
import { ask, open } from './open-thinker.ts';
import { startThinkingServer } from './thinking-server.ts';

describe('a setting of thinking', () => {
  it('is found in the template that llama-server shows, and the budget kept by its own rendering', async () => {
    const off = await open({ shape: 'opened', flavour: 'llama-server' });
    expect(off.model.info.thinking).toEqual({ mode: 'off', because: 'its template has enable_thinking' });
    expect(await ask(off.model)).toMatchObject({ text: 'yes', finishReason: 'stop' });
    expect(off.server.asked.at(-1)?.body).toMatchObject({
      reasoning_format: 'none',
      chat_template_kwargs: { enable_thinking: false },
    });
    const on = await open({ shape: 'opened', flavour: 'llama-server' }, { thinking: { budget: 7 } });
    expect(on.model.info.thinking).toMatchObject({ mode: 'on', budget: 7 });
    const before = on.server.asked.length;
    const result = await ask(on.model);
    expect(result).toMatchObject({ text: 'yes', finishReason: 'stop', thinkingTokens: 7, outputTokens: 8 });
    const [first, second] = on.server.asked.slice(before);
    expect(first?.body).toMatchObject({ timings_per_token: true });
    // As the template rendered it, with exactly what was thought.
    expect(second?.body).toMatchObject({ cache_prompt: true });
    expect(second?.body.prompt).toBe(
      '<|user|>Which one?\n<|assistant|><think>\nmaybe answer is (B) negative or 9\n</think>\n\n',
    );
  });

  it('closes a block at once that a template opens without a switch', async () => {
    const { model, server } = await open(
      { shape: 'opened', flavour: 'llama-server', template: 'without switch' },
      { thinking: 'off' },
    );
    expect(model.info.thinking).toMatchObject({ mode: 'off' });
    expect(await ask(model)).toMatchObject({ text: 'yes', outputTokens: 1 });
    expect(server.asked.at(-1)?.body.prompt).toMatch(/<think>\n\n<\/think>\n\n$/);
  });

  it('goes on through the last message at SGLang, and at a vLLM without a tokenizer', async () => {
    for (const flavour of ['sglang', 'vllm'] as const) {
      for (const shape of ['think', 'opened', 'reasoning_content'] as const) {
        const { model, server } = await open(
          { shape, flavour, honours: ['enable_thinking', 'message', 'stream', 'usage'] },
          { thinking: { budget: 6 } },
        );
        const result = await ask(model);
        expect([flavour, shape, result.text, result.finishReason]).toEqual([flavour, shape, 'yes', 'stop']);
        expect(server.asked.at(-1)?.body).toMatchObject({ continue_final_message: true, add_generation_prompt: false });
        const given = server.asked.at(-1)?.body.messages?.at(-1)?.content ?? '';
        // SGLang puts it behind what its template opens.
        expect([flavour, shape, given.startsWith('<think>')]).toEqual([
          flavour,
          shape,
          flavour === 'vllm' || shape !== 'opened',
        ]);
        expect(given).toMatch(/maybe answer.*<\/think>\n\n$/s);
      }
    }
  });

  it('is off at Ollama by its word for no effort', async () => {
    const { model, server } = await open({
      shape: 'reasoning',
      flavour: 'ollama',
      honours: ['reasoning_effort', 'stream', 'usage'],
    });
    expect(model.info.thinking).toEqual({ mode: 'off', because: 'reasoning_effort: none stops its thoughts' });
    expect((await ask(model)).thoughts).toBeUndefined();
    expect(server.asked.at(-1)?.body).toMatchObject({ reasoning_effort: 'none' });
  });

  it('says that off is ignored, and gives the thoughts their room', async () => {
    const { model } = await open({ shape: 'think', honours: ['continue', 'stream', 'usage'] }, { thinking: 'off' });
    expect(model.info.thinking).toMatchObject({ mode: 'on', budget: 1024 });
    expect(model.info.thinking?.because).toBe(
      "off was asked, but it can't be turned off: chat_template_kwargs (enable_thinking: false) was ignored, " +
        'reasoning_effort: none was ignored',
    );
    expect(await ask(model)).toMatchObject({ text: 'yes', finishReason: 'stop' });
  });

  it('is on by default where nothing turns it off, and none where no thoughts are seen', async () => {
    const on = await open({ shape: 'think', honours: ['continue', 'stream', 'usage'] });
    expect(on.model.info.thinking).toMatchObject({ mode: 'on', budget: 1024 });
    const none = await open({ shape: 'think', thinksByDefault: false });
    expect(none.model.info.thinking).toEqual({ mode: 'none', because: 'no thoughts were seen when it was asked' });
    expect(none.server.asked.at(-1)?.body).not.toHaveProperty('chat_template_kwargs');
  });

  it('is switched on where the model does not think by itself', async () => {
    const { model, server } = await open({ shape: 'think', thinksByDefault: false }, { thinking: 'on' });
    expect(model.info.thinking?.because).toBe('chat_template_kwargs (enable_thinking: true) makes it think');
    expect(await ask(model)).toMatchObject({ text: 'yes' });
    expect((await ask(model)).thoughts).toContain('maybe');
    expect(server.asked.at(-1)?.body).toMatchObject({ chat_template_kwargs: { enable_thinking: true } });
  });

  it('says so where nothing makes the model think', async () => {
    const { model } = await open({ shape: 'think', thinksByDefault: false, honours: ['usage'] }, { thinking: 'on' });
    expect(model.info.thinking).toMatchObject({ mode: 'on' });
    expect(model.info.thinking?.because).toContain('as asked, but no thoughts were seen with any switch');
    expect(await ask(model)).toMatchObject({ text: 'yes', finishReason: 'stop' });
  });

  it('passes an effort on in words, and refuses one that the server refuses', async () => {
    const options = {
      shape: 'reasoning',
      flavour: 'unknown',
      honours: ['reasoning_effort', 'stream', 'usage'],
    } as const;
    const low = await open(options, { thinking: { effort: 'low' } });
    expect(low.model.info.thinking).toMatchObject({ mode: 'on', effort: 'low', budget: 1024 });
    const high = await open(options, { thinking: { effort: 'high' } });
    const [few, many] = [await ask(low.model), await ask(high.model)];
    expect(few.thinkingTokens).toBeLessThan((many.thinkingTokens ?? 0) * 0.6);
    const refused = open({ ...options, refuses: ['reasoning_effort'] }, { thinking: { effort: 'low' } });
    await expect(refused).rejects.toThrow(ModelError);
    await expect(refused).rejects.toThrow(
      'thinker: the server refuses {"reasoning_effort":"low"}: the server refused the request: unknown field: reasoning_effort',
    );
  });

  it('leaves plain prompts alone, and says so', async () => {
    const { model, server } = await open({ shape: 'think' }, { thinking: 'on', promptStyle: 'base' });
    expect(model.info.thinking).toEqual({ mode: 'none', because: 'its prompts are plain, without a chat template' });
    expect(server.asked.every(({ path }) => path === '/completions')).toBe(true);
  });

  it('makes chats of the prompts of a model whose style nobody knows', async () => {
    const { model } = await open({ shape: 'think' }, { thinking: 'on', promptStyle: 'auto' });
    expect(model.info.promptStyle).toBe('chat');
  });
});

describe('template arguments', () => {
  it('reach the template beside the switch', async () => {
    const { model, server } = await open({ shape: 'think' }, { templateArgs: { enable_thinking: false, tone: 'dry' } });
    expect(model.info.thinking).toEqual({ mode: 'off', because: 'templateArgs set enable_thinking' });
    expect((await ask(model)).thoughts).toBeUndefined();
    expect(server.asked.at(-1)?.body).toMatchObject({ chat_template_kwargs: { enable_thinking: false, tone: 'dry' } });
  });

  it('that contradict the setting are an error', async () => {
    const contradicting = { thinking: 'on', templateArgs: { enable_thinking: false } } as const;
    for (const flavour of ['vllm', 'llama-server'] as const) {
      await expect(open({ shape: 'think', flavour }, contradicting)).rejects.toThrow(
        'thinker: thinking is on, but templateArgs set enable_thinking to false',
      );
    }
  });

  it.each(['vllm', 'sglang', 'llama-server'] as const)(
    'without an effect at %s are said to be that',
    async (flavour) => {
      const { model } = await open({ shape: 'think', flavour }, { templateArgs: { tone: 'dry' } });
      expect(model.info.thinking?.because).toMatch(
        /; templateArgs \(tone\) are not confirmed: the prompt is as long without them$/,
      );
      const seen = await open({ shape: 'think', flavour }, { templateArgs: { enable_thinking: false } });
      expect(seen.model.info.thinking?.because).not.toContain('not confirmed');
    },
  );

  it('that the server refuses are an error', async () => {
    const refused = open({ shape: 'think', refuses: ['chat_template_kwargs'] }, { templateArgs: { tone: 'dry' } });
    await expect(refused).rejects.toThrow(
      /^thinker: the server refuses .*"tone":"dry".*unknown field: chat_template_kwargs$/,
    );
  });
});

describe('a content filter', () => {
  const prompt = { style: 'chat', messages: [{ role: 'user', content: 'forbidden' }] } as const;

  it.each(['finish_reason', 'refusal', 'status'] as const)(
    'is the reason by which an answer ended (%s)',
    async (filter) => {
      for (const thinking of ['off', 'on'] as const) {
        const { model } = await open({ shape: 'think', filter }, { thinking });
        for (const isStreamed of [false, true]) {
          const result = await ask(model, { prompt }, { isStreamed });
          expect([result.finishReason, result.text]).toEqual([
            'content_filter',
            filter === 'refusal' ? "I can't help with that." : '',
          ]);
        }
        expect(await ask(model)).toMatchObject({ finishReason: 'stop', text: 'yes' });
      }
    },
  );
});

describe('a JSON schema', () => {
  const jsonSchema = { type: 'object', properties: { colour: { enum: ['red'] } }, required: ['colour'] };

  it.each([
    ['vllm', 'response_format'],
    ['vllm', 'structured_outputs'],
    ['vllm', 'guided_json'],
    ['llama-server', 'json_schema'],
    ['sglang', 'response_format'],
    ['ollama', 'format'],
    ['unknown', 'response_format'],
  ] as const)('is kept to at %s as %s', async (flavour, schemaField) => {
    const { model, server } = await open(
      { shape: 'think', flavour, schemaField },
      { structuredOutput: true, thinking: 'off' },
    );
    expect(model.capabilities.structuredOutput).toBe(true);
    const result = await ask(model, { jsonSchema, maxTokens: 20 });
    expect(JSON.parse(result.text)).toEqual({ colour: 'red' });
    expect(server.asked.at(-1)?.body).toHaveProperty(schemaField);
    // Answers without one are as free as before.
    expect((await ask(model)).text).toBe('yes');
  });

  it('holds the answer alone where the server can go on from thoughts', async () => {
    for (const flavour of ['vllm', 'sglang', 'llama-server'] as const) {
      const schemaField = flavour === 'llama-server' ? 'json_schema' : 'response_format';
      const { model } = await open(
        { shape: 'think', flavour, schemaField },
        { structuredOutput: true, thinking: 'on' },
      );
      const result = await ask(model, { jsonSchema, maxTokens: 20 });
      expect(JSON.parse(result.text)).toEqual({ colour: 'red' });
      expect(result.thoughts).toMatch(/^maybe answer.*hmm$/);
      expect(result.thinkingTokens).toBeGreaterThanOrEqual(40);
    }
  });

  it('that no server keeps to is an error with what it said', async () => {
    const ignored = open({ shape: 'think', flavour: 'unknown' }, { structuredOutput: true, thinking: 'off' });
    await expect(ignored).rejects.toThrow(
      /^thinker: the server at http.* holds no answer to a JSON schema \(response_format: it was ignored: "yes" came\)$/,
    );
    const refused = open(
      { shape: 'think', flavour: 'sglang', refuses: ['response_format', 'json_schema'] },
      { structuredOutput: true },
    );
    await expect(refused).rejects.toThrow(/sglang .*response_format: the server refused the request: unknown field/);
  });

  it('fails a request where structured output is off', async () => {
    const { model } = await open({ shape: 'think' });
    expect(model.capabilities.structuredOutput).toBeUndefined();
    await expect(ask(model, { jsonSchema })).rejects.toThrow('structured output is off');
  });
});

describe('an answer that takes two exchanges', () => {
  it('is asked through several client processes as through one', async () => {
    const { model } = await open(
      { shape: 'think', schemaField: 'response_format' },
      { thinking: { budget: 9 }, structuredOutput: true },
      2,
    );
    const jsonSchema = { type: 'object', properties: { colour: { enum: ['red'] } }, required: ['colour'] };
    expect(await ask(model)).toMatchObject({ text: 'yes', thinkingTokens: 9 });
    expect(await ask(model, { jsonSchema, maxTokens: 20 })).toMatchObject({
      text: '{"colour":"red"}',
      thinkingTokens: 9,
    });
  });

  it('is tried again where it broke, and counts what failed', async () => {
    await using server = await startThinkingServer({ shape: 'think' });
    let faults = 0;
    await using proxy = await startProxy(server.baseUrl, (_, body) => {
      const isLater = body.includes('Which one?') || body.includes('"prompt":[');
      // Each exchange breaks once: the thoughts, and what goes on from them.
      if (!isOpen || !isLater || faults === 3) return { kind: 'pass' };
      faults += 1;
      return faults === 2 ? { kind: 'pass' } : { kind: 'reset' };
    });
    let isOpen = false;
    const engineOptions = { retrySeconds: 3, backoffSeconds: 0.01, loglikelihood: 'none' };
    const given = { name: 'thinker', engine: 'openai', source: proxy.baseUrl, promptStyle: 'instruct' } as const;
    const spec = modelSpec({ ...given, engineOptions, thinking: { budget: 9 } });
    await using model = await createOpenAiEngine({ environment: {} }).open(spec, {}, new AbortController().signal);
    isOpen = true;
    const result = await ask(model);
    expect(faults).toBe(3);
    expect(result).toMatchObject({ text: 'yes', thinkingTokens: 9, outputTokens: 10, retries: 2 });
  });

  it('has one latency, from its first request to its last token', async () => {
    const { model } = await open(
      { shape: 'think', tokenMs: 4, answer: () => 'one two three' },
      { thinking: { budget: 10 } },
    );
    const { times } = await ask(model, {}, { concurrency: 1 });
    const { scheduledMs, startedMs, firstTokenMs = NaN, lastTokenMs } = times;
    expect(startedMs).toBeGreaterThanOrEqual(scheduledMs);
    expect(firstTokenMs).toBeGreaterThan(startedMs);
    // Ten tokens of thoughts and three of the answer.
    expect(lastTokenMs - firstTokenMs).toBeGreaterThan(10 * 4);
  });
});
