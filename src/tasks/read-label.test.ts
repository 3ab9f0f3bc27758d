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
    'Which one: billing or bug: billing',
  ])('reads nothing out of %j', (text) => {
    expect(tickets(text)).toBeUndefined();
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
});
