import { describe, expect, it } from 'vitest';
import { resolvedTask } from '../../../test/setup/resolved-task.ts';
import type { ResolvedTask } from '../../core/task-definition.ts';
import { checkOwnData, type CheckedRow, type DataFinding } from './check-data.ts';

type Values = CheckedRow['values'];

/** Rows of a file, from line 2. */
function inFile(rows: readonly Values[], file = 'tickets.csv'): readonly CheckedRow[] {
  return rows.map((values, index) => ({ file, line: index + 2, values }));
}

/** Rows of two labels in turn, each with a text of its own. */
function fine(count: number, change: (index: number) => Values = () => ({})): readonly Values[] {
  return Array.from({ length: count }, (_, index) => ({
    text: `ticket number ${index} about something`,
    label: index % 2 === 0 ? 'billing' : 'bug',
    ...change(index),
  }));
}

function check(
  rows: readonly Values[],
  changes: Partial<ResolvedTask> = {},
  examples: readonly CheckedRow[] = [],
): readonly DataFinding[] {
  return checkOwnData(resolvedTask(changes), inFile(rows), examples);
}

const short = (findings: readonly DataFinding[]): readonly string[] =>
  findings.filter(({ code }) => code !== 'size').map(({ level, code, message }) => `${level} ${code}: ${message}`);

describe('data that are fine', () => {
  const choices = fine(40, (index) => ({ choices: ['one', 'two', `three ${index}`], label: 'B' }));
  it.each<[what: string, rows: readonly Values[], changes: Partial<ResolvedTask>]>([
    ['labels', fine(40), {}],
    ['3,000 labels', fine(3000), {}],
    [
      'texts',
      fine(40, (index) => ({ label: `answer ${index}` })),
      { answer: 'text', labels: undefined, score: { kind: 'exact' } },
    ],
    ['numbers', fine(40, (index) => ({ label: `${index}.50` })), { answer: 'number', labels: undefined }],
    ['JSON', fine(40, (index) => ({ label: `{"a": ${index}}` })), { answer: 'json', labels: undefined }],
    ['choices', choices, { answer: 'choice', labels: undefined, choices: 'choices' }],
    [
      'free answers without targets',
      fine(40, () => ({ label: '' })),
      { answer: 'free', labels: undefined, target: undefined },
    ],
    [
      'no answer, where that can be',
      fine(40, (index) => ({ label: index % 3 === 0 ? '' : `answer ${index}` })),
      { answer: 'text', labels: undefined, unanswerable: 'unknown' },
    ],
    ['several right answers', fine(40, () => ({ label: ['billing', 'bug'] })), {}],
    [
      'one question about several passages that the prompt shows',
      fine(40, (index) => ({ text: 'What is it?', passage: `passage ${index}` })),
      { prompt: { plain: '{{ passage }} {{ text }}', chat: '{{ row.passage }} {{ text }}' } },
    ],
    ['inputs that list all labels', fine(40, (index) => ({ text: `ticket ${index}: billing or bug?` })), {}],
  ])('%s: only their number is noted', (_what, rows, changes) => {
    expect(check(rows, changes).map(({ level, code }) => `${level} ${code}`)).toEqual(
      // An answer that any of two labels satisfies is always right with each.
      _what === 'several right answers' ? ['warning dominant_label', 'note size'] : ['note size'],
    );
  });

  it.each([
    [1, 'one item tells no difference between models, however large (that takes 6 at least)'],
    [3, '3 items tell no difference between models, however large (that takes 6 at least)'],
    [30, '30 items tell differences of about 26 points in accuracy'],
    [3000, '3,000 items tell differences of about 2.6 points in accuracy'],
  ])('%d items', (count, message) => {
    expect(check(fine(count)).find(({ code }) => code === 'size')?.message).toBe(message);
  });

  it('rows that depend on each other are said to tell less', () => {
    const rows = fine(30, (index) => ({ page: index % 7 }));
    expect(check(rows, { cluster: 'page' }).at(-1)?.message).toMatch(/; they are in 7 groups of `page`, so/u);
    expect(
      check(
        fine(30, (page) => ({ page })),
        { cluster: 'page' },
      ).at(-1)?.message,
    ).not.toContain('groups');
  });
});

describe('what is asked', () => {
  it.each<[what: string, rows: readonly Values[], changes: Partial<ResolvedTask>, findings: readonly string[]]>([
    [
      'empty inputs',
      fine(30, (index) => (index < 7 ? { text: index === 3 ? null : ' \n' } : {})),
      {},
      ['error empty_input: tickets.csv:2, 3, 4, 5, 6 and 2 more: the input `text` is empty'],
    ],
    [
      'odd chat messages',
      fine(30, (index) => (index === 4 ? { text: [{ role: 'robot', content: 'x' }] } : {})),
      {},
      [
        'error invalid_input: tickets.csv:6: the input `text` must be chat messages of system, user and assistant (it has the role "robot")',
      ],
    ],
    [
      'inputs that come again, with spaces around',
      fine(30, (index) => (index === 20 ? { text: ' ticket number 0 about something ' } : {})),
      {},
      [
        'warning duplicate_input: tickets.csv:22: one input again, with the same target: such rows count double, and intervals become too narrow',
      ],
    ],
    [
      'inputs that come again with other targets',
      fine(30, (index) => (index === 21 ? { text: 'ticket number 0 about something' } : {})),
      {},
      [
        'warning contradictory_input: tickets.csv:2 and 23: one input more than once, with different targets: no model can be right on all of these rows',
      ],
    ],
    [
      'other spellings of a label are no other target',
      fine(30, (index) => (index === 20 ? { text: 'ticket number 0 about something', label: 'Billing' } : {})),
      { labels: ['billing', 'bug'] },
      [
        'warning duplicate_input: tickets.csv:22: one input again, with the same target: such rows count double, and intervals become too narrow',
        'warning label_spelling: tickets.csv:22: the label "billing" (14 rows) is also spelled "Billing" (1 row); they count as one label',
      ],
    ],
    [
      'very long inputs',
      fine(30, (index) => (index === 2 ? { text: 'word '.repeat(4000) } : {})),
      {},
      [
        'warning long_input: tickets.csv:4: up to 5,000 tokens, estimated roughly from the characters: too long for a context of 4,096 tokens',
        'warning far_longer_input: tickets.csv:4: up to 20,000 characters, where half of the rows have at most 32',
      ],
    ],
    [
      'long inputs without spaces',
      fine(30, (index) => ({ text: `${index}${'字'.repeat(4200)}` })),
      {},
      [
        'warning long_input: tickets.csv:2, 3, 4, 5, 6 and 25 more: up to 4,201 tokens, estimated roughly from the characters: too long for a context of 4,096 tokens',
      ],
    ],
    [
      'ids',
      fine(30, (index) => ({ id: index === 4 ? '' : index === 9 ? '3' : String(index) })),
      { id: 'id' },
      [
        'error empty_id: tickets.csv:6: the id `id` is empty',
        'error duplicate_id: tickets.csv:11: the id `id` is that of an earlier row',
      ],
    ],
    [
      'the label within the input',
      fine(30, (index) => ({ text: `[${index % 2 === 0 ? 'Billing' : 'BUG'}] ticket ${index}` })),
      {},
      [
        'warning target_in_input: tickets.csv:2, 3, 4, 5, 6 and 25 more: the input holds its own label in 30 of 30 rows (100 %), but seldom a wrong one: it may tell the answer',
      ],
    ],
    [
      'the label within some inputs',
      fine(30, (index) => (index < 20 ? { text: `a bug or billing ${index}` } : {})),
      {},
      [],
    ],
    ['the label as part of words', fine(30, (index) => ({ text: `debugging a billingsgate ${index}` })), {}, []],
    [
      'short labels that any text has',
      fine(30, (index) => ({ text: `a ticket in b ${index}`, label: index % 2 === 0 ? 'a' : 'b' })),
      { labels: ['a', 'b'] },
      [],
    ],
    [
      'texts to be taken out of the input',
      fine(30, (index) => ({ label: `number ${index}` })),
      { answer: 'text', labels: undefined },
      [
        'note target_in_input: tickets.csv:2, 3, 4, 5, 6 and 25 more: the target is a part of the input in 30 of 30 rows: right where answers are taken out of the input, a leak elsewhere',
      ],
    ],
  ])('%s', (_what, rows, changes, findings) => {
    expect(short(check(rows, changes))).toEqual(findings);
  });

  it('ids are no part of a question, though a prompt may show them', () => {
    const rows = fine(30, (index) => ({ id: index, text: `text ${index % 29}` }));
    const prompt = { plain: '{{ row.id }} {{ text }}', chat: '{{ id }} {{ text }}' };
    expect(check(rows, { id: 'id', prompt }).map(({ code }) => code)).toContain('contradictory_input');
  });
});

describe('examples', () => {
  const rows = fine(30);
  const others = inFile(
    [
      { text: 'ticket number 4 about something', label: 'billing' },
      ...fine(2, (index) => ({ text: `other ${index}` })),
    ],
    'train.csv',
  );
  const count = { plain: 2, chat: 2 };

  it('of another file that are also items are an error', () => {
    const examples = { from: { path: '/data/train.csv' }, count, pick: 'first' } as const;
    expect(short(check(rows, { examples }, others))).toEqual([
      'error example_is_item: tickets.csv:6: also among the examples that prompts may show (the first is train.csv:2): they tell the answer',
    ]);
    expect(short(check(rows, { examples }, others.slice(1)))).toEqual([]);
  });

  it('of the data itself may ask the same as an item, which is a warning; the rows themselves are none', () => {
    const examples = { from: undefined, count, pick: 'first' } as const;
    const all = inFile([...rows, { text: 'ticket number 0 about something', label: 'billing' }]);
    const found = checkOwnData(resolvedTask({ examples }), all.slice(2), all.slice(0, 2));
    expect(found.map(({ level, code, rows: places }) => [level, code, places.length])).toEqual([
      ['warning', 'example_is_item', 1],
      ['note', 'size', 0],
    ]);
    expect(short(checkOwnData(resolvedTask({ examples }), all.slice(0, 30), all.slice(0, 2)))).toEqual([]);
  });
});

describe('what is right', () => {
  const text = { answer: 'text', labels: undefined } as const;
  const choice = { answer: 'choice', labels: undefined, choices: ['a', 'b', 'c'] } as const;
  const abc = (label: unknown, change: (index: number) => Values = () => ({})): readonly Values[] =>
    fine(30, (index) => ({ a: `x ${index}`, b: 'y', c: 'z', label, ...change(index) }));

  it.each<[what: string, rows: readonly Values[], changes: Partial<ResolvedTask>, findings: readonly string[]]>([
    [
      'empty targets',
      fine(30, (index) => (index === 1 ? { label: ' ' } : {})),
      {},
      ['error empty_target: tickets.csv:3: the target `label` is empty'],
    ],
    [
      'empty texts',
      fine(30, (index) => ({ label: index === 1 ? '' : `answer ${index}` })),
      text,
      ['error empty_target: tickets.csv:3: the target `label` is empty'],
    ],
    [
      'other labels',
      fine(30, (index) => (index > 26 ? { label: index === 27 ? 'bogus' : 'feature' } : {})),
      {},
      [
        'error target_not_label: tickets.csv:29, 30 and 31: the target `label` must be one of billing, bug, got "feature" (2 times) and "bogus"',
      ],
    ],
    [
      'no numbers',
      fine(30, (index) => ({ label: index === 0 ? 'n/a' : index })),
      { answer: 'number', labels: undefined },
      [
        'error target_not_number: tickets.csv:2: the target `label` must be a number, or text that ends with one, got "n/a"',
      ],
    ],
    [
      'no JSON',
      fine(30, (index) => ({ label: index === 0 ? '{"a": ' : { a: index } })),
      { answer: 'json', labels: undefined },
      ['error target_not_json: tickets.csv:2: the target `label` must be JSON: an object or a list, got "{\\"a\\": "'],
    ],
    [
      'targets that are no choice',
      abc('B', (index) => (index === 0 ? { label: 'E' } : {})),
      choice,
      [
        'error target_not_choice: tickets.csv:2: the target `label` must be the text, the letter or the number (from 0) of one of the 3 choices, got "E"',
      ],
    ],
    [
      'targets that count choices from 1',
      abc('3'),
      choice,
      [
        'error miscounted_choice: tickets.csv:2, 3, 4, 5, 6 and 25 more: the target `label` is one more than there are choices: it seems to count from 1',
      ],
    ],
    [
      'missing choices',
      abc('A', (index) => (index === 0 ? { b: '' } : {})),
      choice,
      ['error invalid_choices: tickets.csv:2: the choices must be a choice, since a later one is there'],
    ],
    [
      'the same choice twice',
      abc('A', (index) => (index === 0 ? { b: 'same', c: 'same ' } : index === 1 ? { a: 'same', c: 'same' } : {})),
      choice,
      [
        'error duplicate_right_choice: tickets.csv:3: another choice is the same as the right one',
        'warning duplicate_choice: tickets.csv:2: two of the choices are the same',
      ],
    ],
    [
      'spellings of labels',
      fine(30, (index) =>
        index === 3
          ? { label: 'Bug.' }
          : index === 5 || index === 7
            ? { label: 'bug\r' }
            : index === 9
              ? { label: ' ｂug' }
              : {},
      ),
      {},
      [
        String.raw`warning label_spelling: tickets.csv:5, 7, 9 and 11: the label "bug" (11 rows) is also spelled "bug\r" (2 rows), " ｂug" (1 row) and "Bug." (1 row); they count as one label`,
      ],
    ],
    [
      'spellings of labels that are labels of their own',
      fine(30, (index) => (index % 4 === 1 ? { label: 'Bug' } : {})),
      { labels: ['billing', 'bug', 'Bug'] },
      [
        'warning label_spelling: tickets.csv:3, 7, 11, 15, 19 and 3 more: the label "bug" (7 rows) is also spelled "Bug" (8 rows); labels lists several of them, so they count as different labels',
      ],
    ],
    [
      'one label nearly everywhere',
      fine(30, (index) => ({ label: index < 2 ? 'bug' : 'billing' })),
      {},
      [
        'warning dominant_label: 93 % of the rows have the label "billing", so always answering it is right as often; the others are tickets.csv:2 and 3',
      ],
    ],
    ['90 % are not above 90 %', fine(30, (index) => ({ label: index < 3 ? 'bug' : 'billing' })), {}, []],
    [
      'one label everywhere',
      fine(30, () => ({ label: 'billing' })),
      {},
      [
        'warning dominant_label: all rows have the label "billing": always answering it is never wrong',
        'warning rare_label: no row has the label "bug": nothing can be said of how well a model knows it',
      ],
    ],
    [
      'labels of one row',
      fine(30, (index) => (index === 0 ? { label: 'a' } : index === 1 ? { label: 'b' } : {})),
      { labels: ['a', 'b', 'c', 'billing', 'bug'] },
      [
        'warning rare_label: no row has the label "c"; only one row each has "a" and "b": nothing can be said of how well a model knows them',
      ],
    ],
    [
      "characters that can't be seen",
      fine(30, (index) => ({ label: index === 0 ? 'zero\u{200B}width' : `line\nbreak ${index} 👩‍💻` })),
      text,
      [
        String.raw`warning unseen_characters: tickets.csv:2: the target ${'`label`'} has characters that can't be seen: "zero\u{200b}width"`,
      ],
    ],
  ])('%s', (_what, rows, changes, findings) => {
    expect(short(check(rows, changes))).toEqual(findings);
  });

  it('errors come first, and name all rows in their data', () => {
    const rows = fine(30, (index) =>
      index === 0 ? { label: '' } : index === 1 ? { text: 'ticket number 2 about something' } : {},
    );
    const found = check(rows);
    expect(found.map(({ level }) => level)).toEqual(['error', 'warning', 'note']);
    expect(found[0]?.rows).toEqual([{ file: 'tickets.csv', line: 2 }]);
    expect(found[0]?.hint).toContain('--skip-invalid');
  });

  it('rows of several files are named by each', () => {
    const rows = [
      ...inFile(fine(2, () => ({ label: '' }))),
      ...inFile(
        fine(2, (index) => ({ label: '', text: `b ${index}` })),
        'more.csv',
      ),
    ];
    expect(checkOwnData(resolvedTask(), rows, [])[0]?.message).toBe(
      'tickets.csv:2, 3, more.csv:2 and 3: the target `label` is empty',
    );
  });
});
