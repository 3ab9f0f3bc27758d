import { describe, expect, it } from 'vitest';
import type { ResolvedTask } from '../../core/task-definition.ts';
import type { GenerateTask, LikelihoodTask } from '../../core/task.ts';
import { resolveTickets, ticket, tickets, ticketTask } from '../../../test/setup/own-ticket-task.ts';
import { ownChance, ownTaskId } from './own-task.ts';

describe('a task of the own', () => {
  it('has the facts of its definition', () => {
    const task = ticketTask({ title: 'Tickets' }, { baselines: { words: 0.7 } });
    expect(task).toMatchObject({
      title: 'Tickets',
      items: 3,
      shots: 0,
      metric: 'acc',
      chance: 1 / 3,
      category: 'classification',
      labels: tickets.labels,
      baselines: { words: 0.7 },
    });
    expect(task.own?.name).toBe('tickets');
    expect(ticketTask({ metric: 'macro_f1' }).metric).toBe('macro_f1');
    expect(ticketTask({ answer: 'text', labels: undefined, score: 'f1' })).toMatchObject({
      metric: 'f1',
      chance: 0,
      category: 'generation',
    });
  });

  it('guesses as well as its choices let it', () => {
    const definition = resolveTickets({ answer: 'choice', labels: undefined, choices: 'options' });
    const rows = [
      { values: { text: 'x', label: 'A', options: ['1', '2'] } },
      { values: { text: 'x', label: 'A', options: ['1', '2', '3', '4'] } },
    ];
    expect(ownChance(definition, rows)).toBeCloseTo(0.375, 12);
    expect(ownChance(resolveTickets({ answer: 'choice', labels: undefined, choices: ['a', 'b', 'c', 'd'] }))).toBe(
      0.25,
    );
    expect(ownChance(resolveTickets({ answer: 'number', labels: undefined }), [])).toBe(0);
  });

  it('picks the first examples, or as many of each label', () => {
    const pool = ['billing', 'billing', 'bug', 'feature request', 'bug'].map((label, index) => ({
      text: `${index}`,
      label,
    }));
    const labelsOf = (pick: 'first' | 'balanced', count: number): readonly string[] => {
      const task = ticketTask({ examples: { count, pick, from: 'train.csv' } });
      const records = pool.map((each, position) => task.parse(each, position));
      return (task.pickExamples?.(0, records) ?? []).map((each) => task.expected(each));
    };
    expect(labelsOf('first', 3)).toEqual(['billing', 'billing', 'bug']);
    expect(labelsOf('balanced', 4)).toEqual(['billing', 'bug', 'feature request', 'billing']);
    expect(() => labelsOf('first', 6)).toThrow('6 few-shot examples needed, but the pool has 5 rows');
  });

  it('takes another number of examples under another id', () => {
    const task = ticketTask();
    const two = task.withShots?.(2);
    expect(two).toMatchObject({ shots: 2, shotsByStyle: { plain: 2, chat: 2 } });
    expect(two?.id).not.toBe(task.id);
    expect(two?.withShots?.(0).id).toBe(task.id);
  });

  it('scores labels by likelihood, after the plain prompt alone', () => {
    const task = ticketTask({
      by: 'likelihood',
      prompt: '{{ text }} Label:\n',
      examples: { count: 1 },
    }) as LikelihoodTask;
    const [item, example] = [ticket, { text: 'Too dear.', label: 'billing' }].map((each) => task.parse(each, 0));
    expect(task.question(item, [example])).toEqual({
      context: 'Too dear. Label: billing\n\nIt crashes. Label:',
      continuations: [' billing', ' bug', ' feature request'],
    });
    const continuations = [-5, -1, -3].map((logprob) => ({
      logprob,
      tokenIds: [1],
      tokenLogprobs: [logprob],
      isGreedy: false,
    }));
    expect(task.score(item, { continuations })).toMatchObject({
      value: 1,
      answer: 'bug',
      isUnparsed: false,
      detail: { gold: 'bug', predicted: 'bug' },
    });
    const several = task.parse({ text: 'x', label: '["billing", "bug"]' }, 0);
    expect(task.score(several, { continuations })).toMatchObject({ value: 1, detail: { gold: 'bug' } });
  });

  it('sums up the labels one by one, and answers that are missing apart', () => {
    const task = ticketTask() as GenerateTask;
    const scores = ['bug', 'billing', 'bug'].map((text, index) =>
      task.score(task.parse({ text: 'x', label: index === 2 ? 'billing' : 'bug' }, 0), { text, finishReason: 'stop' }),
    );
    expect(task.summarise?.(scores)).toEqual({ acc_bug: 0.5, acc_billing: 0 });
    const spans = ticketTask({ answer: 'text', labels: undefined, unanswerable: 'none' }) as GenerateTask;
    const judged = [
      ['', 'none'],
      ['Ann', 'none'],
      ['Ann', 'Ann'],
    ].map(([label, text = '']) => spans.score(spans.parse({ text: 'x', label }, 0), { text, finishReason: 'stop' }));
    expect(spans.summarise?.(judged)).toEqual({ has_answer: 0.5, no_answer: 1 });
  });
});

describe('ownTaskId', () => {
  const base = resolveTickets({ examples: { count: 2, from: 'train.csv' }, title: 'T' });
  const id = ownTaskId(base);

  // A reader that reads another number is another task: raise its protocol, and mend these.
  it.each<[string, Partial<ResolvedTask>, string]>([
    ['labels', {}, '1d6bef54'],
    ['texts', { answer: 'text', labels: undefined, score: { kind: 'exact' } }, '309eb288'],
    ['answers of a module', { score: { kind: 'module', path: '/s.ts', sha256: 'aa' } }, 'd87fa640'],
    ['likelihoods', { by: 'likelihood' }, 'c864255c'],
  ])('holds how %s are read', (_, change, expected) => {
    expect(ownTaskId({ ...base, ...change })).toBe(`tickets/own@${expected}`);
  });

  it('is the name and eight digits', () => {
    expect(id).toMatch(/^tickets\/own@[0-9a-f]{8}$/u);
  });

  it.each<[string, Partial<ResolvedTask>]>([
    ['prompt', { prompt: { ...base.prompt, chat: 'Other' } }],
    ['labels', { labels: ['billing', 'bug'] }],
    ['labels in another order', { labels: ['bug', 'billing', 'feature request'] }],
    ['token limit', { maxTokens: { plain: 1, chat: 1 } }],
    ['score', { score: { kind: 'exact' } }],
    ['examples', { examples: undefined }],
    ['examples from the data itself', { examples: { from: undefined, count: { plain: 2, chat: 2 }, pick: 'first' } }],
    ['input', { input: 'body' }],
    ['split', { data: { path: '/x', split: 'test' } }],
    ['score by a module', { score: { kind: 'module', path: '/s.ts', sha256: 'aa' } }],
  ])('is another with another %s', (_, change) => {
    expect(ownTaskId({ ...base, ...change })).not.toBe(id);
  });

  it.each<[string, Partial<ResolvedTask>]>([
    ['title', { title: 'Other' }],
    ['place of the data', { data: { path: '/moved/tickets.csv' } }],
    [
      'place of the examples',
      { examples: { from: { path: '/m/t.csv' }, count: { plain: 2, chat: 2 }, pick: 'first' } },
    ],
    ['need', { need: { accuracy: 0.9 } }],
    ['empty settings', { firstChoice: undefined }],
  ])('is the same with another %s', (_, change) => {
    expect(ownTaskId({ ...base, ...change })).toBe(id);
  });

  it('is the same with another module, which runs store a hash of', () => {
    const of = (path: string, sha256: string) => ownTaskId({ ...base, score: { kind: 'module', path, sha256 } });
    expect(of('/a.ts', 'aa')).toBe(of('/b.ts', 'aa'));
    expect(of('/a.ts', 'aa')).toBe(of('/a.ts', 'bb'));
  });
});
