import { describe, expect, it } from 'vitest';
import { createChatRenderer } from '../chat-template.ts';
import { readPrompt, type PromptReader } from './prompts.ts';

const special = { bos: '<s>', eos: '</s>' };
const source =
  '{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}[assistant] {% endif %}';

describe('createChatRenderer', () => {
  it('renders messages, the start of the answer and the prefill', () => {
    const render = createChatRenderer(source, special);
    expect(render([{ role: 'user', content: 'Hi' }], 'Well,')).toBe('<s>[user] Hi</s>[assistant] Well,');
  });

  it('tells templates the same day for ever', () => {
    const render = createChatRenderer("{{ strftime_now('%d %b %Y, %A') }} {{ date_string }}", special);
    expect(render([])).toBe('26 Jul 2024, Friday 26 Jul 2024');
  });

  it('throws what the template raises, and a syntax error at once', () => {
    const render = createChatRenderer(
      "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}",
      special,
    );
    expect(() => render([{ role: 'system', content: '' }])).toThrow('no system role');
    expect(() => createChatRenderer('{% if %}', special)).toThrow(/./);
  });

  it('ends a loop that would fill the memory', () => {
    const render = createChatRenderer('{% for i in range(1000000000) %}{{ i }}{% endfor %}', special);
    expect(() => render([])).toThrow('range() gives more than 100,000 numbers in one prompt');
  });
});

describe('readPrompt', () => {
  it('brings the rendered text of requests that want it', () => {
    const reader: PromptReader = {
      tokenizer: { encodeTemplate: () => Int32Array.of(1, 2) } as unknown as PromptReader['tokenizer'],
      renderChat: createChatRenderer(source, special),
      contextTokens: 100,
      thinking: { mode: 'none', because: '' },
      closing: () => new Int32Array(),
    };
    const prompt = { style: 'chat', messages: [{ role: 'user', content: 'Hi' }] } as const;
    const request = { id: 'a', prompt, maxTokens: 1, stop: [] };
    expect(readPrompt(request, reader)).not.toHaveProperty('text');
    expect(readPrompt({ ...request, wantsPrompt: true }, reader)).toMatchObject({
      text: '<s>[user] Hi</s>[assistant] ',
    });
  });

  it('fails the request whose template throws, with the reason', () => {
    const reader: PromptReader = {
      // A template that throws is noticed before anything is tokenised.
      tokenizer: undefined as unknown as PromptReader['tokenizer'],
      renderChat: () => {
        throw new Error('System role not supported');
      },
      contextTokens: 100,
      thinking: { mode: 'none', because: '' },
      closing: () => new Int32Array(),
    };
    const request = { id: 'a', prompt: { style: 'chat', messages: [] }, maxTokens: 1, stop: [] } as const;
    expect(readPrompt(request, reader)).toEqual({
      id: 'a',
      status: 'failed',
      reason: 'template',
      message: 'the chat template failed: System role not supported',
    });
  });
});
