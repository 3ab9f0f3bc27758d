import { describe, expect, it } from 'vitest';
import { resolvePromptStyle } from './prompt-style.ts';

const resolve = (names: readonly string[], file = 'm.gguf', hasChatTemplate = true): string =>
  resolvePromptStyle('auto', { file, names, hasChatTemplate });

describe('resolvePromptStyle', () => {
  it.each([
    [['SmolLM2 135M Instruct'], 'm.gguf', 'chat'],
    [['Gemma 3 270m'], 'gemma-3-270m-q4_k_m.gguf', 'plain'],
    [['Gemma 3 270m It'], 'm.gguf', 'chat'],
    [[], 'gemma-3-270m-it-Q4_K_M.gguf', 'chat'],
    [[], 'Llama-2-7b-chat.Q4_0.gguf', 'chat'],
    [['White Bit Composition'], 'm.gguf', 'plain'],
  ])('%j in %s: %s', (names, file, expected) => {
    expect(resolve(names, file)).toBe(expected);
  });

  it('needs a template for chat', () => {
    expect(resolve(['x instruct'], 'm.gguf', false)).toBe('plain');
    expect(() => resolvePromptStyle('instruct', { file: 'm.gguf', names: [], hasChatTemplate: false })).toThrow(
      'm.gguf: prompt style "instruct", but the file has no chat template',
    );
  });

  it('does as it is told', () => {
    const model = { file: 'm-instruct.gguf', names: [], hasChatTemplate: true };
    expect(resolvePromptStyle('base', model)).toBe('plain');
    expect(resolvePromptStyle('instruct', model)).toBe('chat');
  });
});
