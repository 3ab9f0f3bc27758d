import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ConfigError } from '../../core/errors.ts';
import type { OwnRecord, ResolvedTask, TaskDefinition } from '../../core/task-definition.ts';
import type { GenerateTask, LikelihoodTask, Task } from '../../core/task.ts';
import { resolveWritten } from '../../../test/setup/own-task-files.ts';
import { ownChance, ownTask, ownTaskId, type OwnTaskParts } from './own-task.ts';

type Row = Readonly<Record<string, unknown>>;

const tickets: TaskDefinition = {
  task: 'tickets',
  data: 'tickets.csv',
  input: 'text',
  target: 'label',
  answer: 'label',
  labels: ['billing', 'bug', 'feature request'],
};
const row: Row = { text: 'It crashes.', label: 'bug' };

function resolve(change: Partial<TaskDefinition> = {}): ResolvedTask {
  return resolveWritten({ ...tickets, ...change });
}

function taskOf(change: Partial<TaskDefinition> = {}, parts: Partial<OwnTaskParts> = {}): Task {
  return ownTask(resolve(change), { items: 3, ...parts });
}

function ask(change: Partial<TaskDefinition>, values: Row, examples: readonly Row[] = []) {
  const task = taskOf(change) as GenerateTask;
  const parse = (each: Row, position: number): OwnRecord => task.parse(each, position) as OwnRecord;
  return task.question(parse(values, 0), examples.map(parse));
}

/** Column and expectation of the error that a row gives. */
function rowProblem(change: Partial<TaskDefinition>, values: unknown): readonly [string, string] {
  try {
    taskOf(change).parse(values, 0);
  } catch (error) {
    if (error instanceof z.ZodError) return [String(error.issues[0]?.path.join('.')), String(error.issues[0]?.message)];
    throw error;
  }
  throw new Error('the row was taken');
}

describe('prompts of a task', () => {
  it('are the defaults of its answers, with labels named', () => {
    const { prompt, maxTokens, stop } = ask({}, row);
    expect(prompt).toEqual({
      plain: 'It crashes.\nCategory (billing, bug, feature request):',
      chat: [
        {
          role: 'user',
          content: 'It crashes.\n\nWhich category fits: billing, bug, feature request? Answer with the category alone.',
        },
      ],
    });
    expect(maxTokens).toEqual({ plain: 10, chat: 20 });
    expect(stop).toEqual({ plain: ['\n'], chat: [] });
  });

  it('show choices with letters', () => {
    const { prompt } = ask(
      { answer: 'choice', labels: undefined, choices: ['a', 'b', 'c'] },
      { text: 'Which?', a: 'red', b: 'blue', c: '', label: 'B' },
    );
    expect(prompt.plain).toBe('Question: Which?\nA. red\nB. blue\nAnswer:');
    expect(prompt.chat[0]?.content).toBe(
      'Question: Which?\nA. red\nB. blue\n\nAnswer with the letter of the right choice alone.',
    );
  });

  it('show a schema, and hold answers to it', () => {
    const schema = { type: 'object', properties: { total: { type: 'number' } } };
    const { prompt, jsonSchema } = ask(
      { answer: 'json', labels: undefined, score: { json: { schema } } },
      { text: 'Sum: 3', label: '{"total": 3}' },
    );
    expect(prompt.plain).toBe(`Sum: 3\nJSON that matches the schema ${JSON.stringify(schema)}:`);
    expect(jsonSchema).toEqual(schema);
  });

  it('say what to write where there is no answer', () => {
    const { prompt } = ask(
      { answer: 'text', labels: undefined, unanswerable: 'nothing "here"' },
      { text: 'Who?', label: '' },
    );
    expect(prompt.plain).toBe('Who?\n(If there is no answer, write "nothing \\"here\\"".)\nAnswer:');
  });

  it('may name every column, by any name, the labels, and the input', () => {
    const prompt =
      '{{ row["Kunden-Text"] }}|{{ plan }}|{{ input }}|{{ labels | join("/") }}|{{ n }}|{{ when }}|{{ meta.a }}';
    const values = {
      'Kunden-Text': 'Hallo',
      plan: 'pro',
      n: 3n,
      when: new Date(Date.UTC(2026, 0, 2)),
      meta: { a: [1] },
      label: 'bug',
    };
    expect(ask({ input: 'Kunden-Text', prompt }, values).prompt.plain).toBe(
      'Hallo|pro|Hallo|billing/bug/feature request|3|2026-01-02T00:00:00.000Z|[1]',
    );
  });

  it('mean a column `input` by that name, and the labels of the task by `labels`', () => {
    const values = { instruction: 'Sort.', input: 'It crashes.', labels: 'bug' };
    const { prompt } = ask(
      { input: 'instruction', target: 'labels', prompt: '{{ instruction }} {{ input }} {{ labels | join("/") }}' },
      values,
    );
    expect(prompt.plain).toBe('Sort. It crashes. billing/bug/feature request');
  });

  it('have the system message in front, also where the model only completes text', () => {
    const { prompt } = ask({ system: 'You sort into {{ labels | length }}.\n', prompt: '{{ text }}' }, row);
    expect(prompt).toEqual({
      plain: 'You sort into 3.\n\nIt crashes.',
      chat: [
        { role: 'system', content: 'You sort into 3.' },
        { role: 'user', content: 'It crashes.' },
      ],
    });
  });

  it('show as many examples as each style has', () => {
    const examples = [
      { text: 'Too dear.', label: 'billing' },
      { text: 'Add dark mode.', label: 'feature request' },
    ];
    const { prompt } = ask(
      { prompt: '{{ text }}:', examples: { count: { plain: 2, chat: 1 } }, system: 'S' },
      row,
      examples,
    );
    expect(prompt.plain).toBe('S\n\nToo dear.: billing\n\nAdd dark mode.: feature request\n\nIt crashes.:');
    expect(prompt.chat.map(({ role, content }) => [role, content])).toEqual([
      ['system', 'S'],
      ['user', 'Too dear.:'],
      ['assistant', 'billing'],
      ['user', 'It crashes.:'],
    ]);
  });
});

describe('a chat as input', () => {
  const messages = [
    { role: 'system', content: 'Be kind.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Hello, ' },
        { type: 'text', text: 'you' },
      ],
    },
    { role: 'assistant', content: 'Hi.' },
    { role: 'user', content: 'It crashes.' },
  ];
  const prompt = { plain: '{{ input }}\nLabel:', chat: '{{ input }} Which of {{ labels | join(", ") }}?' };

  it.each([
    ['a list', messages],
    ['JSON text of one', JSON.stringify(messages)],
  ])('%s is sent as that chat, the prompt around its last message', (_, text) => {
    const asked = ask({ prompt, system: 'Unused.' }, { text, label: 'bug' });
    expect(asked.prompt.chat).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hello, you' },
      { role: 'assistant', content: 'Hi.' },
      { role: 'user', content: 'It crashes. Which of billing, bug, feature request?' },
    ]);
    expect(asked.prompt.plain).toBe('System: Be kind.\nUser: Hello, you\nAssistant: Hi.\nUser: It crashes.\nLabel:');
  });

  it('gets the system message of the task where it has none, and examples behind it', () => {
    const asked = ask({ prompt, system: 'Sort.', examples: { count: 1 } }, { text: messages.slice(1), label: 'bug' }, [
      { text: [messages[0], { role: 'user', content: 'Too dear.' }], label: 'billing' },
    ]);
    expect(asked.prompt.chat.slice(0, 4).map(({ role, content }) => [role, content])).toEqual([
      ['system', 'Sort.'],
      ['user', 'Too dear. Which of billing, bug, feature request?'],
      ['assistant', 'billing'],
      ['user', 'Hello, you'],
    ]);
  });

  it('is one message where the prompt takes the transcript, whoever spoke last', () => {
    const asked = ask(
      { prompt: { plain: '{{ input }}', chat: 'What is this about?\n{{ transcript }}' } },
      { text: messages.slice(1, 3), label: 'bug' },
    );
    expect(asked.prompt.chat).toEqual([
      { role: 'user', content: 'What is this about?\nUser: Hello, you\nAssistant: Hi.' },
    ]);
  });

  it.each([
    ['an image', [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }], 'a part of type "image_url"'],
    ['a tool', [{ role: 'tool', content: 'x' }], 'the role "tool"'],
    ['nothing said', [{ role: 'user' }], 'each with a `content`'],
    ['an assistant that spoke last', [{ role: 'assistant', content: 'x' }], 'end with one of the user'],
  ])('with %s is refused', (_, text, expected) => {
    const [column, problem] = rowProblem({}, { text, label: 'bug' });
    expect(column).toBe('text');
    expect(problem).toContain(expected);
  });

  it.each(['[not JSON', '[1, 2]', '{"role": "user"}', '[]'])('is not what %s is', (text) => {
    expect(ask({ prompt: '{{ text }}' }, { text, label: 'bug' }).prompt.plain).toBe(text);
  });
});

describe('rows', () => {
  it.each<[string, Partial<TaskDefinition>, unknown, string, RegExp]>([
    ['no input', {}, { label: 'bug' }, 'text', /text or chat messages/u],
    ['an empty input', {}, { text: ' ', label: 'bug' }, 'text', /text or chat messages/u],
    ['no target', {}, { text: 'x' }, 'label', /^filled in$/u],
    ['another label', {}, { text: 'x', label: 'bugs' }, 'label', /^one of billing, bug, feature request$/u],
    ['no row', {}, 'x', 'row', /an object/u],
    ['no id', { id: 'nr' }, { ...row, nr: '' }, 'nr', /ids/u],
    ['no cluster', { cluster: 'by' }, { ...row, by: null }, 'by', /clusters/u],
    ['no number', { answer: 'number', labels: undefined }, { text: 'x', label: 'many' }, 'label', /^a number/u],
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
    ['a column less', { prompt: '{{ text }}{{ plan }}' }, row, 'plan', /there, since the prompt names it/u],
    ['a part less', { prompt: '{{ text }}{{ meta.a }}' }, { ...row, meta: { b: 1 } }, 'meta', /an object with `a`/u],
  ])('with %s are refused at their column', (name, change, values, column, expected) => {
    const parts = name === 'a column less' ? { columns: ['text', 'label', 'plan'] } : {};
    const parse = () => taskOf(change, parts).parse(values, 0);
    expect(parse).toThrow(z.ZodError);
    try {
      parse();
    } catch (error) {
      const [issue] = (error as z.ZodError).issues;
      expect(issue?.path).toEqual([column]);
      expect(issue?.message).toMatch(expected);
    }
  });

  it('may spell labels in other ways', () => {
    const task = taskOf();
    expect(task.expected(task.parse({ text: 'x', label: ' Feature  Request.\r' }, 0))).toBe('feature request');
  });

  it('have the id of their column, or a hash of what they say', () => {
    const [task, named] = [taskOf(), taskOf({ id: 'nr' })];
    const idOf = (values: Row): string => task.itemId(task.parse(values, 0));
    expect(idOf(row)).toMatch(/^[0-9a-f]{16}$/u);
    expect(idOf(row)).toBe(idOf({ ...row }));
    expect(idOf(row)).not.toBe(idOf({ ...row, text: 'It hangs.' }));
    expect(named.itemId(named.parse({ ...row, nr: 17 }, 0))).toBe('17');
  });

  it('share a cluster where its column says the same', () => {
    const task = taskOf({ cluster: 'customer' });
    const clusterOf = (customer: string) => task.cluster?.(task.parse({ ...row, customer }, 0));
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
    const task = taskOf({ answer: 'choice', labels: undefined, choices: 'options' });
    expect(task.expected(task.parse({ text: 'x', label: target, options }, 0))).toBe(letter);
  });

  it('mean a choice by the names beside the texts', () => {
    const task = taskOf({ answer: 'choice', labels: undefined, choices: 'c.text' });
    const values = { text: 'x', label: '2', c: { text: ['p', 'q', 'r'], label: ['1', '2', '3'] } };
    expect(task.expected(task.parse(values, 0))).toBe('B');
  });

  it('that count choices from 1 are seen, not read wrongly', () => {
    const change = { answer: 'choice', labels: undefined, choices: 'options' } as const;
    const values = { text: 'x', label: 2, options: ['red', 'blue'] };
    expect(() => taskOf(change).parse(values, 0)).toThrow(ConfigError);
    expect(() => taskOf(change).parse(values, 0)).toThrow('`target`: `label` is 2 where there are 2 choices');
    const task = taskOf({ ...change, firstChoice: 1 });
    expect(task.expected(task.parse(values, 0))).toBe('B');
    expect(rowProblem({ ...change, firstChoice: 1 }, { ...values, label: 0 })[1]).toContain('the number (from 1)');
  });
});

describe('prompts that can not be', () => {
  it.each<[string, Partial<TaskDefinition>, RegExp]>([
    [
      'an unknown name',
      { prompt: '{{ txt }}' },
      /^tickets: `prompt.plain`: there is no `txt`; columns: text, label; also: row, labels, input, transcript$/u,
    ],
    ['an unknown column', { prompt: '{{ row["Text"] }}' }, /there is no `row\["Text"\]`; columns: text, label$/u],
    ['the right answer', { prompt: '{{ text }} {{ label }}' }, /it shows `label`, the column with the right answer/u],
    ['the whole row', { prompt: '{{ row | tojson }}' }, /it shows `label`/u],
    ['no template', { prompt: { plain: 'x', chat: '{{ text' } }, /`prompt.chat`: line 1, column 1/u],
    ['a system message with it', { system: '{{ nobody }}' }, /`system`: there is no `nobody`/u],
    [
      'a pattern that is none',
      { answer: 'text', labels: undefined, score: { regex: '(' } },
      /`score.regex`: Invalid regular expression/u,
    ],
  ])('%s', (_, change, message) => {
    const make = () => taskOf(change, { columns: ['text', 'label'] });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });

  it('are seen at the first row where columns are not known before', () => {
    const task = taskOf({ prompt: '{{ txt }}' });
    expect(() => task.parse(row, 0)).toThrow('there is no `txt`');
    expect(() => taskOf({ prompt: '{{ text | nofilter }}' }).parse(row, 0)).toThrow("can't be rendered for row");
  });

  it('name the nearest column', () => {
    try {
      taskOf({ prompt: '{{ txt }}' }, { columns: ['text', 'label'], file: 'a.task.yaml' });
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ hint: 'Did you mean "text"?', at: { file: 'a.task.yaml', key: 'prompt.plain' } });
    }
  });

  it('may leave out what they give a default', () => {
    expect(ask({ prompt: '{{ text }}{{ plan | default("-") }}' }, row).prompt.plain).toBe('It crashes.-');
  });
});

describe('a task of the own', () => {
  it('has the facts of its definition', () => {
    const task = taskOf({ title: 'Tickets' }, { baselines: { words: 0.7 } });
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
    expect(taskOf({ metric: 'macro_f1' }).metric).toBe('macro_f1');
    expect(taskOf({ answer: 'text', labels: undefined, score: 'f1' })).toMatchObject({
      metric: 'f1',
      chance: 0,
      category: 'generation',
    });
  });

  it('guesses as well as its choices let it', () => {
    const definition = resolve({ answer: 'choice', labels: undefined, choices: 'options' });
    const rows = [
      { values: { text: 'x', label: 'A', options: ['1', '2'] } },
      { values: { text: 'x', label: 'A', options: ['1', '2', '3', '4'] } },
    ];
    expect(ownChance(definition, rows)).toBeCloseTo(0.375, 12);
    expect(ownChance(resolve({ answer: 'choice', labels: undefined, choices: ['a', 'b', 'c', 'd'] }))).toBe(0.25);
    expect(ownChance(resolve({ answer: 'number', labels: undefined }), [])).toBe(0);
  });

  it('picks the first examples, or as many of each label', () => {
    const pool = ['billing', 'billing', 'bug', 'feature request', 'bug'].map((label, index) => ({
      text: `${index}`,
      label,
    }));
    const labelsOf = (pick: 'first' | 'balanced', count: number): readonly string[] => {
      const task = taskOf({ examples: { count, pick, from: 'train.csv' } });
      const records = pool.map((each, position) => task.parse(each, position));
      return (task.pickExamples?.(0, records) ?? []).map((each) => task.expected(each));
    };
    expect(labelsOf('first', 3)).toEqual(['billing', 'billing', 'bug']);
    expect(labelsOf('balanced', 4)).toEqual(['billing', 'bug', 'feature request', 'billing']);
    expect(() => labelsOf('first', 6)).toThrow('6 few-shot examples needed, but the pool has 5 rows');
  });

  it('takes another number of examples under another id', () => {
    const task = taskOf();
    const two = task.withShots?.(2);
    expect(two).toMatchObject({ shots: 2, shotsByStyle: { plain: 2, chat: 2 } });
    expect(two?.id).not.toBe(task.id);
    expect(two?.withShots?.(0).id).toBe(task.id);
  });

  it('scores labels by likelihood, after the plain prompt alone', () => {
    const task = taskOf({ by: 'likelihood', prompt: '{{ text }} Label:\n', examples: { count: 1 } }) as LikelihoodTask;
    const [item, example] = [row, { text: 'Too dear.', label: 'billing' }].map((each) => task.parse(each, 0));
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
    const task = taskOf() as GenerateTask;
    const scores = ['bug', 'billing', 'bug'].map((text, index) =>
      task.score(task.parse({ text: 'x', label: index === 2 ? 'billing' : 'bug' }, 0), { text, finishReason: 'stop' }),
    );
    expect(task.summarise?.(scores)).toEqual({ acc_bug: 0.5, acc_billing: 0 });
    const spans = taskOf({ answer: 'text', labels: undefined, unanswerable: 'none' }) as GenerateTask;
    const judged = [
      ['', 'none'],
      ['Ann', 'none'],
      ['Ann', 'Ann'],
    ].map(([label, text = '']) => spans.score(spans.parse({ text: 'x', label }, 0), { text, finishReason: 'stop' }));
    expect(spans.summarise?.(judged)).toEqual({ has_answer: 0.5, no_answer: 1 });
  });
});

describe('ownTaskId', () => {
  const base = resolve({ examples: { count: 2, from: 'train.csv' }, title: 'T' });
  const id = ownTaskId(base);

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
    ['module', { score: { kind: 'module', path: '/s.ts', sha256: 'aa' } }],
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

  it('knows a module by its text, not by its place', () => {
    const of = (path: string, sha256: string) => ownTaskId({ ...base, score: { kind: 'module', path, sha256 } });
    expect(of('/a.ts', 'aa')).toBe(of('/b.ts', 'aa'));
    expect(of('/a.ts', 'aa')).not.toBe(of('/a.ts', 'bb'));
  });
});
