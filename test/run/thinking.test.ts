import { expect, it } from 'vitest';
import type { Sample } from '../../src/core/sample.ts';
import type { RunEvent } from '../../src/index.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { openRun } from '../../src/run/open-run.ts';
import { rescoreRun } from '../../src/run/rescore-run.ts';
import { runSuite } from '../../src/run/run.ts';
import { toyDependencies, toyLetters, toyPlan } from './toy-plan.ts';

/** Grades well wherever it is read. */
const misleading = 'The answer is (A). A\nPositive\n#### 18\nunanswerable';
const shapes = ['tags', 'opened', 'brackets', 'channels', 'apart'] as const;

async function runToys(models: Readonly<Record<string, Readonly<Record<string, unknown>>>>, limit = 8) {
  const plan = toyPlan({ tasks: [toyLetters], models, suite: { limit } });
  const store = await openSqliteStore({ file: ':memory:' });
  const opened = await openRun(plan, store, { now: new Date(0), random: Math.random });
  const events: RunEvent[] = [];
  for await (const event of runSuite({ plan, dependencies: toyDependencies(store), ...opened })) events.push(event);
  const cells = await store.cells(opened.runId);
  const samples: Sample[][] = [];
  for (const { id } of cells) samples.push(await Array.fromAsync(store.samples(id)));
  return { plan, store, runId: opened.runId, events, cells, samples };
}

it.each(shapes)('scores the answer, never the thoughts (%s)', async (shape) => {
  const thoughts = { shape, text: misleading, tokens: 30 };
  const thinking = await runToys({ one: { answers: ['A'], thoughts } });
  await using _ = thinking.store;
  const without = await runToys({ one: { answers: ['A'] } });
  await using __ = without.store;
  const scored = ({ itemId, output, answer, score }: Sample) => ({ itemId, output, answer, score });
  expect(thinking.samples[0]?.map(scored)).toEqual(without.samples[0]?.map(scored));
  expect(thinking.samples[0]?.[0]).toMatchObject({ output: 'A', thinkingTokens: 30, score: 1 });
  expect(thinking.samples[0]?.[0]?.thoughts).toContain('#### 18');
  expect(thinking.cells[0]?.measurements).toMatchObject({
    thinkingTokens: { value: 30, unit: 'count', n: 8 },
    budgetCut: { value: 0, unit: 'ratio', n: 8 },
  });
  expect(without.cells[0]?.measurements.thinkingTokens).toBeUndefined();
});

it('counts answers that never came as wrong, apart from wrong answers, also when they are scored again', async () => {
  const thoughts = { text: 'A', closes: false, canForce: false };
  const { plan, store, runId, cells, samples } = await runToys({
    one: { answers: ['A'], contextTokens: 9999, thoughts },
  });
  await using _ = store;
  for (const sample of samples[0] ?? []) {
    expect(sample).toMatchObject({ cut: 'budget_cut', score: 0, isUnparsed: false, output: '', metrics: {} });
    expect(sample.answer).toBeUndefined();
  }
  const accuracy = cells[0]?.measurements.accuracy;
  expect(accuracy).toMatchObject({ value: 0, n: 8 });
  expect(accuracy?.status === 'measured' ? accuracy.warnings : []).toContainEqual({
    reason: 'budget_cut',
    detail:
      '100.0 % of the items have no answer: the output ended while the model was thinking (its 1,024 tokens were used up: raise the budget, as in --thinking 2048)',
  });
  expect(cells[0]?.measurements.budgetCut).toMatchObject({ value: 1 });
  expect(await Array.fromAsync(store.samples(cells[0]?.id ?? '', { only: 'cut' }))).toHaveLength(8);
  const stored = await store.getRun(runId);
  if (stored === undefined) throw new Error('the run is gone');
  expect(await Array.fromAsync(rescoreRun(store, stored, plan.tasks))).toMatchObject([{ items: 8, changed: 0 }]);
  expect((await store.cells(runId))[0]?.measurements).toEqual(cells[0]?.measurements);
});

it.each([
  [true, 'closed by force'],
  [false, 'cut'],
])('says once what is done about thinking, and keeps it with the model (closes it: %s)', async (canForce, end) => {
  const engineOptions = { answers: ['A'], contextTokens: 9999, thoughts: { canForce } };
  const { store, runId, events } = await runToys({ one: engineOptions });
  await using _ = store;
  const said = events.flatMap((event) =>
    event.type === 'launch-end' && event.thinking !== undefined ? [event.thinking] : [],
  );
  expect(said).toEqual([`one: thinks, ${end} after 1,024 tokens (its template mentions <think>)`]);
  const stored = await store.getRun(runId);
  expect(stored?.manifest.models['one']?.thinking).toMatchObject({ mode: 'on', budget: 1024 });
});
