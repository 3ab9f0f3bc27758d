import { expect, it } from 'vitest';
import type { Suite, SuiteInput } from '../core/suite.ts';
import { suiteSchema } from '../core/suite.ts';
import type { RunPlan } from '../run/plan.ts';
import { suiteKey, withTimeLimit } from './prepare-run.ts';

const models = [
  {
    spec: { name: 'm', engine: 'llama', promptStyle: 'auto', engineOptions: { device: 'cpu' } },
    facts: { source: 'm.gguf', fileSha256: 'f'.repeat(64), fileBytes: 1 },
  },
];
const tasks = [
  {
    task: { id: 'imdb/per@1' },
    facts: { dataSha256: 'd'.repeat(64), evaluatedItems: 2 },
  },
];

// As much of a plan as its key is made of.
function planOf(input: Partial<SuiteInput>): RunPlan {
  const suite: Suite = suiteSchema.parse({ models: ['m.gguf'], ...input });
  return { suite, models, tasks, suiteKey: '', manifest: { tasks: {} } } as unknown as RunPlan;
}

function keyOf(input: Partial<SuiteInput>): string {
  const plan = planOf(input);
  return suiteKey(plan.suite, plan.models, plan.tasks);
}

// Computed by the version before the table of settings: its unfinished runs must be found again.
const plain = '0e529753d9f52972c4766f91bfcc69bc0b0a1cc1a54e377d135ce9b0034aa452';

it.each([
  ['defaults', {}, plain],
  [
    'what decides nothing, or enters by what it leads to',
    {
      name: 'other',
      limit: 5,
      hangSeconds: 1,
      clientProcesses: 4,
      waitQuiet: 5,
      pricePerHour: 2,
      decide: 'winner',
      confidence: 0.9,
      skipInvalid: true,
      dataDir: 'x',
      gates: { minAccuracy: 0.5 },
    },
    plain,
  ],
  [
    'every other setting',
    {
      protocol: 'paper',
      seed: 2,
      concurrency: 'auto',
      launches: 1,
      windowSeconds: 1.5,
      latencyRequests: 2,
      latencySeconds: 3,
      threads: 4,
      contextTokens: 512,
    },
    '45bfe82422c20174b6c969f7f849cb2615fa1360ea9d1ff950a9d00ac3aa2d48',
  ],
  ['an open loop', { requestRate: 2.5 }, '3127dedd3c040ed1256f8182ba76e69d6ee1916cf464575cc7c8a520a95fe13e'],
  ['goodput', { goodput: 'ttft:500ms' }, 'bc22d0d8b2406fe4f200278a61804ea7dc04234037b39f7877edb5c6b1ee9390'],
] as const)('a suite has the key that it always had: %s', (_, suite, key) => {
  expect(keyOf(suite as Partial<SuiteInput>)).toBe(key);
});

it('a run within a time is another one than a run in full, or within another time', () => {
  const plan = { ...planOf({}), suiteKey: plain };
  const keys = [plan, withTimeLimit(plan, 60_000), withTimeLimit(plan, 90_000)].map((each) => each.suiteKey);
  expect(new Set(keys).size).toBe(3);
});

it('numbers that are taken as they are belong to another run, also than one that was stored before that could be said', () => {
  expect(keyOf({ allowBusy: true })).not.toBe(plain);
  const { allowBusy: _, waitQuiet: __, ...older } = suiteSchema.parse({ models: ['m.gguf'] });
  const { models: planned, tasks: asked } = planOf({});
  expect(suiteKey(older as Suite, planned, asked)).toBe(plain);
});
