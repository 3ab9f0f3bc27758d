import { describe, expect, it } from 'vitest';
import { checkRows, fineRows, inFile, shortFindings, type Values } from '../../../test/setup/checked-data.ts';
import { resolvedTask } from '../../../test/setup/resolved-task.ts';
import type { ResolvedTask } from '../../core/task-definition.ts';
import { checkOwnData } from './check-data.ts';

describe('what is asked', () => {
  it.each<[what: string, rows: readonly Values[], changes: Partial<ResolvedTask>, findings: readonly string[]]>([
    [
      'empty inputs',
      fineRows(30, (index) => (index < 7 ? { text: index === 3 ? null : ' \n' } : {})),
      {},
      ['error empty_input: tickets.csv:2, 3, 4, 5, 6 and 2 more: the input `text` is empty'],
    ],
    [
      'odd chat messages',
      fineRows(30, (index) => (index === 4 ? { text: [{ role: 'robot', content: 'x' }] } : {})),
      {},
      [
        'error invalid_input: tickets.csv:6: the input `text` must be chat messages of system, user and assistant (it has the role "robot")',
      ],
    ],
    [
      'inputs that come again, with spaces around',
      fineRows(30, (index) => (index === 20 ? { text: ' ticket number 0 about something ' } : {})),
      {},
      [
        'warning duplicate_input: tickets.csv:22: one input again, with the same target: such rows count double, and intervals become too narrow',
      ],
    ],
    [
      'inputs that come again with other targets',
      fineRows(30, (index) => (index === 21 ? { text: 'ticket number 0 about something' } : {})),
      {},
      [
        'warning contradictory_input: tickets.csv:2 and 23: one input more than once, with different targets: no model can be right on all of these rows',
      ],
    ],
    [
      'other spellings of a label are no other target',
      fineRows(30, (index) => (index === 20 ? { text: 'ticket number 0 about something', label: 'Billing' } : {})),
      { labels: ['billing', 'bug'] },
      [
        'warning duplicate_input: tickets.csv:22: one input again, with the same target: such rows count double, and intervals become too narrow',
        'warning label_spelling: tickets.csv:22: the label "billing" (14 rows) is also spelled "Billing" (1 row); they count as one label',
      ],
    ],
    [
      'very long inputs',
      fineRows(30, (index) => (index === 2 ? { text: 'word '.repeat(4000) } : {})),
      {},
      [
        'warning long_input: tickets.csv:4: up to 5,000 tokens, estimated roughly from the characters: too long for a context of 4,096 tokens',
        'warning far_longer_input: tickets.csv:4: up to 20,000 characters, where half of the rows have at most 32',
      ],
    ],
    [
      'long inputs without spaces',
      fineRows(30, (index) => ({ text: `${index}${'字'.repeat(4200)}` })),
      {},
      [
        'warning long_input: tickets.csv:2, 3, 4, 5, 6 and 25 more: up to 4,201 tokens, estimated roughly from the characters: too long for a context of 4,096 tokens',
      ],
    ],
    [
      'ids',
      fineRows(30, (index) => ({ id: index === 4 ? '' : index === 9 ? '3' : String(index) })),
      { id: 'id' },
      [
        'error empty_id: tickets.csv:6: the id `id` is empty',
        'error duplicate_id: tickets.csv:11: the id `id` is that of an earlier row',
      ],
    ],
    [
      'the label within the input',
      fineRows(30, (index) => ({ text: `[${index % 2 === 0 ? 'Billing' : 'BUG'}] ticket ${index}` })),
      {},
      [
        'warning target_in_input: tickets.csv:2, 3, 4, 5, 6 and 25 more: the input holds its own label in 30 of 30 rows (100 %), but seldom a wrong one: it may tell the answer',
      ],
    ],
    [
      'the label within some inputs',
      fineRows(30, (index) => (index < 20 ? { text: `a bug or billing ${index}` } : {})),
      {},
      [],
    ],
    ['the label as part of words', fineRows(30, (index) => ({ text: `debugging a billingsgate ${index}` })), {}, []],
    [
      'short labels that any text has',
      fineRows(30, (index) => ({ text: `a ticket in b ${index}`, label: index % 2 === 0 ? 'a' : 'b' })),
      { labels: ['a', 'b'] },
      [],
    ],
    [
      'texts to be taken out of the input',
      fineRows(30, (index) => ({ label: `number ${index}` })),
      { answer: 'text', labels: undefined },
      [
        'note target_in_input: tickets.csv:2, 3, 4, 5, 6 and 25 more: the target is a part of the input in 30 of 30 rows: right where answers are taken out of the input, a leak elsewhere',
      ],
    ],
  ])('%s', (_what, rows, changes, findings) => {
    expect(shortFindings(checkRows(rows, changes))).toEqual(findings);
  });

  it('ids are no part of a question, though a prompt may show them', () => {
    const rows = fineRows(30, (index) => ({ id: index, text: `text ${index % 29}` }));
    const prompt = { plain: '{{ row.id }} {{ text }}', chat: '{{ id }} {{ text }}' };
    expect(checkRows(rows, { id: 'id', prompt }).map(({ code }) => code)).toContain('contradictory_input');
  });
});

describe('examples', () => {
  const rows = fineRows(30);
  const others = inFile(
    [
      { text: 'ticket number 4 about something', label: 'billing' },
      ...fineRows(2, (index) => ({ text: `other ${index}` })),
    ],
    'train.csv',
  );
  const count = { plain: 2, chat: 2 };

  it('of another file that are also items are an error', () => {
    const examples = { from: { path: '/data/train.csv' }, count, pick: 'first' } as const;
    expect(shortFindings(checkRows(rows, { examples }, others))).toEqual([
      'error example_is_item: tickets.csv:6: also among the examples that prompts may show (the first is train.csv:2): they tell the answer',
    ]);
    expect(shortFindings(checkRows(rows, { examples }, others.slice(1)))).toEqual([]);
  });

  it('of the data itself may ask the same as an item, which is a warning', () => {
    const examples = { from: undefined, count, pick: 'first' } as const;
    const all = inFile([...rows, { text: 'ticket number 0 about something', label: 'billing' }]);
    const found = checkOwnData(resolvedTask({ examples }), all.slice(2), all.slice(0, 2));
    expect(found.map(({ level, code, rows: places }) => [level, code, places.length])).toEqual([
      ['warning', 'example_is_item', 1],
      ['note', 'size', 0],
    ]);
    expect(shortFindings(checkOwnData(resolvedTask({ examples }), all.slice(2, 30), all.slice(0, 2)))).toEqual([]);
  });

  it('that are evaluated rows themselves are an error, though they are of the same file', () => {
    const examples = { from: { path: '/data/folder' }, count, pick: 'first' } as const;
    const all = inFile(rows);
    expect(shortFindings(checkOwnData(resolvedTask({ examples }), all, all.slice(0, 2)))).toEqual([
      'error example_is_item: tickets.csv:2 and 3: also among the examples that prompts may show (the first is tickets.csv:2): they tell the answer',
    ]);
  });
});
