import { expect, it } from 'vitest';
import { run } from '../../src/app/run.ts';
import type { CellMeasurements } from '../../src/core/cell.ts';
import type { Sample } from '../../src/core/sample.ts';
import { defineSuite, type SuiteInput } from '../../src/core/suite.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { startThinkingServer } from './thinking-server.ts';
import type { ThinkingServerOptions, ThinkingShape } from './thinking-server-options.ts';

/** Right for some items: the letter, or the word, that the question ends up with. */
function answer(question: string): string {
  if (question.includes('letter of the right choice')) return question.includes('A. gravity') ? 'A' : 'B';
  return question.length % 2 === 0 ? 'positive' : 'negative';
}

async function samplesOf(
  options: Omit<ThinkingServerOptions, 'answer'>,
  model: Partial<Exclude<SuiteInput['models'][number], string>> = {},
  settings: Partial<SuiteInput> = {},
): Promise<{ readonly samples: readonly Sample[]; readonly measurements: readonly CellMeasurements[] }> {
  await using server = await startThinkingServer({ answer, ...options });
  await using store = await openSqliteStore({ file: ':memory:' });
  const suite = defineSuite({
    models: [{ source: `openai:${server.baseUrl}#thinker`, name: 'thinker', style: 'instruct', ...model }],
    tasks: ['imdb/mini', 'arc_easy/mini'],
    launches: 1,
    concurrency: 4,
    windowSeconds: 0.3,
    latencyRequests: 5,
    latencySeconds: 5,
    allowBusy: true,
    ...settings,
  });
  const events = await Array.fromAsync(run(suite, { store, environment: {} }));
  const failures = events.flatMap((event) =>
    event.type === 'cell-end' && event.state !== 'done' ? [event.error] : [],
  );
  expect(failures).toEqual([]);
  const record = await store.latestRun();
  const cells = await store.cells(record?.id ?? '');
  expect(cells).toHaveLength(2);
  const samples = await Promise.all(cells.map(async ({ id }) => Array.fromAsync(store.samples(id))));
  return { samples: samples.flat(), measurements: cells.map(({ measurements }) => measurements) };
}

const scores = (samples: readonly Sample[]): ReadonlyMap<string, unknown> =>
  new Map(samples.map(({ itemId, score, answer: read }) => [itemId, [score, read]]));

const shapes: readonly ThinkingShape[] = ['think', 'opened', 'channels', 'brackets', 'reasoning_content'];

it.each(shapes)(
  'scores the answers of a model that thinks as %s, not its thoughts',
  { timeout: 120_000 },
  async (shape) => {
    const plain = await samplesOf({ shape, thinksByDefault: false });
    const right = plain.samples.filter(({ score }) => score === 1).length;
    expect(right).toBeGreaterThan(10);
    expect(right).toBeLessThan(70);
    for (const thinking of ['on', { budget: 12 }] as const) {
      const { samples } = await samplesOf({ shape }, { thinking });
      expect(scores(samples)).toEqual(scores(plain.samples));
      expect(samples.every(({ isUnparsed, isTruncated }) => !isUnparsed && !isTruncated)).toBe(true);
      expect(samples.every(({ thoughts }) => thoughts?.includes('(B) negative') === true)).toBe(true);
      // All of them, or as many as the budget has.
      const tokens = new Set(samples.map(({ thinkingTokens = 0 }) => Math.min(thinkingTokens, 40)));
      expect([...tokens]).toEqual([thinking === 'on' ? 40 : 12]);
    }
  },
);

it('counts answers that never came apart from wrong ones', { timeout: 60_000 }, async () => {
  const options = {
    shape: 'think',
    thoughts: 30,
    filter: 'status',
    forbidden: 'story',
    flavour: 'unknown',
  } as const;
  const { samples, measurements } = await samplesOf(options, {
    thinking: { budget: 20 },
    engineOptions: { contextTokens: 8192 },
  });
  const cut = samples.filter(({ cut: why }) => why === 'budget_cut');
  const filtered = samples.filter(({ cut: why }) => why === 'content_filter');
  // The thoughts are longer than their budget, which nobody can close at this server.
  expect(cut.length + filtered.length).toBe(samples.length);
  expect(cut.length).toBeGreaterThan(40);
  expect(filtered.length).toBeGreaterThan(2);
  expect(filtered.every(({ score, output }) => score === 0 && output === '')).toBe(true);
  for (const { score, output, thoughts, thinkingTokens } of cut) {
    expect([score, output, thinkingTokens]).toEqual([0, '', 20]);
    expect(thoughts).toContain('(B) negative');
  }
  expect(JSON.stringify(measurements)).toContain('"budgetCut":{"status":"measured","value":1,');
  expect(JSON.stringify(measurements)).toContain(
    `"contentFiltered":{"status":"measured","value":${filtered.length / 40},`,
  );
});

it(
  'gives no advice about the budget where the model ended its turn while it thought',
  { timeout: 60_000 },
  async () => {
    const options = { shape: 'think', thoughts: 30, forgetsAnswer: true, flavour: 'unknown' } as const;
    const engineOptions = { contextTokens: 8192 };
    const { samples, measurements } = await samplesOf(options, { thinking: 'on', engineOptions });
    expect(samples.every(({ cut }) => cut === 'budget_cut')).toBe(true);
    expect(JSON.stringify(measurements)).toMatch(
      /the output ended while the model was thinking \(after 3\d of 1,024 tokens at most: a larger budget is no help\)/u,
    );
    expect(JSON.stringify(measurements)).not.toContain('--thinking');
  },
);

it('says that nothing counts the thoughts, and how many answers never came', { timeout: 60_000 }, async () => {
  const options = { shape: 'think', thoughts: 30, flavour: 'unknown', honours: [] } as const;
  const engineOptions = { contextTokens: 8192 };
  const { samples, measurements } = await samplesOf(options, { thinking: 'on', engineOptions });
  expect(samples.every(({ thoughts, thinkingTokens }) => thoughts !== undefined && thinkingTokens === undefined)).toBe(
    true,
  );
  for (const { thinkingTokens, budgetCut } of measurements) {
    expect(thinkingTokens).toMatchObject({ status: 'unavailable', reason: 'no_token_counts' });
    expect(budgetCut).toMatchObject({ value: 0, n: 40 });
  }
});
