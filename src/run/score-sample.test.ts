import { describe, expect, it } from 'vitest';
import type { GenerateRequest, GenerationResult } from '../core/engine.ts';
import { defineTask, type GenerateTask } from '../core/task.ts';
import { generationSample, rescoreSample } from './score-sample.ts';

/** Right where nothing is said. */
const abstaining = defineTask<{ readonly id: string }>({
  kind: 'generate',
  id: 'toy/silence@1',
  title: 'Silence',
  dataset: { name: 'gsm8k', split: 'test' },
  items: 1,
  shots: 0,
  metric: 'acc',
  chance: 0,
  category: 'generation',
  parse: () => ({ id: 'a' }),
  itemId: ({ id }) => id,
  expected: () => '',
  question: () => ({
    prompt: { plain: '', chat: [] },
    maxTokens: { plain: 1, chat: 1 },
    stop: { plain: [], chat: [] },
  }),
  score: (_, { text }) => ({ value: text === '' ? 1 : 0, answer: text, isUnparsed: false, metrics: { said: 1 } }),
}) as GenerateTask;

const request: GenerateRequest = { id: '0', prompt: { style: 'plain', text: 'Q' }, maxTokens: 4, stop: [] };

function sampleOf(changes: Partial<GenerationResult>) {
  const result: GenerationResult = {
    id: '0',
    status: 'done',
    text: '',
    finishReason: 'stop',
    promptTokens: 1,
    reusedTokens: 0,
    outputTokens: 9,
    tokenLogprobs: undefined,
    promptHead: [],
    promptSha256: '',
    retries: 0,
    times: { scheduledMs: 0, startedMs: 0, lastTokenMs: 1 },
    ...changes,
  };
  return generationSample(abstaining, { id: 'a' }, 0, request, result);
}

describe('generationSample', () => {
  it('leaves an empty answer to the scorer where the model did not think', () => {
    expect(sampleOf({})).toMatchObject({ score: 1, isUnparsed: false });
  });

  it.each<[string, Partial<GenerationResult>, object]>([
    [
      'a budget that ended',
      { finishReason: 'budget_cut', thoughts: 'Hm', thinkingTokens: 9 },
      { cut: 'budget_cut', isUnparsed: false },
    ],
    [
      'a filter',
      { finishReason: 'content_filter', text: 'I' },
      { cut: 'content_filter', isUnparsed: false, output: 'I' },
    ],
    [
      'nothing behind thoughts',
      { thoughts: 'Hm', thinkingTokens: 8, text: ' \n' },
      { cut: undefined, isUnparsed: true },
    ],
    ['nothing behind an empty block', { thinkingTokens: 2 }, { cut: undefined, isUnparsed: true }],
    ['a filter, with nothing', { finishReason: 'content_filter', text: '' }, { cut: 'content_filter' }],
    ['nothing up to the limit', { finishReason: 'length', text: '' }, { cut: undefined, isTruncated: true }],
    ['white space up to the limit', { finishReason: 'length', text: ' \n\n' }, { isUnparsed: true, isTruncated: true }],
  ])('reads no answer out of %s, now and when it is scored again', (_, changes, expected) => {
    const sample = sampleOf(changes);
    expect(sample).toMatchObject({ score: 0, metrics: {}, isTruncated: false, ...expected });
    expect(sample.answer).toBeUndefined();
    expect(rescoreSample(abstaining, { id: 'a' }, sample)).toMatchObject({ value: 0, answer: undefined, metrics: {} });
  });

  it('keeps thoughts and their tokens', () => {
    expect(sampleOf({ text: '4', thoughts: 'Hm', thinkingTokens: 3 })).toMatchObject({
      output: '4',
      thoughts: 'Hm',
      thinkingTokens: 3,
      outputTokens: 9,
    });
  });
});
