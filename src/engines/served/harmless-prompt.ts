import type { Prompt } from '../../core/engine.ts';

/** One that no server fails at. */
export function harmlessPrompt(style: Prompt['style']): Prompt {
  const content = 'Say hello.';
  return style === 'plain' ? { style, text: content } : { style, messages: [{ role: 'user', content }] };
}

/** Enough to see that something comes; some servers refuse smaller limits. */
export const fewTokens = 16;
