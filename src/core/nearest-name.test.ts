import { expect, it } from 'vitest';
import { nearestName } from './nearest-name.ts';

const known = ['imdb', 'hellaswag', 'arc_easy', 'squad2', 'gsm8k'];

it.each([
  ['imbd', 'imdb'],
  ['hellaswg', 'hellaswag'],
  ['GSM8k', 'gsm8k'],
  ['squad', 'squad2'],
  ['arc', 'arc_easy'],
])('finds %s near %s', (name, expected) => {
  expect(nearestName(name, known)).toBe(expected);
});

it('finds nothing near a word of its own', () => {
  expect(nearestName('humaneval', known)).toBeUndefined();
  expect(nearestName('x', [])).toBeUndefined();
});
