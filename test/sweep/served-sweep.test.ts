import { describe, expect, it } from 'vitest';
import type { Sweep, SweepCell, SweepMetric } from '../../src/core/sweep.ts';
import { sweep, type SweepInput } from '../../src/app/sweep.ts';
import { type CachingServerOptions, startCaching } from './caching-server.ts';

const quick = {
  launches: 1,
  windowSeconds: 0.1,
  allowBusy: true,
  outputTokens: 6,
  promptTokens: [40],
  concurrency: [2],
};

async function sweepServer(
  options: CachingServerOptions,
  more: Partial<SweepInput> = {},
): Promise<{ readonly found: Sweep; readonly prompts: readonly string[] }> {
  await using server = await startCaching(options);
  const { baseUrl, prompts } = server;
  const models = [
    { source: `${baseUrl}#m`, engine: 'openai', engineOptions: { loglikelihood: 'none', retrySeconds: 0 } },
  ] as const;
  return { found: await sweep({ models: [...models], ...quick, ...more }), prompts: [...prompts] };
}

function value({ measurements }: SweepCell, name: SweepMetric): number | undefined {
  const found = measurements[name];
  return found === undefined || found.status === 'unavailable' ? undefined : found.value;
}

function only({ cells }: Sweep): SweepCell {
  const [first, second] = cells;
  if (first === undefined || second !== undefined) throw new Error(`${cells.length} cells`);
  return first;
}

describe('a server with a cache of prefixes', () => {
  it('finds nothing in it: no prompt begins as another does', async () => {
    const { found, prompts } = await sweepServer({});
    const cell = only(found);
    expect(cell).toMatchObject({ state: 'done', reusedTokens: 0, failedRequests: 0 });
    const doubts = new Set(['cached', 'length', 'short', 'failed']);
    expect(cell.marks.filter(({ name }) => doubts.has(name))).toEqual([]);
    expect(value(cell, 'promptTokens')).toBe(40);
    expect(value(cell, 'outputTokens')).toBe(6);
    expect(new Set(prompts.slice(1).map((text) => text.split(' ').slice(0, 4).join(' '))).size).toBe(
      prompts.length - 1,
    );
  });

  it('is marked where it has what all prompts share, and only the rest is counted', async () => {
    const cell = only((await sweepServer({ templateWords: 10 })).found);
    expect(cell.reusedTokens).toBeGreaterThan(0);
    const cached = cell.marks.find(({ name }) => name === 'cached');
    expect(cached).toMatchObject({ isDoubtful: true });
    expect(cached?.detail).toMatch(
      /^[\d,]+ of [\d,]+ prompt tokens \(25\.\d %\) came from a cache; only the others are counted$/,
    );
    // 40 with the template, of which ten are cached, and one more where first digits of numbers repeat.
    expect(value(cell, 'promptTokens')).toBeCloseTo(30, 0);
    expect(cell.marks.map(({ name }) => name)).not.toContain('length');
  });
});

describe('a server that does not do what is asked', () => {
  it('has a row that says which requests failed, and figures of the others', async () => {
    const cell = only((await sweepServer({ refusesEvery: 5 }, { requests: 60 })).found);
    expect(cell.state).toBe('done');
    expect(cell.failedRequests).toBeGreaterThan(0);
    const failed = cell.marks.find(({ name }) => name === 'failed');
    expect(failed?.detail).toMatch(/^\d+ of \d+ requests failed, the first: .*this one is refused/);
  });

  it('ends answers early: the tokens that came are told, and counted', async () => {
    const cell = only((await sweepServer({ mostTokens: 3 })).found);
    expect(value(cell, 'outputTokens')).toBe(3);
    expect(cell.marks.find(({ name }) => name === 'short')?.detail).toBe(
      'answers had 3.0 tokens on average, 6 were asked for: the engine ends them by itself',
    );
  });

  it('puts more before a prompt than was asked for', async () => {
    const cell = only((await sweepServer({ templateWords: 60 })).found);
    expect(cell.marks.find(({ name }) => name === 'length')?.detail).toBe(
      'prompts had 64.0 tokens on average, 40 were asked for',
    );
  });
});

it('gives what there is when it is told to stop', async () => {
  await using server = await startCaching();
  const stop = new AbortController();
  const found = await sweep(
    { models: [{ source: `${server.baseUrl}#m`, engine: 'openai' }], ...quick, concurrency: [1, 2, 4] },
    { signal: stop.signal, onEvent: ({ type }) => (type === 'window-end' ? stop.abort() : undefined) },
  );
  expect(found.isInterrupted).toBe(true);
  expect(found.cells.map(({ concurrency, state }) => [concurrency, state])).toEqual([[1, 'done']]);
});

it('has as many requests in the steady part as are asked for, however slow they are', async () => {
  const model = { name: 'slow', source: 'none', engine: 'mock', engineOptions: { tokenMs: 15 } };
  const { cells } = await sweep({ models: [model], ...quick, windowSeconds: 0.02, concurrency: [8], requests: 40 });
  const { promptTokens, ttftP50 } = cells[0]?.measurements ?? {};
  expect(ttftP50).toMatchObject({ status: 'measured' });
  expect(promptTokens?.status === 'measured' && promptTokens.n).toBeGreaterThanOrEqual(40);
});

it('goes on past loads that have no room in the context', async () => {
  const { cells } = (await sweepServer({}, { promptTokens: [40, 9000] })).found;
  expect(cells.map(({ state }) => state)).toEqual(['done', 'unavailable']);
  expect(cells[1]?.reason).toBe("9000 prompt tokens and 6 to generate don't fit into a context of 8192");
});
