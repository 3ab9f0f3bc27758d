import { describe, expect, it } from 'vitest';
import { generateAll, plainRequest } from '../../../test/conformance/engine-requests.ts';
import { modelSpec } from '../../../test/setup/model-spec.ts';
import type { ThinkingChoice } from '../../core/engine.ts';
import { mockOptionsSchema } from './mock-answers.ts';
import { createMockModel } from './mock-engine.ts';
import type { MockThoughts } from './mock-thoughts.ts';

function open(thoughts: Partial<MockThoughts>, thinking?: ThinkingChoice) {
  const options = mockOptionsSchema.parse({ answers: ['Positive'], thoughts });
  return createMockModel(
    modelSpec({ name: 'm', engine: 'mock', ...(thinking !== undefined && { thinking }) }),
    options,
  );
}

async function ask(thoughts: Partial<MockThoughts>, thinking?: ThinkingChoice, maxThinkingTokens?: number) {
  await using model = open(thoughts, thinking);
  const results = await generateAll(model, [plainRequest('a', 'Q', { maxTokens: 3, maxThinkingTokens })]);
  return results.get('a');
}

const shapes = ['tags', 'opened', 'brackets', 'channels', 'apart'] as const;

describe.each(shapes)('thoughts as %s', (shape) => {
  it('stand before the answer, apart', async () => {
    expect(await ask({ shape, tokens: 3 })).toMatchObject({
      text: expect.stringMatching(/^Positive/),
      thoughts: expect.stringContaining('Hm, the answer'),
      thinkingTokens: 3,
    });
  });

  it('are closed at the budget', async () => {
    for (const asked of [
      { shape, tokens: 500 },
      { shape, closes: false },
    ]) {
      expect(await ask(asked, { budget: 5 })).toMatchObject({
        text: expect.stringMatching(/^Positive/),
        thinkingTokens: 5,
      });
    }
    expect(await ask({ shape }, { budget: 5 }, 2)).toMatchObject({ thinkingTokens: 2 });
  });

  it('leave no answer where nothing closes them', async () => {
    expect(await ask({ shape, closes: false, canForce: false }, { budget: 5 })).toMatchObject({
      text: '',
      finishReason: 'budget_cut',
      thinkingTokens: 8,
      outputTokens: 8,
    });
  });

  it('are off by default where there is a switch', async () => {
    const result = await ask({ shape, hasSwitch: true });
    expect(result?.text).toMatch(/^Positive/);
    expect(result?.thinkingTokens).toBeUndefined();
    expect((await ask({ shape, hasSwitch: true }, 'on'))?.thinkingTokens).toBe(12);
  });
});

it('says what became of the setting', async () => {
  await using model = open({ shape: 'opened' });
  expect(model.info.thinking).toMatchObject({ mode: 'on', budget: 1024 });
  expect(() => open({ shape: 'tags' }, 'off')).toThrow("m: thinking can't be turned off");
});
