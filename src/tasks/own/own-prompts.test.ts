import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../core/errors.ts';
import type { TaskDefinition } from '../../core/task-definition.ts';
import { caught } from '../../../test/setup/caught.ts';
import { askTicket, rowProblem, ticket, ticketTask } from '../../../test/setup/own-tickets.ts';

describe('prompts of a task', () => {
  it('are the defaults of its answers, with labels named', () => {
    const { prompt, maxTokens, stop } = askTicket({}, ticket);
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
    const { prompt } = askTicket(
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
    const { prompt, jsonSchema } = askTicket(
      { answer: 'json', labels: undefined, score: { json: { schema } } },
      { text: 'Sum: 3', label: '{"total": 3}' },
    );
    expect(prompt.plain).toBe(`Sum: 3\nJSON that matches the schema ${JSON.stringify(schema)}:`);
    expect(jsonSchema).toEqual(schema);
  });

  it('say what to write where there is no answer', () => {
    const { prompt } = askTicket(
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
    expect(askTicket({ input: 'Kunden-Text', prompt }, values).prompt.plain).toBe(
      'Hallo|pro|Hallo|billing/bug/feature request|3|2026-01-02T00:00:00.000Z|[1]',
    );
  });

  it('mean a column `input` by that name, and the labels of the task by `labels`', () => {
    const values = { instruction: 'Sort.', input: 'It crashes.', labels: 'bug' };
    const { prompt } = askTicket(
      { input: 'instruction', target: 'labels', prompt: '{{ instruction }} {{ input }} {{ labels | join("/") }}' },
      values,
    );
    expect(prompt.plain).toBe('Sort. It crashes. billing/bug/feature request');
  });

  it('have the system message in front, also where the model only completes text', () => {
    const { prompt } = askTicket({ system: 'You sort into {{ labels | length }}.\n', prompt: '{{ text }}' }, ticket);
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
    const { prompt } = askTicket(
      { prompt: '{{ text }}:', examples: { count: { plain: 2, chat: 1 } }, system: 'S' },
      ticket,
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
    const asked = askTicket({ prompt, system: 'Unused.' }, { text, label: 'bug' });
    expect(asked.prompt.chat).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hello, you' },
      { role: 'assistant', content: 'Hi.' },
      { role: 'user', content: 'It crashes. Which of billing, bug, feature request?' },
    ]);
    expect(asked.prompt.plain).toBe('System: Be kind.\nUser: Hello, you\nAssistant: Hi.\nUser: It crashes.\nLabel:');
  });

  it('gets the system message of the task where it has none, and examples behind it', () => {
    const asked = askTicket(
      { prompt, system: 'Sort.', examples: { count: 1 } },
      { text: messages.slice(1), label: 'bug' },
      [{ text: [messages[0], { role: 'user', content: 'Too dear.' }], label: 'billing' }],
    );
    expect(asked.prompt.chat.slice(0, 4).map(({ role, content }) => [role, content])).toEqual([
      ['system', 'Sort.'],
      ['user', 'Too dear. Which of billing, bug, feature request?'],
      ['assistant', 'billing'],
      ['user', 'Hello, you'],
    ]);
  });

  it('is one message where the prompt takes the transcript, whoever spoke last', () => {
    const asked = askTicket(
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
    expect(askTicket({ prompt: '{{ text }}' }, { text, label: 'bug' }).prompt.plain).toBe(text);
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
    const make = () => ticketTask(change, { columns: ['text', 'label'] });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });

  it('are seen at the first row where columns are not known before', () => {
    const task = ticketTask({ prompt: '{{ txt }}' });
    expect(() => task.parse(ticket, 0)).toThrow('there is no `txt`');
    expect(() => ticketTask({ prompt: '{{ text | nofilter }}' }).parse(ticket, 0)).toThrow("can't be rendered for row");
  });

  it('name the nearest column', () => {
    const make = () => ticketTask({ prompt: '{{ txt }}' }, { columns: ['text', 'label'], file: 'a.task.yaml' });
    expect(caught(make)).toMatchObject({
      hint: 'Did you mean "text"?',
      at: { file: 'a.task.yaml', key: 'prompt.plain' },
    });
  });

  it('may leave out what they give a default', () => {
    expect(askTicket({ prompt: '{{ text }}{{ plan | default("-") }}' }, ticket).prompt.plain).toBe('It crashes.-');
  });
});
