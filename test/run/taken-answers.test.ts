import { expect, it } from 'vitest';
import { takenNotes } from '../../src/app/taken-answers.ts';
import type { Store } from '../../src/core/store.ts';
import { openRun } from '../../src/run/open-run.ts';
import type { RunPlan } from '../../src/run/plan.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { racePlan, rightAnswers, steadyEngine } from './race-plan.ts';
import { runPlan, toyDependencies, toyLetters, toyPlan } from './toy-plan.ts';

/** The same weights under several settings. */
const ofOneFile = (plan: RunPlan): RunPlan => ({
  ...plan,
  models: plan.models.map((model) => ({ ...model, facts: { ...model.facts, fileSha256: 'one' } })),
});

const speeds = { slow: { tokenMs: 2 }, middle: { tokenMs: 1 }, fast: {} };
const letters = { tasks: [toyLetters], models: speeds };

async function told(store: Store, runId: string) {
  const cells = await store.cells(runId);
  return Promise.all(
    cells.map(async ({ id, model, measurements: { accuracy, throughput } }) => {
      const passes = await store.passResults(id);
      const asked = passes.filter(({ pass }) => pass === 'accuracy').map(({ requests }) => requests);
      const timed = passes.filter(({ pass }) => pass === 'throughput').length;
      const value = accuracy?.status === 'measured' ? accuracy.value : accuracy?.status;
      return { model, asked, timed, value, throughput: throughput?.status };
    }),
  );
}

async function outputs(store: Store, cellId: string): Promise<readonly unknown[]> {
  const rows: unknown[] = [];
  for await (const { itemId, output, raw, score } of store.samples(cellId)) rows.push([itemId, output, raw, score]);
  return rows;
}

it('asks the items once of models that differ only in speed, and measures the speed of each', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const { runId } = await runPlan(ofOneFile(toyPlan(letters)), toyDependencies(store));
  const [first, ...others] = await told(store, runId);
  expect(first).toMatchObject({ model: 'slow', asked: [40], timed: 2, throughput: 'measured' });
  for (const other of others) {
    expect(other).toEqual({ ...first, model: other.model, asked: [0] });
  }
  const cells = await store.cells(runId);
  const [leader = '', follower = ''] = cells.map(({ id }) => id);
  expect(await outputs(store, follower)).toEqual(await outputs(store, leader));
  expect((await store.sample(leader, 'toy-3'))?.times).toBeDefined();
  expect((await store.sample(follower, 'toy-3'))?.times).toBeUndefined();
  const accuracy = (await store.passResults(follower)).find(({ pass }) => pass === 'accuracy');
  expect(accuracy?.memory).toBeUndefined();
  const run = await store.getRun(runId);
  const manifest = run?.manifest;
  expect(manifest?.takenAnswers).toEqual([
    { taskId: 'toy/letters@1', model: 'middle', from: 'slow', items: 40 },
    { taskId: 'toy/letters@1', model: 'fast', from: 'slow', items: 40 },
  ]);
  expect(takenNotes(run === undefined ? [] : [run], ['toy/letters@1'])).toEqual([
    'toy/letters@1: answers of slow also count for middle (40 items), fast (40 items): what differs decides only speed.',
  ]);
  const prompts = manifest?.tasks['toy/letters@1']?.firstPrompts;
  expect(prompts?.['fast']).toEqual(prompts?.['slow']);
});

it.each<[string, RunPlan]>([
  ['options that decide answers', ofOneFile(toyPlan({ ...letters, models: { one: {}, two: { contextTokens: 512 } } }))],
  ['weights', toyPlan(letters)],
])('asks again of models that differ in %s', async (_, plan) => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const { runId } = await runPlan(plan, toyDependencies(store));
  expect((await told(store, runId)).map(({ asked }) => asked)).toEqual(plan.models.map(() => [40]));
  expect((await store.getRun(runId))?.manifest.takenAnswers).toBeUndefined();
});

it('asks again under the paper protocol, whose times come from the same pass', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const plan = ofOneFile(toyPlan({ ...letters, suite: { protocol: 'paper' } }));
  const { runId } = await runPlan(plan, toyDependencies(store));
  expect((await told(store, runId)).map(({ asked }) => asked)).toEqual([[40], [40], [40]]);
});

it('asks only what a cell that is not finished has not answered, and goes on after a stop', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const plan = ofOneFile(toyPlan(letters));
  const { runId } = await openRun(plan, store, { now: new Date(0), random: Math.random });
  const [leader, follower] = await store.cells(runId);
  // Another process has the first model, and has answered a part of its items.
  await using elsewhere = await openSqliteStore({ file: ':memory:' });
  const whole = await runPlan(ofOneFile(toyPlan({ ...letters, models: { slow: {} } })), toyDependencies(elsewhere));
  const [done] = await elsewhere.cells(whole.runId);
  const claim = await store.claimCell(leader?.id ?? '', 'another', 20_000);
  if (claim === undefined || done?.key === undefined) throw new Error('no cell to hold');
  await store.setCellKey(claim, done.key);
  for await (const sample of elsewhere.samples(done.id, { limit: 15 }))
    await store.appendSamples(claim, [sample], 20_000);

  const stop = new AbortController();
  await runPlan(plan, toyDependencies(store, { signal: stop.signal }), (event) => {
    if (event.type === 'pass-end' && event.pass === 'accuracy' && event.cellId === follower?.id) stop.abort();
  });
  const asked = async () => (await told(store, runId)).map((cell) => [cell.model, ...cell.asked]);
  expect(await asked()).toEqual([['slow'], ['middle', 25], ['fast']]);
  await store.releaseCell(claim);
  await runPlan(plan, toyDependencies(store));
  // What the second model was asked, the first takes over, and the third has all from it.
  expect(await asked()).toEqual([
    ['slow', 0],
    ['middle', 25],
    ['fast', 0],
  ]);
  const taken = (await store.getRun(runId))?.manifest.takenAnswers ?? [];
  expect(taken.map(({ model, from, items }) => [model, from, items])).toEqual([
    ['middle', 'slow', 15],
    ['slow', 'middle', 25],
    ['fast', 'slow', 40],
  ]);
});

it('takes answers over in a race, which then asks no item of the second model that the first has answered', async () => {
  const models = { slow: { tokenMs: 8, answers: rightAnswers(5) }, fast: { tokenMs: 4, answers: rightAnswers(5) } };
  const decide = 'cheapest with accuracy >= 0.55';
  const outcome = async (change: (plan: RunPlan) => RunPlan) => {
    await using store = await openSqliteStore({ file: ':memory:' });
    const plan = change(await racePlan(decide, { models, count: 3000 }));
    const { runId } = await runPlan(plan, toyDependencies(store, { openEngine: steadyEngine() }));
    const certificate = Object.values((await store.getRun(runId))?.manifest.race?.tasks ?? {})[0]?.certificate;
    const asked = (await told(store, runId)).map((cell) => cell.asked.reduce((sum, each) => sum + each, 0));
    const { takenAnswers } = (await store.getRun(runId))?.manifest ?? {};
    return { verdicts: certificate?.models.map(({ model, status }) => [model, status]), asked, takenAnswers };
  };
  const apart = await outcome((plan) => plan);
  const shared = await outcome(ofOneFile);
  expect(shared.verdicts).toEqual(apart.verdicts);
  expect(Math.min(...apart.asked)).toBeGreaterThan(0);
  expect(Math.min(...shared.asked)).toBe(0);
  expect(apart.takenAnswers).toBeUndefined();
  expect(shared.takenAnswers).toHaveLength(1);
});
