import { expect, it } from 'vitest';
import { latencyLimit, parseRaceQuestion, questionOf, questionText, storedQuestion } from './race-question.ts';

it.each([
  ['winner', { goal: 'winner', limits: {} }, 'winner'],
  ['Winner', { goal: 'winner' }, 'winner'],
  [
    'cheapest with accuracy >= 0.7',
    { goal: 'cheapest', limits: { minAccuracy: 0.7 } },
    'cheapest with accuracy >= 0.7',
  ],
  ['cheapest  with accuracy≥70%', { limits: { minAccuracy: 0.7 } }, 'cheapest with accuracy >= 0.7'],
  [
    'cheapest with memory <= 2gib and accuracy >= .5, latency p95 <= 0.3s',
    { limits: { minAccuracy: 0.5, maxMemory: 2 ** 31, maxLatencyP95: 300 } },
    'cheapest with accuracy >= 0.5 and memory <= 2 GiB and latency p95 <= 300 ms',
  ],
  [
    'cheapest with accuracy within 2% of best and memory <= 1 GiB',
    { limits: { withinBest: 0.02, maxMemory: 2 ** 30 } },
    'cheapest with accuracy within 0.02 of the best and memory <= 1 GiB',
  ],
  ['winner with memory <= 500MB', { goal: 'winner', limits: { maxMemory: 500e6 } }, 'winner with memory <= 500 MB'],
])('reads %s', (text, expected, spelled) => {
  const question = parseRaceQuestion(text);
  expect(question).toMatchObject(expected);
  expect(questionText(question)).toBe(spelled);
  // Its own spelling means the same.
  expect(parseRaceQuestion(spelled).limits).toEqual(question.limits);
});

it('says which share must be in time', () => {
  expect(latencyLimit(parseRaceQuestion('winner with latency p97.5 <= 1.5s').limits)).toEqual({
    share: 0.975,
    maxMs: 1500,
  });
  expect(latencyLimit({ maxMemory: 1, maxLatency: 5 })).toBeUndefined();
});

// What stores hold, letter by letter: the key of a run that goes on is a hash of it.
it.each([
  ['winner', '{"text":"winner","goal":"winner"}'],
  [
    'winner with memory <= 500MB',
    '{"text":"winner with memory <= 476.837 MiB","goal":"winner","mostMemoryBytes":500000000}',
  ],
  [
    'cheapest with memory <= 2 GiB and accuracy >= .5, latency p95 <= 0.3s',
    '{"text":"cheapest with accuracy >= 0.5 and memory <= 2048 MiB and latency p95 <= 300 ms","goal":"cheapest","mostMemoryBytes":2147483648,"leastAccuracy":0.5,"latency":{"share":0.95,"mostMs":300}}',
  ],
  [
    'cheapest with accuracy within 2% of best and memory <= 1 GiB',
    '{"text":"cheapest with accuracy within 0.02 of the best and memory <= 1024 MiB","goal":"cheapest","withinBest":0.02,"mostMemoryBytes":1073741824}',
  ],
  [
    'winner with latency p97.5 <= 1500 ms',
    '{"text":"winner with latency p97.5 <= 1500 ms","goal":"winner","latency":{"share":0.975,"mostMs":1500}}',
  ],
])('stores %s as ever, and reads it back', (text, stored) => {
  const question = parseRaceQuestion(text);
  expect(JSON.stringify(storedQuestion(question))).toBe(stored);
  const read = questionOf(JSON.parse(stored) as ReturnType<typeof storedQuestion>);
  expect(questionText(read)).toBe(questionText(question));
  expect(read).toEqual(question);
});

it.each([
  ['best', 'it names no goal'],
  ['cheapest', 'cheapest needs a limit on accuracy'],
  ['cheapest with memory <= 1 GiB', 'cheapest needs a limit on accuracy'],
  ['winner with accuracy within 0.1 of the best', 'winner takes no limit on accuracy: PER-A includes it'],
  ['cheapest with accuracy within 0 of the best', '`accuracy within 0 of the best` is not a limit'],
  ['cheapest with accuracy >= 0.5 and accuracy within 0.1 of the best', 'it has two limits on accuracy'],
  [
    'cheapest with accuracy within 0.1 of the best and latency p95 <= 1 s',
    "a limit on latency can't be combined with `accuracy within … of the best`",
  ],
  ['winner with accuracy >= 0.5', 'winner takes no limit on accuracy: PER-A includes it'],
  ['cheapest with accuracy >= 1.5', '`accuracy >= 1.5` is not a limit'],
  ['cheapest with accuracy > 0.5', '`accuracy > 0.5` is not a limit'],
  ['winner with memory <= 2 lb', '`memory <= 2 lb` is not a limit'],
  ['winner with latency p100 <= 2 s', '`latency p100 <= 2 s` is not a limit'],
  ['winner with latency p95 <= 2 s and latency p99 <= 3 s', 'it limits two latency percentiles'],
  ['cheapest with accuracy drop <= 0.1', '`accuracy drop <= 0.1` does not apply here'],
  ['winner with memory <= 1 GiB and memory <= 2 GiB', '`memory <= 2 gib` is given twice'],
])('refuses %s', (text, why) => {
  expect(() => parseRaceQuestion(text)).toThrow(why);
  expect(() => parseRaceQuestion(text)).toThrow('valid questions: `winner`, or `cheapest with accuracy >= 0.7`');
});
