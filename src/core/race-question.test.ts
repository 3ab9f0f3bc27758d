import { expect, it } from 'vitest';
import {
  latencyLimit,
  parseRaceQuestion,
  questionOf,
  questionText,
  storedQuestion,
  withBase,
} from './race-question.ts';

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
  [
    'cheapest not worse than base by 1%',
    { goal: 'cheapest', base: 'base', limits: { maxAccuracyDrop: 0.01 } },
    'cheapest not worse than base by 0.01',
  ],
  [
    'Cheapest with Accuracy Drop <= 0.01 and memory <= 2GiB',
    { base: 'base', limits: { maxAccuracyDrop: 0.01, maxMemory: 2 ** 31 } },
    'cheapest not worse than base by 0.01 and memory <= 2 GiB',
  ],
  [
    'cheapest not worse than Qwen2.5-Q8_0 by .02 with latency p95 <= 800ms and memory <= 2 GiB',
    { base: 'Qwen2.5-Q8_0', limits: { maxAccuracyDrop: 0.02, maxMemory: 2 ** 31, maxLatencyP95: 800 } },
    'cheapest not worse than Qwen2.5-Q8_0 by 0.02 and memory <= 2 GiB and latency p95 <= 800 ms',
  ],
  [
    'cheapest not worse than qwen (kvCache q8_0, threads 4) by 0.5 %, memory <= 2 GiB',
    { base: 'qwen (kvCache q8_0, threads 4)', limits: { maxAccuracyDrop: 0.005 } },
    'cheapest not worse than "qwen (kvCache q8_0, threads 4)" by 0.005 and memory <= 2 GiB',
  ],
  [
    'cheapest not worse than "made by 2 and by 3" by 0.01',
    { base: 'made by 2 and by 3' },
    'cheapest not worse than "made by 2 and by 3" by 0.01',
  ],
  [
    'cheapest not worse than the "big" one by 0.01',
    { base: 'the "big" one' },
    'cheapest not worse than the "big" one by 0.01',
  ],
])('reads %s', (text, expected, spelled) => {
  const question = parseRaceQuestion(text);
  expect(question).toMatchObject(expected);
  expect(questionText(question)).toBe(spelled);
  // Its own spelling means the same.
  expect(parseRaceQuestion(spelled)).toEqual(question);
});

it('finds the model that the others are compared with', () => {
  const baseOf = (name: string, models: readonly string[]): string | undefined =>
    withBase(parseRaceQuestion(`cheapest not worse than ${name} by 0.01`), models).base;
  expect(baseOf('base', ['q8', 'q4'])).toBe('q8');
  expect(baseOf('Base', ['q8', 'q4'])).toBe('q8');
  expect(baseOf('q4', ['q8', 'q4'])).toBe('q4');
  expect(baseOf('base', ['q8', 'base'])).toBe('base');
  expect(() => baseOf('q5', ['q8', 'base'])).toThrow('unknown model to compare with "q5"; known: q8, base');
  const others = parseRaceQuestion('winner');
  expect(withBase(others, ['q8'])).toEqual(others);
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
  [
    'cheapest not worse than q8 by 1% and memory <= 2 GiB',
    '{"text":"cheapest not worse than q8 by 0.01 and memory <= 2048 MiB","goal":"cheapest","base":"q8","mostAccuracyDrop":0.01,"mostMemoryBytes":2147483648}',
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
  ['winner with accuracy drop <= 0.1', 'winner takes no limit on accuracy: PER-A includes it'],
  ['cheapest with throughput drop <= 0.1', '`throughput drop <= 0.1` does not apply here'],
  ['cheapest not worse than base', 'it needs a model and a share, as in `not worse than base by 0.01`'],
  ['cheapest not worse than base by much', '`by much` is no drop in accuracy: expected a share from 0 to 1'],
  ['cheapest not worse than base by 2', '`by 2` is no drop in accuracy: expected a share from 0 to 1'],
  ['cheapest not worse than base by 0', '`by 0` is no drop in accuracy: expected more than 0'],
  ['cheapest not worse than base by 0.01 and accuracy >= 0.5', 'it has two limits on accuracy'],
  ['cheapest not worse than base by 0.01 and accuracy drop <= 0.02', '`accuracy drop <= 0.02` is given twice'],
  ['cheapest not worse than base by 0.01 and accuracy within 0.1 of the best', 'it has two limits on accuracy'],
  ['winner with memory <= 1 GiB and memory <= 2 GiB', '`memory <= 2 gib` is given twice'],
])('refuses %s', (text, why) => {
  expect(() => parseRaceQuestion(text)).toThrow(why);
  expect(() => parseRaceQuestion(text)).toThrow('valid questions: `winner`, or `cheapest with accuracy >= 0.7`');
});
