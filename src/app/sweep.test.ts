import { expect, it } from 'vitest';
import { sweep } from './sweep.ts';

it('measures each candidate of a model', async () => {
  const { cells } = await sweep({
    models: [{ source: 'a', engine: 'mock', vary: { tokenMs: [0.1, 0.2] } }],
    promptTokens: [32],
    outputTokens: 4,
    concurrency: [1],
    launches: 1,
    windowSeconds: 0.05,
    allowBusy: true,
  });
  expect(cells.map(({ model, state }) => [model, state])).toEqual([
    ['a (tokenMs 0.1)', 'done'],
    ['a (tokenMs 0.2)', 'done'],
  ]);
});
