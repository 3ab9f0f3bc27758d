import { expect, it } from 'vitest';
import { listText, shortListText, spreadNote } from './board-text.ts';

it('lists names as people say them', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(listText)).toEqual(['', 'a', 'a and b', 'a, b and c']);
});

it('cuts a list that is long, and says when it is all of them', () => {
  const five = ['a', 'b', 'c', 'd', 'e'];
  expect(shortListText(five.slice(1), 4)).toBe('b, c, d and e');
  expect(shortListText(five, 6)).toBe('a, b, c and 2 more');
  expect(shortListText(five, 5)).toBe('all 5 models');
});

it('says of launches only what is known of them', () => {
  const alone = spreadNote(['a', 'b'], 2, { method: 'paired', isPooled: false });
  expect(alone).toContain('performance of a and b comes from a single launch');
  expect(alone).toContain('P(1st) assumes 20 % between launches');
  const beside = spreadNote(['a'], 3, { method: 'paired', isPooled: true });
  expect(beside).toContain('P(1st) takes the spread between launches of the others');
  expect(spreadNote(['a'], 3, { method: 'intervals', isPooled: true })).toContain('P(1st) assumes 20 %');
});
