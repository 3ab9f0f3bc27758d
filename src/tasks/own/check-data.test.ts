import { describe, expect, it } from 'vitest';
import { checkRows, fineRows, inFile, type Values } from '../../../test/setup/checked-data.ts';
import { resolvedTask } from '../../../test/setup/resolved-task.ts';
import type { ResolvedTask } from '../../core/task-definition.ts';
import { checkOwnData } from './check-data.ts';

describe('data that are fine', () => {
  const choices = fineRows(40, (index) => ({ choices: ['one', 'two', `three ${index}`], label: 'B' }));
  it.each<[what: string, rows: readonly Values[], changes: Partial<ResolvedTask>]>([
    ['labels', fineRows(40), {}],
    ['3,000 labels', fineRows(3000), {}],
    [
      'texts',
      fineRows(40, (index) => ({ label: `answer ${index}` })),
      { answer: 'text', labels: undefined, score: { kind: 'exact' } },
    ],
    ['numbers', fineRows(40, (index) => ({ label: `${index}.50` })), { answer: 'number', labels: undefined }],
    ['JSON', fineRows(40, (index) => ({ label: `{"a": ${index}}` })), { answer: 'json', labels: undefined }],
    ['choices', choices, { answer: 'choice', labels: undefined, choices: 'choices' }],
    [
      'free answers without targets',
      fineRows(40, () => ({ label: '' })),
      { answer: 'free', labels: undefined, target: undefined },
    ],
    [
      'no answer, where that can be',
      fineRows(40, (index) => ({ label: index % 3 === 0 ? '' : `answer ${index}` })),
      { answer: 'text', labels: undefined, unanswerable: 'unknown' },
    ],
    ['several right answers', fineRows(40, () => ({ label: ['billing', 'bug'] })), {}],
    [
      'one question about several passages that the prompt shows',
      fineRows(40, (index) => ({ text: 'What is it?', passage: `passage ${index}` })),
      { prompt: { plain: '{{ passage }} {{ text }}', chat: '{{ row.passage }} {{ text }}' } },
    ],
    ['inputs that list all labels', fineRows(40, (index) => ({ text: `ticket ${index}: billing or bug?` })), {}],
  ])('%s: only their number is noted', (_what, rows, changes) => {
    expect(checkRows(rows, changes).map(({ level, code }) => `${level} ${code}`)).toEqual(
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
    expect(checkRows(fineRows(count)).find(({ code }) => code === 'size')?.message).toBe(message);
  });

  it('rows that depend on each other are said to tell less', () => {
    const rows = fineRows(30, (index) => ({ page: index % 7 }));
    expect(checkRows(rows, { cluster: 'page' }).at(-1)?.message).toMatch(/; they are in 7 groups of `page`, so/u);
    expect(
      checkRows(
        fineRows(30, (page) => ({ page })),
        { cluster: 'page' },
      ).at(-1)?.message,
    ).not.toContain('groups');
  });
});

describe('findings', () => {
  it('errors come first, and name all rows in their data', () => {
    const rows = fineRows(30, (index) =>
      index === 0 ? { label: '' } : index === 1 ? { text: 'ticket number 2 about something' } : {},
    );
    const found = checkRows(rows);
    expect(found.map(({ level }) => level)).toEqual(['error', 'warning', 'note']);
    expect(found[0]?.rows).toEqual([{ file: 'tickets.csv', line: 2 }]);
    expect(found[0]?.hint).toContain('--skip-invalid');
  });

  it('rows of several files are named by each', () => {
    const rows = [
      ...inFile(fineRows(2, () => ({ label: '' }))),
      ...inFile(
        fineRows(2, (index) => ({ label: '', text: `b ${index}` })),
        'more.csv',
      ),
    ];
    expect(checkOwnData(resolvedTask(), rows, [])[0]?.message).toBe(
      'tickets.csv:2, 3, more.csv:2 and 3: the target `label` is empty',
    );
  });
});
