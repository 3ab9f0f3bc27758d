import { describe, expect, it } from 'vitest';
import { readPrompt, type PromptReader } from './prompt-tokens.ts';

describe('readPrompt', () => {
  it('fails the request whose template throws, with the reason', () => {
    const reader: PromptReader = {
      // A template that throws is noticed before anything is tokenised.
      tokenizer: undefined as unknown as PromptReader['tokenizer'],
      renderChat: () => {
        throw new Error('System role not supported');
      },
      contextTokens: 100,
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
