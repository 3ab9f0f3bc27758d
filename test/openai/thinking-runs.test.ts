import { expect, it } from 'vitest';
import { run } from '../../src/app/run.ts';
import type { Sample } from '../../src/core/sample.ts';
import { defineSuite, type SuiteInput } from '../../src/core/suite.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { startThinkingServer, type ThinkingServerOptions, type ThinkingShape } from './thinking-server.ts';

/** Right for some items: the letter, or the word, that the question ends up with. */
function answer(question: string): string {
  if (question.includes('letter of the right choice')) return question.includes('A. gravity') ? 'A' : 'B';
  return question.length % 2 === 0 ? 'positive' : 'negative';
}

async function samplesOf(
  options: Omit<ThinkingServerOptions, 'answer'>,
  model: Partial<Exclude<SuiteInput['models'][number], string>> = {},
  settings: Partial<SuiteInput> = {},
): Promise<{ readonly samples: readonly Sample[]; readonly measurements: unknown }> {
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
      for (const { thoughts, thinkingTokens = 0 } of samples) {
        expect(thoughts).toContain('(B) negative');
        if (thinking !== 'on') expect(thinkingTokens).toBe(12);
      }
    }
  },
);
