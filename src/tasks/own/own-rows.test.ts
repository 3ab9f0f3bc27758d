import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../core/errors.ts';
import type { TaskDefinition } from '../../core/task-definition.ts';
import { type Row, rowProblem, ticket, ticketTask } from '../../../test/setup/own-ticket-task.ts';

describe('rows', () => {
  it.each<[string, Partial<TaskDefinition>, unknown, string, RegExp]>([
    ['no input', {}, { label: 'bug' }, 'text', /text or chat messages/u],
    ['an empty input', {}, { text: ' ', label: 'bug' }, 'text', /text or chat messages/u],
    ['no target', {}, { text: 'x' }, 'label', /^filled in$/u],
    ['another label', {}, { text: 'x', label: 'bugs' }, 'label', /^one of billing, bug, feature request$/u],
    ['no row', {}, 'x', 'row', /an object/u],
    ['no id', { id: 'nr' }, { ...ticket, nr: '' }, 'nr', /ids/u],
    ['no cluster', { cluster: 'by' }, { ...ticket, by: null }, 'by', /clusters/u],
    ['no number', { answer: 'number', labels: undefined }, { text: 'x', label: 'many' }, 'label', /^a number/u],
    ['a date', { answer: 'number', labels: undefined }, { text: 'x', label: '2024-01-01' }, 'label', /^a number and/u],
    [
      'a point for a comma',
      { answer: 'number', labels: undefined, decimal: ',' },
      { text: 'x', label: '0.5' },
      'label',
      /^a number with a decimal comma/u,
    ],
    ['no JSON', { answer: 'json', labels: undefined }, { text: 'x', label: 'total 3' }, 'label', /^JSON/u],
    ['no text', { answer: 'text', labels: undefined }, { text: 'x', label: [] }, 'label', /set `unanswerable`/u],
    [
      'no choices',
      { answer: 'choice', labels: undefined, choices: 'c' },
      { text: 'x', label: 'A' },
      'c',
      /2 to 26 choices/u,
    ],
    [
      'a gap',
      { answer: 'choice', labels: undefined, choices: ['a', 'b', 'c'] },
      { text: 'x', a: '1', c: '3', label: 'A' },
      'b',
      /a later one is there/u,
    ],
    [
      'no choice',
      { answer: 'choice', labels: undefined, choices: 'c' },
      { text: 'x', c: ['p', 'q'], label: 'r' },
      'label',
      /of the 2 choices/u,
    ],
    ['a column less', { prompt: '{{ text }}{{ plan }}' }, ticket, 'plan', /there, since the prompt names it/u],
    [
      'a part of a text',
      { prompt: '{{ text }}{{ meta.a }}' },
      { ...ticket, meta: 'x' },
      'meta',
      /an object, not a text/u,
    ],
    [
      'an empty prompt',
      { prompt: '{% if meta %}{{ text }}{% endif %}' },
      { ...ticket, meta: '' },
      'text',
      /nothing but white space/u,
    ],
    ['a part less', { prompt: '{{ text }}{{ meta.a }}' }, { ...ticket, meta: { b: 1 } }, 'meta', /an object with `a`/u],
  ])('with %s are refused at their column', (name, change, values, column, expected) => {
    const parts = name === 'a column less' ? { columns: ['text', 'label', 'plan'] } : {};
    const [at, problem] = rowProblem(change, values, parts);
    expect(at).toBe(column);
    expect(problem).toMatch(expected);
  });

  it('of JSON keep integers that numbers would round', () => {
    const task = ticketTask({ answer: 'json', labels: undefined });
    const row = task.parse({ text: 'x', label: '{"nr": 9007199254740993}' }, 0);
    expect(task.expected(row)).toBe('{"nr":"9007199254740993"}');
  });

  it('may spell labels in other ways', () => {
    const task = ticketTask();
    expect(task.expected(task.parse({ text: 'x', label: ' Feature  Request.\r' }, 0))).toBe('feature request');
  });

  it('have the id of their column, or a hash of what they say', () => {
    const [task, named] = [ticketTask(), ticketTask({ id: 'nr' })];
    const idOf = (values: Row): string => task.itemId(task.parse(values, 0));
    expect(idOf(ticket)).toMatch(/^[0-9a-f]{16}$/u);
    expect(idOf(ticket)).toBe(idOf({ ...ticket }));
    expect(idOf(ticket)).not.toBe(idOf({ ...ticket, text: 'It hangs.' }));
    expect(named.itemId(named.parse({ ...ticket, nr: 17 }, 0))).toBe('17');
  });

  it('share a cluster where its column says the same', () => {
    const task = ticketTask({ cluster: 'customer' });
    const clusterOf = (customer: string) => task.cluster?.(task.parse({ ...ticket, customer }, 0));
    expect(clusterOf('a')).toBe(clusterOf('a'));
    expect(clusterOf('a')).not.toBe(clusterOf('b'));
  });

  it.each([
    ['letters', 'B', ['red', 'blue'], 'B'],
    ['small letters', 'b', ['red', 'blue'], 'B'],
    ['texts', 'Blue ', ['red', 'blue'], 'B'],
    ['positions from 0', '1', ['red', 'blue'], 'B'],
    ['numbers', 1, ['1', '0'], 'B'],
    ['texts that are digits', '1', ['1', '0'], 'A'],
    ['JSON lists', 'blue', '["red", "blue"]', 'B'],
    [
      'names',
      '2',
      [
        { label: '1', text: 'red' },
        { label: '2', text: 'blue' },
      ],
      'B',
    ],
    ['several', ['blue', 'A'], ['red', 'blue'], 'B'],
  ])('mean a choice by %s', (_, target, options, letter) => {
    const task = ticketTask({ answer: 'choice', labels: undefined, choices: 'options' });
    expect(task.expected(task.parse({ text: 'x', label: target, options }, 0))).toBe(letter);
  });

  it('mean a choice by the names beside the texts', () => {
    const task = ticketTask({ answer: 'choice', labels: undefined, choices: 'c.text' });
    const values = { text: 'x', label: '2', c: { text: ['p', 'q', 'r'], label: ['1', '2', '3'] } };
    expect(task.expected(task.parse(values, 0))).toBe('B');
  });

  it('that count choices from 1 are seen, not read wrongly', () => {
    const change = { answer: 'choice', labels: undefined, choices: 'options' } as const;
    const values = { text: 'x', label: 2, options: ['red', 'blue'] };
    expect(() => ticketTask(change).parse(values, 0)).toThrow(ConfigError);
    expect(() => ticketTask(change).parse(values, 0)).toThrow('`target`: `label` is 2 where there are 2 choices');
    const task = ticketTask({ ...change, firstChoice: 1 });
    expect(task.expected(task.parse(values, 0))).toBe('B');
    expect(rowProblem({ ...change, firstChoice: 1 }, { ...values, label: 0 })[1]).toContain('the number (from 1)');
  });
});
