import { describe, expect, it } from 'vitest';
import type { ThinkingChoice } from '../../core/engine.ts';
import { resolveThinking, type ThinkingFacts } from './resolve-thinking.ts';
import { findThinkingSwitch, readTemplateThinking } from './template-switch.ts';

const turns = '{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}';
const plainTemplate = `${turns}[assistant] `;
/** Closes an empty block where thinking is off. */
const toggled = `${turns}[assistant] {% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}`;
/** Opens a block, whatever it is told. */
const opening = `${turns}[assistant] <think>\n`;
const withEffort = `${turns}{% set effort = reasoning_effort if reasoning_effort is defined else 'medium' %}Reasoning: {{ effort }}[assistant]`;
const withWords = `${turns}{% if reasoning_effort is defined and reasoning_effort not in ['none', 'high'] %}{{ raise_exception('bad effort') }}{% endif %}{{ reasoning_effort }}[assistant]`;
const stripping = `{% for m in messages %}{{ m.content.split('</think>')[-1] }}{% endfor %}[assistant]`;

function resolve(choice: ThinkingChoice | undefined, template: string | undefined, facts: Partial<ThinkingFacts> = {}) {
  return resolveThinking(choice, { model: 'm', names: ['m'], promptStyle: 'chat', template, ...facts });
}

describe('findThinkingSwitch', () => {
  it('finds a variable that changes what is rendered', () => {
    expect(findThinkingSwitch(toggled)).toEqual({
      variable: 'enable_thinking',
      on: { enable_thinking: true },
      off: { enable_thinking: false },
    });
    expect(findThinkingSwitch(`${turns}{{ '[on]' if thinking else '' }}`)?.variable).toBe('thinking');
    expect(findThinkingSwitch(withWords)).toMatchObject({ off: { reasoning_effort: 'none' } });
  });

  it('finds none where the variable only stands there, or nothing can be compiled', () => {
    expect(findThinkingSwitch(`${turns}{# enable_thinking #}`)).toBeUndefined();
    expect(findThinkingSwitch(plainTemplate)).toBeUndefined();
    expect(findThinkingSwitch('{% if enable_thinking %}')).toBeUndefined();
    expect(findThinkingSwitch(withEffort)).toBeUndefined();
  });

  it('knows words of effort from those that a template ignores or refuses', () => {
    expect(readTemplateThinking(withEffort).effort?.knows('low')).toBe(true);
    const ignoring = `${turns}{% if reasoning_effort == 'low' %}short{% elif reasoning_effort == 'high' %}long{% endif %}`;
    const { effort } = readTemplateThinking(ignoring);
    expect([effort?.knows('high'), effort?.knows('hgih')]).toEqual([true, false]);
  });

  it('finds a variable for the budget', () => {
    expect(readTemplateThinking(`${turns}{{ thinking_budget }}`).budget).toBe('thinking_budget');
  });
});

describe('resolveThinking', () => {
  it('by default is off where there is a switch', () => {
    const plan = resolve(undefined, toggled);
    expect(plan).toMatchObject({
      thinking: { mode: 'off', because: 'its template has enable_thinking' },
      templateArgs: { enable_thinking: false },
      opened: undefined,
      suffix: '',
    });
  });

  it.each<[why: string, template: string | undefined, names: readonly string[], because: RegExp]>([
    ['its template opens a block', opening, ['m'], /opens a think block/],
    ['its template has words for effort', withEffort, ['m'], /reasoning_effort/],
    ['its template strips thoughts', stripping, ['m'], /mentions <think>/],
    ['its name says so', plainTemplate, ['m', 'Some-7B-Thinking'], /Some-7B-Thinking/],
  ])('by default is on with a budget where %s', (_, template, names, because) => {
    expect(resolve('auto', template, { names }).thinking).toEqual({
      mode: 'on',
      budget: 1024,
      because: expect.stringMatching(because),
    });
  });

  it('by default is none where nothing says that a model thinks, and with plain prompts', () => {
    expect(resolve(undefined, plainTemplate).thinking.mode).toBe('none');
    expect(resolve(undefined, undefined).thinking.mode).toBe('none');
    expect(resolve({ budget: 10 }, opening, { promptStyle: 'plain' })).toMatchObject({
      thinking: { mode: 'none' },
      opened: undefined,
      suffix: '',
    });
  });

  it('tells the block that a template opens', () => {
    expect(resolve({ budget: 64 }, opening)).toMatchObject({
      thinking: { mode: 'on', budget: 64 },
      opened: { open: '<think>' },
      suffix: '',
    });
  });

  it('closes at once a block that a template opens where thinking is off', () => {
    expect(resolve('off', opening)).toMatchObject({
      thinking: { mode: 'off' },
      opened: undefined,
      suffix: '\n</think>\n\n',
    });
  });

  it('refuses to turn off what has no switch, and lets be what does not think', () => {
    expect(() => resolve('off', withEffort)).toThrow("m: thinking can't be turned off");
    expect(() => resolve('off', stripping)).toThrow("m: thinking can't be turned off");
    expect(resolve('off', plainTemplate).thinking.mode).toBe('none');
    expect(resolve('off', withWords).templateArgs).toEqual({ reasoning_effort: 'none' });
  });

  it('turns a switch on, and passes the effort and the budget on', () => {
    expect(resolve('on', toggled)).toMatchObject({
      thinking: { mode: 'on', budget: 1024 },
      templateArgs: { enable_thinking: true },
    });
    expect(resolve({ effort: 'low' }, withEffort)).toMatchObject({
      thinking: { mode: 'on', effort: 'low' },
      templateArgs: { reasoning_effort: 'low' },
    });
    expect(resolve({ budget: 300 }, `${opening}{{ thinking_budget }}`).templateArgs).toEqual({ thinking_budget: 300 });
  });

  it('refuses efforts that a template does not have', () => {
    expect(() => resolve({ effort: 'low' }, toggled)).toThrow('m: its chat template has no variable for the effort');
    expect(() => resolve({ effort: 'extreme' }, withWords)).toThrow("doesn't know the reasoning_effort extreme");
  });

  it('follows template arguments of the user, and refuses those that contradict the setting', () => {
    const templateArgs = { enable_thinking: true, other: 1 };
    expect(resolve(undefined, toggled, { templateArgs })).toMatchObject({
      thinking: { mode: 'on', because: 'templateArgs set enable_thinking' },
      templateArgs,
    });
    expect(() => resolve('off', toggled, { templateArgs })).toThrow(
      'm: thinking is off, but templateArgs set enable_thinking to true',
    );
  });
});
