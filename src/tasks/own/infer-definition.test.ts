import { describe, expect, it } from 'vitest';
import { infer, numbered, repeat, texts, threeLabels } from '../../../test/setup/inferred.ts';
import type { TaskDefinition } from '../../core/task-definition.ts';
import type { InferenceDoubt } from './infer-definition.ts';

describe('columns', () => {
  it.each<[string, Readonly<Record<string, readonly unknown[]>>, string, string]>([
    ['by their names', { text: texts, label: threeLabels }, 'text', 'label'],
    ['in any order', { category: threeLabels, message: texts }, 'message', 'category'],
    ['in any spelling', { 'Ticket Text': texts, ticketCategory: threeLabels }, 'Ticket Text', 'ticketCategory'],
    ['without names that tell', { a: texts, b: repeat(['yes', 'no'], 3) }, 'a', 'b'],
    [
      'beside ids, dates and URLs',
      {
        id: ['1', '2', '3'],
        created: ['2026-01-01', '2026-01-02', '2026-02-01'],
        link: repeat(['https://example.org/1'], 3),
        ref: ['T-1001', 'T-1003', 'T-1007'],
        x: texts,
        y: repeat(['yes', 'no'], 3),
      },
      'x',
      'y',
    ],
    [
      'where a target has the words of an input too',
      { question: texts, answer_text: threeLabels, label: repeat(['yes', 'no'], 3) },
      'question',
      'label',
    ],
    [
      'of chat messages',
      { messages: repeat([[{ role: 'user', content: 'Hi' }]], 3), text: texts, answer: repeat(['yes', 'no'], 3) },
      'messages',
      'answer',
    ],
  ])('are found %s', (_, columns, input, target) => {
    expect(infer(columns)).toMatchObject({ input, target });
  });

  it('says why', () => {
    const rows = repeat(['billing', 'bug', 'billing', 'feature', 'bug', 'billing'], 30);
    expect(infer({ text: numbered(30), label: rows })).toMatchObject({
      notes: [
        'input: column `text` (its name)',
        'target: column `label` (the only other column), 3 labels: billing (15), bug (10), feature (5)',
      ],
    });
    expect(infer({ a: texts, b: repeat(['yes', 'no'], 3) })).toMatchObject({
      notes: [
        'input: column `a` (the longest and most varied text)',
        'target: column `b` (the only other column), 2 labels: yes (2), no (1)',
      ],
    });
  });

  it.each<[string, Readonly<Record<string, readonly unknown[]>>, Partial<TaskDefinition>, string]>([
    ['an id', { a: texts, b: repeat(['yes', 'no'], 3), c: ['0', '1', '2'] }, {}, 'an id'],
    [
      'an id, a date, a URL, or empty',
      {
        a: texts,
        b: repeat(['yes', 'no'], 3),
        c: ['0', '1', '2'],
        d: repeat(['2026-01-01'], 3),
        e: repeat(['https://example.org'], 3),
        f: [],
      },
      {},
      'an id or a date or a URL or empty',
    ],
    ['a choice', { a: texts, A: repeat(['x'], 3), B: repeat(['y'], 3), right: ['x', 'y', 'x'] }, {}, 'a choice'],
    ['the cluster', { a: texts, b: repeat(['yes', 'no'], 3), c: repeat(['k'], 3) }, { cluster: 'c' }, 'the cluster'],
  ])('says that the only other column is the only one that is not %s', (_, columns, written, what) => {
    const found = infer(columns, written);
    expect('notes' in found ? found.notes[1] : found).toContain(`(the only other column that isn't ${what})`);
  });

  it.each<[string, Readonly<Record<string, readonly unknown[]>>, Partial<TaskDefinition>, string | undefined]>([
    ['whose name ends so', { ticket_id: ['a', 'b', 'c'] }, {}, 'ticket_id'],
    ['of numbers', { 'Ticket ID': [7, 9, 8] }, {}, 'Ticket ID'],
    ['that is called so among several', { customerId: ['x', 'y', 'z'], id: ['a', 'b', 'c'] }, {}, 'id'],
    ['none, of several', { customerId: ['x', 'y', 'z'], ticketId: ['a', 'b', 'c'] }, {}, undefined],
    ['none, where two rows share one', { ticket_id: ['a', 'b', 'a '] }, {}, undefined],
    ['none, where one is empty', { ticket_id: ['a', 'b', ''] }, {}, undefined],
    ['none, where it is called otherwise', { paid: ['a1', 'b1', 'c1'] }, { target: 'label' }, undefined],
    ['none, where it marks clusters', { ticket_id: ['a', 'b', 'c'] }, { cluster: 'ticket_id' }, undefined],
    ['none, where the user named one', { ticket_id: ['a', 'b', 'c'], n: [1, 2, 3] }, { id: 'n' }, undefined],
  ])('has ids in a column %s', (_, columns, written, id) => {
    const found = infer({ text: texts, label: repeat(['yes', 'no'], 3), ...columns }, written);
    expect('notes' in found ? found.id : found).toBe(id);
    const note = `id: column \`${id}\` (its name, and no two rows share a value)`;
    expect('notes' in found && found.notes.includes(note)).toBe(id !== undefined);
  });

  it('does not take a text that stands for a name by its words', () => {
    const found = infer({ 'this is text number 0 about dogs': numbered(6), dog: repeat(['dog', 'cat'], 6) });
    expect(found).toMatchObject({
      notes: [expect.stringContaining('(the longest and most varied text)'), expect.anything()] as unknown,
    });
  });

  it('leaves a file without a heading to the user, unless a name or the user tells', () => {
    const columns = { 'a first row': numbered(6), dog: repeat(['dog', 'cat'], 6) };
    const headingDoubt = 'the first row (line 1) looks like data';
    expect(infer(columns, {}, headingDoubt)).toMatchObject({
      key: 'input',
      question: headingDoubt,
      candidates: [],
      remedy: expect.stringContaining('Add a line with names') as unknown,
    });
    expect(infer(columns, { input: 'a first row', target: 'dog' }, headingDoubt)).toMatchObject({ answer: 'label' });
    expect(infer({ text: numbered(6), spam: repeat(['spam', 'ham'], 6) }, {}, headingDoubt)).toMatchObject({
      target: 'spam',
    });
  });

  it('says nothing of what the user named', () => {
    const written = { input: 'a', target: 'b', answer: 'label', labels: ['yes', 'no'] } as const;
    expect(infer({ a: texts, b: repeat(['yes', 'no'], 3) }, written)).toMatchObject({
      input: 'a',
      target: 'b',
      notes: [],
    });
  });

  it('takes what a prompt shows for the input', () => {
    const columns = { subject: texts, body: texts.toReversed(), label: repeat(['yes', 'no'], 3) };
    expect(infer(columns, { prompt: '{{ subject }}: yes or no?' })).toMatchObject({ input: 'subject' });
    expect(infer(columns, { prompt: '{{ subject }} {{ body }}: yes or no?' })).toMatchObject({ input: 'body' });
  });

  it.each<[string, Readonly<Record<string, readonly unknown[]>>, InferenceDoubt['key'], readonly string[]]>([
    ['two inputs', { question: texts, review: texts, label: repeat(['a', 'b'], 3) }, 'input', ['question', 'review']],
    ['two long texts', { a: texts, b: texts.toReversed(), label: repeat(['a', 'b'], 3) }, 'input', ['a', 'b']],
    [
      'two targets',
      { text: texts, label: repeat(['a', 'b'], 3), category: threeLabels },
      'target',
      ['label', 'category'],
    ],
    [
      'targets without names that tell',
      { text: texts, x: repeat(['a', 'b'], 3), y: threeLabels },
      'target',
      ['x', 'y'],
    ],
    ['no target at all', { id: ['1', '2', '3'], text: texts }, 'target', []],
  ])('leaves %s to the user', (_, columns, key, candidates) => {
    expect(infer(columns)).toMatchObject({ key, candidates });
  });
});

describe('answers', () => {
  it.each<[string, readonly unknown[], string]>([
    ['few values in 3 rows', ['yes', 'no', 'yes'], 'label'],
    ['few values in 3,000 rows', repeat(threeLabels, 3000), 'label'],
    [
      '77 values in 3,000 rows',
      repeat(
        numbered(77).map((_, at) => `intent ${at}`),
        3000,
      ),
      'label',
    ],
    ['true and false', [true, false, true], 'label'],
    ['zeros and ones', repeat(['0', '1'], 30), 'label'],
    ['one to five stars', repeat(['1', '2', '3', '4', '5'], 30), 'label'],
    ['prices', ['12.50', '1,250.00', '3.75'], 'number'],
    ['prices with commas', ['10,10', '11,10', '12,10', '1.250,00'], 'number'],
    ['prices in dollars', ['$1.50', '$2.50', '$3.75'], 'number'],
    ['many whole numbers', Array.from({ length: 60 }, (_, at) => at % 30), 'number'],
    ['sentences', texts.map((text) => `${text} It is a long answer of more than a few words.`), 'text'],
    ['300 short texts', numbered(300).map((_, at) => `city ${at}`), 'text'],
    ['objects', ['{"a": 1}', '{"a": 2}', '{"a": 3}'], 'json'],
    ['values of JSON files', [{ a: 1 }, { a: 2 }, { b: 1 }], 'json'],
    ['lists of objects', ['[{"a": 1}]', '[]', '[{"a": 3}]'], 'json'],
    ['several right answers', [['yes', 'y'], ['no'], ['yes']].flatMap((one) => [one, one, one]), 'label'],
  ])('of %s', (_, values, answer) => {
    expect(infer({ text: numbered(values.length), target: values })).toMatchObject({ answer });
  });

  it('of as many short values as rows are left to the user', () => {
    expect(infer({ text: texts, answer: threeLabels })).toEqual({
      key: 'answer',
      question: 'What does a model answer with, as in column `answer` (3 distinct values in 3 rows)?',
      candidates: ['label', 'text'],
    });
    expect(infer({ text: texts, answer: ['3', '1', '7'] })).toMatchObject({ candidates: ['number', 'label'] });
  });

  it('of so many are labels where the column is called so', () => {
    expect(infer({ text: texts, label: threeLabels })).toMatchObject({ answer: 'label', labels: threeLabels });
  });

  it('are what the user says', () => {
    expect(infer({ text: texts, answer: threeLabels }, { answer: 'text' })).toMatchObject({
      answer: 'text',
      labels: undefined,
      notes: ['input: column `text` (its name)', 'target: column `answer` (the only other column), a text'],
    });
  });

  it('may be any without a target, where a scorer of the user judges them', () => {
    expect(infer({ prompt: texts }, { answer: 'free' })).toMatchObject({ target: undefined, answer: 'free' });
  });
});

describe('labels', () => {
  it('come by frequency, then by name, in their commonest spelling', () => {
    const values = ['bug', 'Bug\r', 'bug', 'Feature', 'billing', 'billing '];
    const found = infer({ text: numbered(6), label: values });
    expect(found).toMatchObject({ labels: ['bug', 'billing', 'Feature'] });
    expect(found).toMatchObject({
      notes: [
        'input: column `text` (its name)',
        'target: column `label` (the only other column), 3 labels: bug (3), billing (2), Feature (1)',
        String.raw`label "bug" is also spelled "Bug\r" (1): they count as one`,
        'label "billing" is also spelled "billing " (1): they count as one',
      ],
    });
  });
});
