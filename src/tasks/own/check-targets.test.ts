import { describe, expect, it } from 'vitest';
import { checkRows, fineRows, shortFindings, type Values } from '../../../test/setup/checked-data.ts';
import type { ResolvedTask } from '../../core/task-definition.ts';

describe('what is right', () => {
  const text = { answer: 'text', labels: undefined } as const;
  const choice = { answer: 'choice', labels: undefined, choices: ['a', 'b', 'c'] } as const;
  const abc = (label: unknown, change: (index: number) => Values = () => ({})): readonly Values[] =>
    fineRows(30, (index) => ({ a: `x ${index}`, b: 'y', c: 'z', label, ...change(index) }));

  it.each<[what: string, rows: readonly Values[], changes: Partial<ResolvedTask>, findings: readonly string[]]>([
    [
      'empty targets',
      fineRows(30, (index) => (index === 1 ? { label: ' ' } : {})),
      {},
      ['error empty_target: tickets.csv:3: the target `label` is empty'],
    ],
    [
      'empty texts',
      fineRows(30, (index) => ({ label: index === 1 ? '' : `answer ${index}` })),
      text,
      ['error empty_target: tickets.csv:3: the target `label` is empty'],
    ],
    [
      'other labels',
      fineRows(30, (index) => (index > 26 ? { label: index === 27 ? 'bogus' : 'feature' } : {})),
      {},
      [
        'error target_not_label: tickets.csv:29, 30 and 31: the target `label` must be one of billing, bug, got "feature" (2 times) and "bogus"',
      ],
    ],
    [
      'no numbers',
      fineRows(30, (index) => ({ label: index === 0 ? 'n/a' : index })),
      { answer: 'number', labels: undefined },
      [
        'error target_not_number: tickets.csv:2: the target `label` must be a number and nothing else but a unit (or a solution that ends with #### and one), got "n/a"',
      ],
    ],
    [
      'no JSON',
      fineRows(30, (index) => ({ label: index === 0 ? '{"a": ' : { a: index } })),
      { answer: 'json', labels: undefined },
      ['error target_not_json: tickets.csv:2: the target `label` must be JSON: an object or a list, got "{\\"a\\": "'],
    ],
    [
      'JSON that breaks the schema',
      fineRows(30, (index) => ({ label: index < 3 ? { a: index === 1 ? '1' : null, b: 2 } : { a: index } })),
      {
        answer: 'json',
        labels: undefined,
        score: { kind: 'json', schema: { type: 'object', properties: { a: { type: 'integer' } } } },
      },
      ['error target_breaks_schema: tickets.csv:2, 3 and 4: the target `label` breaks the schema: /a: must be integer'],
    ],
    [
      'JSON that breaks it in several ways',
      fineRows(30, (index) => ({ label: index < 2 ? { a: index === 0 ? 1 : 'long' } : { a: 'ab' } })),
      {
        answer: 'json',
        labels: undefined,
        score: { kind: 'json', schema: { properties: { a: { type: 'string', maxLength: 2 } } } },
      },
      [
        'error target_breaks_schema: tickets.csv:2 and 3: the target `label` breaks the schema: /a: must be string (1) and /a: must NOT have more than 2 characters (1)',
      ],
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
      [
        'error invalid_choices: tickets.csv:2: the choices in `a`, `b`, `c` must be a choice, since a later one is there',
      ],
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
      fineRows(30, (index) =>
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
      fineRows(30, (index) => (index % 4 === 1 ? { label: 'Bug' } : {})),
      { labels: ['billing', 'bug', 'Bug'] },
      [
        'warning label_spelling: tickets.csv:3, 7, 11, 15, 19 and 3 more: the label "bug" (7 rows) is also spelled "Bug" (8 rows); labels lists several of them, so they count as different labels',
      ],
    ],
    [
      'one label nearly everywhere',
      fineRows(30, (index) => ({ label: index < 2 ? 'bug' : 'billing' })),
      {},
      [
        'warning dominant_label: 93 % of the rows have the label "billing", so always answering it is right as often; the others are tickets.csv:2 and 3',
      ],
    ],
    ['90 % are not above 90 %', fineRows(30, (index) => ({ label: index < 3 ? 'bug' : 'billing' })), {}, []],
    [
      'one label everywhere',
      fineRows(30, () => ({ label: 'billing' })),
      {},
      [
        'warning dominant_label: all rows have the label "billing": always answering it is never wrong',
        'warning rare_label: no row has the label "bug": nothing can be said of how well a model knows it',
      ],
    ],
    [
      'labels of one row',
      fineRows(30, (index) => (index === 0 ? { label: 'a' } : index === 1 ? { label: 'b' } : {})),
      { labels: ['a', 'b', 'c', 'billing', 'bug'] },
      [
        'warning rare_label: no row has the label "c"; only one row each has "a" and "b": nothing can be said of how well a model knows them',
      ],
    ],
    [
      "characters that can't be seen",
      fineRows(30, (index) => ({ label: index === 0 ? 'zero\u{200B}width' : `line\nbreak ${index} 👩‍💻` })),
      text,
      [
        String.raw`warning unseen_characters: tickets.csv:2: the target ${'`label`'} has characters that can't be seen: "zero\u{200b}width"`,
      ],
    ],
  ])('%s', (_what, rows, changes, findings) => {
    expect(shortFindings(checkRows(rows, changes))).toEqual(findings);
  });
});
