import { describe, expect, it } from 'vitest';
import type { ThinkingChoice } from './engine.ts';
import { type ModelSetting, parseThinking, settingSuffix, thinkingSentence, thinkingText } from './model-setting.ts';

describe('settingSuffix', () => {
  it.each<[ModelSetting, string]>([
    [{}, ''],
    [{ thinking: 'auto' }, ''],
    [{ thinking: 'off' }, ' (thinking off)'],
    [{ thinking: 'on' }, ' (thinking)'],
    [{ thinking: { budget: 2048 } }, ' (thinking, 2k)'],
    [{ thinking: { budget: 1500, effort: 'low' } }, ' (thinking, 1,500, low)'],
    [{ thinking: { effort: 'low' } }, ' (thinking, low)'],
    [{ structuredOutput: true, templateArgs: { a: 'x', b: false } }, ' (a=x, b=false, structured output)'],
  ])('of %j is %j', (setting, suffix) => {
    expect(settingSuffix(setting)).toBe(suffix);
  });
});

describe('parseThinking', () => {
  it.each<[string, ThinkingChoice]>([
    ['auto', 'auto'],
    ['off', 'off'],
    ['on', 'on'],
    ['2048', { budget: 2048 }],
    ['2k', { budget: 2048 }],
    ['low', { effort: 'low' }],
    ['budget=2048,effort=low', { budget: 2048, effort: 'low' }],
    ['512,high', { budget: 512, effort: 'high' }],
  ])('reads %s', (text, choice) => {
    expect(parseThinking(text)).toEqual(choice);
  });

  it.each(['', '0', '-1', '1.5', 'budget=', 'budget=many', 'low,high', '1,2', 'a b', 'tokens=5'])(
    'refuses %j',
    (text) => {
      expect(parseThinking(text)).toBeUndefined();
    },
  );
});

describe('thinkingSentence', () => {
  it('says what is done and why', () => {
    const because = 'its template opens a think block (<think>)';
    expect(thinkingSentence({ name: 'm' }, { mode: 'on', budget: 1024, because })).toBe(
      'm: thinks, closed by force after 1,024 tokens (its template opens a think block (<think>))',
    );
    expect(thinkingSentence({ name: 'm' }, { mode: 'on', budget: 10, canForce: false, because: 'b' })).toBe(
      'm: thinks, cut after 10 tokens (b)',
    );
    expect(thinkingSentence({ name: 'm' }, { mode: 'on', effort: 'low', because: 'b' })).toBe(
      'm: thinks with the effort low (b)',
    );
    expect(thinkingSentence({ name: 'm' }, { mode: 'off', because: 'b' })).toBe('m: thinking is off (b)');
  });

  it('says nothing where nothing was asked and nothing is done', () => {
    const none = { mode: 'none', because: 'its prompts are plain' } as const;
    expect(thinkingSentence({ name: 'm' }, none)).toBeUndefined();
    expect(thinkingSentence({ name: 'm', thinking: 'on' }, none)).toBe(
      'm: thinking is left as it is (its prompts are plain)',
    );
  });
});

it('thinkingText is short', () => {
  expect(thinkingText({ mode: 'on', budget: 2048, effort: 'low', because: '' })).toBe('on, 2,048 tokens, low');
  expect(thinkingText({ mode: 'off', because: '' })).toBe('off');
});
