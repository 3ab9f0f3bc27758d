import { describe, expect, it } from 'vitest';
import { createLabelReader } from './read-label.ts';

const tickets = createLabelReader(['billing', 'bug', 'feature request', 'not spam', 'spam', 'C++', 'n/a']);

describe('createLabelReader', () => {
  it.each([
    ['billing', 'billing'],
    ['Billing.', 'billing'],
    ['\n\n  **BUG**\nIt crashes.', 'bug'],
    ['"feature request"', 'feature request'],
    ['Feature-Request', 'feature request'],
    ['feature_request', 'feature request'],
    ['Category: bug', 'bug'],
    ['**The best category:** bug.', 'bug'],
    ['I would say this is billing', 'billing'],
    ['It is a bug, a bug indeed', 'bug'],
    ['not spam', 'not spam'],
    ['This is not spam.', 'not spam'],
    ['spam', 'spam'],
    ['It is about C++', 'C++'],
    ['c++.', 'C++'],
    ['N/A', 'n/a'],
    ["That isn't easy: bug", 'bug'],
  ])('reads %j as %j', (text, label) => {
    expect(tickets(text)).toBe(label);
  });

  it.each([
    '',
    '   \n',
    'debugging',
    'bugs',
    'billing or bug',
    'not billing',
    "It isn't a bug",
    'neither billing nor that',
    'never a bug',
    'spam, no, not spam',
    'something else\nbilling',
    'feature',
    'Which one: billing or bug',
  ])('reads nothing out of %j', (text) => {
    expect(tickets(text)).toBeUndefined();
  });

  const binary = createLabelReader(['0', '1']);
  it.each([
    ['0', '0'],
    ['1.', '1'],
    ['**1**', '1'],
    ['Label: 1', '1'],
    ['Label = 1', '1'],
    ['(1)', '1'],
    ['+1', '1'],
    ['- 1', '1'],
    ['The label is 0, since it is bad.', '0'],
    ['I would say 1: yes', '1'],
    ['In 2024 this was a 1', '1'],
    ['1 - (good)', '1'],
    ['0.98', undefined],
    ['1.5', undefined],
    ['.1', undefined],
    ['-1', undefined],
    ['−1', undefined],
    ['The label is -1', undefined],
    ['1/10', undefined],
    ['10/1', undefined],
    ['1,000', undefined],
    ['1 000', undefined],
    ['3 + 1', undefined],
    ['3 - 1', undefined],
    ['3-1', undefined],
    ['1 + 3 is 4', undefined],
    ['2 = 1', undefined],
    ['0-1', undefined],
    ['1 %', undefined],
    ['$1', undefined],
    ['1:30', undefined],
    ['0 or 1', undefined],
    ['10', undefined],
  ])('reads %j as %j of 0 and 1', (text, label) => {
    expect(binary(text)).toBe(label);
  });

  it.each([
    ['-1', '-1'],
    ['−1', '-1'],
    ['It is −1.', '-1'],
    ['It is -1, so bad', '-1'],
    ['1', '1'],
    ['0', '0'],
    ['0.5', undefined],
    ['-0.5', undefined],
    ['3-1', undefined],
    ['3 -1', undefined],
    ['-1 or 1', undefined],
    ['-10', undefined],
  ])('reads %j as %j of -1, 0 and 1', (text, label) => {
    expect(createLabelReader(['-1', '0', '1'])(text)).toBe(label);
    expect(createLabelReader(['−1', '0', '1'])(text)).toBe(label === '-1' ? '−1' : label);
  });

  it('reads labels that are words around numbers as before', () => {
    expect(createLabelReader(['level 1', 'level 2'])('level 1 + more')).toBe('level 1');
    expect(tickets('bug/10')).toBe('bug');
  });

  it.each([
    ['答案是账单。', '账单'],
    ['账单', '账单'],
    ['カテゴリ：バグ', 'バグ'],
    ['Ответ: ошибка', 'ошибка'],
    ['ОШИБКА', 'ошибка'],
    ['ошибками', undefined],
    ['账单或バグ', undefined],
    ['Größe', 'größe'],
  ])('reads %j as %j in any script', (text, label) => {
    expect(createLabelReader(['账单', 'バグ', 'ошибка', 'größe'])(text)).toBe(label);
  });

  it.each([
    ['1', '1'],
    ['-1', '-1'],
    ['rating: 10', '10'],
    ['10 of 10', '10'],
    ['1 or 10', undefined],
    ['100', undefined],
  ])('tells numbers apart: %j is %j', (text, label) => {
    expect(createLabelReader(['-1', '1', '10'])(text)).toBe(label);
  });

  it('tells labels apart that differ by case alone', () => {
    const read = createLabelReader(['IT', 'it']);
    expect([read('IT'), read('it'), read('It'), read('about IT')]).toEqual(['IT', 'it', undefined, 'IT']);
  });

  it.each([
    ['Which one: billing or bug?\nbilling', 'billing'],
    ['The category of the ticket is:\n\n1. feature request', 'feature request'],
    ['spam? No.', undefined],
    ['spam, no', undefined],
    ['non-spam', undefined],
    ['far from a bug, billing', 'billing'],
    ['{"label": "C++"}', 'C++'],
    ['Label:\nsomething else\nbilling', undefined],
    ['☐ billing\n☑ bug', 'bug'],
    ['* [ ] spam\n* [x] bug', 'bug'],
    ['bug ✗\nspam ✓', 'spam'],
    ['bug ❌ spam ✅', 'spam'],
    ['bug ❌', undefined],
    ['~~billing~~ bug', 'bug'],
    ['It is tough to see a bug in it.', undefined],
    ['It has little of a bug.', undefined],
    ['Calling it a bug would be a stretch.', undefined],
    ['It is a false belief that this is a bug.', undefined],
    ['No one could say that it is a bug', undefined],
    ['After a little billing, nothing', 'billing'],
    ['Although it mentions billing, it is a bug.', 'bug'],
    ['It is a bug, despite some talk of billing.', 'bug'],
    ['Might be spam, but I take it for billing.', 'billing'],
    ['While there is some billing in it, this is a bug', 'bug'],
    ['It could be a bug.', 'bug'],
    ['Could be a bug, may be billing.', undefined],
    ['Labels: bug, billing\nAnswer: billing', 'billing'],
    ['Between bug and billing, I pick bug.', 'bug'],
    ['I have to say whether it is a bug or spam, from this text.\n\nSpam', 'spam'],
    ['It is unclear whether it is a bug or spam.\n\nA bug has no billing', undefined],
    ['either a bug or spam', undefined],
    ['<output>bug</output>', 'bug'],
    ['Good question!\nBug', 'bug'],
  ])('reads %j as %j', (text, label) => {
    expect(tickets(text)).toBe(label);
  });

  it.each([
    ['No', 'no'],
    ['Yes or no? No, it is not.', 'no'],
    ['Not sure, no', 'no'],
    ['no doubt, yes', undefined],
  ])('takes %j for %j, where a label is a word of negation', (text, label) => {
    expect(createLabelReader(['yes', 'no'])(text)).toBe(label);
  });

  it.each([
    ['Label:\n1', '1'],
    ['{"label": 1}', '1'],
    ['0 or 1?\n1', '1'],
    ['not 0, 1', '1'],
    ['not 1', undefined],
  ])('reads %j as %j of 0 and 1', (text, label) => {
    expect(binary(text)).toBe(label);
  });

  it('reads labels of signs alone', () => {
    const read = createLabelReader(['***', '**', '👍']);
    expect([read('***'), read('**'), read('Rating:\n👍')]).toEqual(['***', '**', '👍']);
    expect(createLabelReader(['✅', '❌'])('It is ❌')).toBe('❌');
  });
});
