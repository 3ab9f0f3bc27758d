import { expect, it } from 'vitest';
import { parseRaceQuestion } from './question.ts';

it.each([
  ['winner', { goal: 'winner', text: 'winner' }],
  ['Winner', { goal: 'winner' }],
  ['cheapest with accuracy >= 0.7', { goal: 'cheapest', leastAccuracy: 0.7, text: 'cheapest with accuracy >= 0.7' }],
  ['cheapest  with accuracy≥70%', { leastAccuracy: 0.7, text: 'cheapest with accuracy >= 0.7' }],
  [
    'cheapest with memory <= 2 GiB and accuracy >= .5, latency p95 <= 0.3s',
    {
      leastAccuracy: 0.5,
      mostMemoryBytes: 2 ** 31,
      latency: { share: 0.95, mostMs: 300 },
      text: 'cheapest with accuracy >= 0.5 and memory <= 2048 MiB and latency p95 <= 300 ms',
    },
  ],
  [
    'cheapest with accuracy within 2% of best and memory <= 1 GiB',
    {
      withinBest: 0.02,
      mostMemoryBytes: 2 ** 30,
      text: 'cheapest with accuracy within 0.02 of the best and memory <= 1024 MiB',
    },
  ],
  ['winner with memory <= 500MB', { goal: 'winner', mostMemoryBytes: 500e6 }],
])('reads %s', (text, expected) => {
  const question = parseRaceQuestion(text);
  expect(question).toMatchObject(expected);
  // Its own spelling means the same.
  expect(parseRaceQuestion(question.text).text).toBe(question.text);
});

it.each([
  ['best', 'it names no goal'],
  ['cheapest', 'the cheapest needs an accuracy that is good enough'],
  ['cheapest with memory <= 1 GiB', 'the cheapest needs an accuracy that is good enough'],
  ['winner with accuracy within 0.1 of the best', 'PER-A of the winner counts accuracy already'],
  ['cheapest with accuracy within 0 of the best', '`accuracy within 0 of the best` is no limit'],
  ['cheapest with accuracy >= 0.5 and accuracy within 0.1 of the best', 'it says twice which accuracy is good enough'],
  [
    'cheapest with accuracy within 0.1 of the best and latency p95 <= 1 s',
    "a limit on latency and the best of all can't be asked together",
  ],
  ['winner with accuracy >= 0.5', 'PER-A of the winner counts accuracy already'],
  ['cheapest with accuracy >= 1.5', '`accuracy >= 1.5` is no limit'],
  ['cheapest with accuracy > 0.5', '`accuracy > 0.5` is no limit'],
  ['winner with memory <= 2 lb', '`memory <= 2 lb` is no limit'],
  ['winner with latency p100 <= 2 s', '`latency p100 <= 2 s` is no limit'],
  ['winner with memory <= 1 GiB and memory <= 2 GiB', '`memory <= 2 gib` comes twice'],
])('refuses %s', (text, why) => {
  expect(() => parseRaceQuestion(text)).toThrow(why);
  expect(() => parseRaceQuestion(text)).toThrow('ask `winner`, or `cheapest with accuracy >= 0.7`');
});
