import { expect, it } from 'vitest';
import { completionCall } from './completions.ts';
import type { ServerFacts, ServerFlavour } from './server-facts.ts';

function bodyFor(flavour: ServerFlavour, style: 'plain' | 'chat', extra = {}): Readonly<Record<string, unknown>> {
  const prompt =
    style === 'plain' ? { style, text: 'Why?' } : { style, messages: [{ role: 'user', content: 'Why?' }] as const };
  const facts = { flavour, servedName: 'm' } as ServerFacts;
  const options = { facts, model: 'm', extra, pass: { reuse: 'prefix' }, salt: () => '' } as const;
  return completionCall({ id: 'a', prompt, maxTokens: 8, stop: [] }, options).body;
}

it('turns off what each server is known to do beside the temperature, and tells others nothing', () => {
  const common = { model: 'm', max_tokens: 8, prompt: 'Why?', temperature: 0 };
  const penalties = { presence_penalty: 0, frequency_penalty: 0 };
  const own: Readonly<Record<ServerFlavour, object>> = {
    vllm: { top_p: 1, ...penalties, repetition_penalty: 1 },
    sglang: { top_p: 1, ...penalties, repetition_penalty: 1 },
    'llama-server': {
      ...penalties,
      repeat_penalty: 1,
      dry_multiplier: 0,
      xtc_probability: 0,
      mirostat: 0,
      dynatemp_range: 0,
      cache_prompt: true,
    },
    ollama: { top_p: 1, ...penalties },
    unknown: {},
  };
  const flavours = Object.keys(own) as ServerFlavour[];
  expect(flavours.map((flavour) => bodyFor(flavour, 'plain'))).toEqual(
    Object.values(own).map((fields) => ({ ...common, ...fields })),
  );
});

it('asks those servers to go on past the end of an answer that are known to', () => {
  const ignores = (flavour: ServerFlavour, ignoresEnd: boolean): unknown => {
    const facts = { flavour, servedName: 'm' } as ServerFacts;
    const options = { facts, model: 'm', extra: {}, pass: { reuse: 'none' }, salt: () => '' } as const;
    const prompt = { style: 'plain', text: 'Why?' } as const;
    return completionCall({ id: 'a', prompt, maxTokens: 8, stop: [], ignoresEnd }, options).body['ignore_eos'];
  };
  for (const flavour of ['vllm', 'sglang', 'llama-server'] as const) {
    expect(ignores(flavour, true)).toBe(true);
    expect(ignores(flavour, false)).toBeUndefined();
  }
  for (const flavour of ['ollama', 'unknown'] as const) expect(ignores(flavour, true)).toBeUndefined();
});

it('has llama-server leave thoughts in the text of a chat, unless it is told otherwise', () => {
  expect(bodyFor('llama-server', 'chat')).toMatchObject({ reasoning_format: 'none' });
  expect(bodyFor('llama-server', 'chat', { reasoning_format: 'auto' })).toMatchObject({ reasoning_format: 'auto' });
  expect(bodyFor('llama-server', 'plain')).not.toHaveProperty('reasoning_format');
  expect(bodyFor('vllm', 'chat')).not.toHaveProperty('reasoning_format');
});
