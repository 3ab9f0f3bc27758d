import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { suiteSchema } from '../../src/core/suite.ts';
import { createChatRenderer } from '../../src/engines/chat-template.ts';

const file = join(import.meta.dirname, '../../suites/paper.yaml');

/** What the suite gives vLLM as Vicuna's chat template. */
function vicunaTemplate(): string {
  const { models } = suiteSchema.parse(parse(readFileSync(file, 'utf8')));
  const vicuna = models.find((entry) => typeof entry !== 'string' && entry.source.startsWith('vicuna'));
  const words = typeof vicuna === 'string' ? [] : (vicuna?.server?.arguments ?? []);
  return words[words.indexOf('--chat-template') + 1] ?? '';
}

/** FastChat's conversation template `vicuna_v1.1`, which Vicuna v1.5 was trained with. */
const system =
  "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions.";

describe('the chat template of Vicuna in suites/paper.yaml', () => {
  const render = createChatRenderer(vicunaTemplate(), { bos: '<s>', eos: '</s>' });

  it('gives the prompt that the model was trained with', () => {
    expect(render([{ role: 'user', content: 'What is 2 + 3?' }])).toBe(`<s>${system} USER: What is 2 + 3? ASSISTANT:`);
    expect(
      render([
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello.' },
        { role: 'user', content: 'Name a colour.' },
      ]),
    ).toBe(`<s>${system} USER: Hi ASSISTANT: Hello.</s>USER: Name a colour. ASSISTANT:`);
    expect(
      render([
        { role: 'system', content: 'Answer with a number.' },
        { role: 'user', content: 'Two and three?' },
      ]),
    ).toBe('<s>Answer with a number. USER: Two and three? ASSISTANT:');
  });

  it('is one line of plain characters, as vLLM takes it', () => {
    expect(vicunaTemplate()).toMatch(/^[ -[\]-~]+$/);
  });
});
