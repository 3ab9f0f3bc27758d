import { expect, it } from 'vitest';
import { smallModel } from '../../test/setup/small-models.ts';
import { sweep } from './sweep.ts';

it('measures a real model under two loads, with the tokens that were asked for', async () => {
  const source = await smallModel('smollm2-135m-instruct');
  const { cells } = await sweep({
    models: [{ source, style: 'instruct' }],
    promptTokens: [64],
    outputTokens: 6,
    concurrency: [1, 2],
    launches: 1,
    windowSeconds: 0.2,
    allowBusy: true,
  });
  expect(cells.map(({ state, concurrency }) => [state, concurrency])).toEqual([
    ['done', 1],
    ['done', 2],
  ]);
  for (const { measurements, reusedTokens, failedRequests, marks } of cells) {
    // An instruct model would end an answer to random words by itself.
    expect(measurements.outputTokens).toMatchObject({ value: 6 });
    const { promptTokens } = measurements;
    const tokens = promptTokens?.status === 'measured' ? promptTokens.value : 0;
    expect(Math.abs(tokens / 64 - 1)).toBeLessThan(0.05);
    expect([reusedTokens, failedRequests]).toEqual([0, 0]);
    expect(marks.map(({ name }) => name)).not.toContain('length');
    for (const name of ['promptSpeed', 'outputSpeed', 'outputTokensPerSecond', 'ttftP50'] as const)
      expect(measurements[name]).toMatchObject({ status: 'measured' });
  }
});
