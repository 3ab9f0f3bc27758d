import { expect, it } from 'vitest';
import { promptWords, randomPrompts, uniqueWords } from './random-prompts.ts';

it('has a word for each digit, and none twice', () => {
  expect(promptWords).toHaveLength(256);
  expect(new Set(promptWords).size).toBe(256);
});

it('makes prompts of the wanted number of words, no two with the same beginning', () => {
  const next = randomPrompts(1, 2 ** 32 - 500);
  const prompts = Array.from({ length: 5_000 }, () => next(12).split(' '));
  expect(new Set(prompts.map((words) => words.length))).toEqual(new Set([12]));
  expect(new Set(prompts.map((words) => words.slice(0, uniqueWords).join(' '))).size).toBe(5_000);
  // Requests that follow each other differ from their first word on.
  for (const [index, words] of prompts.slice(1).entries()) expect(words[0]).not.toBe(prompts[index]?.[0]);
});

it('costs the same each time, behind another beginning', () => {
  const texts = (seed: number, start: number): readonly string[] => {
    const next = randomPrompts(seed, start);
    return [next(40), next(40)];
  };
  expect(texts(1, 7)).toEqual(texts(1, 7));
  const rest = (text: string): string => text.split(' ').slice(uniqueWords).join(' ');
  expect(texts(1, 8).map(rest)).toEqual(texts(1, 7).map(rest));
  expect(texts(1, 8)[0]).not.toBe(texts(1, 7)[0]);
  expect(texts(2, 7).map(rest)).not.toEqual(texts(1, 7).map(rest));
});

it('is never shorter than its beginning', () => {
  expect(randomPrompts(1, 0)(1).split(' ')).toHaveLength(uniqueWords);
});
