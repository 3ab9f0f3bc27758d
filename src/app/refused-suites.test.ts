import { expect, it } from 'vitest';
import { type SuiteInput, suiteSchema } from '../core/suite.ts';
import { checkRace } from './plan-race.ts';
import { plan, run } from './run.ts';

const mock = { name: 'a', source: 'mock', engine: 'mock' };
const served = { source: 'openai:http://127.0.0.1:9/v1#m', name: 'm' };
const refused: readonly (readonly [what: string, suite: Partial<SuiteInput>, message: RegExp])[] = [
  ['a question that is none', { decide: 'nonsense' }, /"nonsense" is not a question .* valid questions: `winner`/],
  ['a question under the paper protocol', { decide: 'winner', protocol: 'paper' }, /needs the serving protocol/],
  [
    'a concurrency that the engine cannot do',
    { models: ['smollm2-135m-instruct'], concurrency: 300 },
    /max concurrency of 256/,
  ],
  [
    'a load without requests',
    { requestRate: 0.01, windowSeconds: 20 },
    /^0\.01 requests per second are too few for a window of 20 s$/,
  ],
  [
    'template arguments against the setting',
    { models: [{ ...served, thinking: 'on', templateArgs: { enable_thinking: false } }] },
    /^m: thinking is on, but templateArgs set enable_thinking to false$/,
  ],
  [
    'a setting against the template arguments',
    { models: [{ ...served, thinking: 'off', templateArgs: { thinking: true } }] },
    /^m: thinking is off, but templateArgs set thinking to true$/,
  ],
  [
    'the same of a model whose server is started for it',
    {
      models: [
        {
          source: 'org/m',
          name: 'm',
          server: { preset: 'vllm' },
          thinking: { budget: 64 },
          templateArgs: { enable_thinking: false },
        },
      ],
    },
    /^m: thinking is on, but templateArgs set enable_thinking to false$/,
  ],
  ['unknown engine options', { models: [{ ...mock, engineOptions: { nope: 1 } }] }, /options of engine mock: .*nope/],
];

it.each(refused)('run and plan refuse %s alike', async (_, settings, message) => {
  const suite: SuiteInput = { models: [mock], tasks: ['imdb/mini'], ...settings };
  await expect(plan(suite, { probe: 'never' })).rejects.toThrow(message);
  await expect(run(suite).next()).rejects.toThrow(message);
});

it('refuses to go on with a race of another rule, whose answers were asked in another order', async () => {
  const suite = suiteSchema.parse({ models: [mock], tasks: ['imdb/mini'], decide: 'winner' });
  const stored = { question: { text: 'winner', goal: 'winner' }, confidence: 0.95, tasks: {} } as const;
  await expect(checkRace(suite, { stored })).rejects.toThrow(
    /^the run is a race of an earlier perbench, which this one can't continue$/,
  );
});
