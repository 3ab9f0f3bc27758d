import { expect, it } from 'vitest';
import { openRun } from '../../src/run/open-run.ts';
import { rescoreRun } from '../../src/run/rescore-run.ts';
import { runSuite } from '../../src/run/run.ts';
import type { RunPlan } from '../../src/run/plan.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { racePlan, rightAnswers } from './race-plan.ts';
import { toyChoice, toyDependencies, toyLetters, toyPlan } from './toy-plan.ts';

/** What the cells of a plan measured when they ended, and after their answers were scored again. */
async function beforeAndAfter(plan: RunPlan) {
  await using store = await openSqliteStore({ file: ':memory:' });
  const opened = await openRun(plan, store, { now: new Date(0), random: Math.random });
  for await (const event of runSuite({ plan, dependencies: toyDependencies(store), ...opened })) void event;
  const measured = async () => (await store.cells(opened.runId)).map(({ measurements }) => measurements);
  const before = await measured();
  const run = await store.getRun(opened.runId);
  if (run === undefined) throw new Error('the run is gone');
  const rescored = await Array.fromAsync(rescoreRun(store, run, plan.tasks));
  return { before, after: await measured(), rescored };
}

it('leaves everything as it was where no scorer changed, the price of answers too', async () => {
  const plan = toyPlan({ tasks: [toyLetters], suite: { pricePerHour: 3.6 } });
  const { before, after, rescored } = await beforeAndAfter(plan);
  expect(rescored).toEqual([{ model: 'one', taskId: 'toy/letters@1', items: 40, changed: 0 }]);
  expect(before[0]?.pricePerThousand?.status).toBe('derived');
  expect(after).toEqual(before);
});

it('tells no mean of answers that a race stopped early', async () => {
  const models = { weak: { answers: rightAnswers(1), tokenMs: 2 }, good: { answers: rightAnswers(9), tokenMs: 8 } };
  const plan = await racePlan('cheapest with accuracy >= 0.6', { models, count: 300 });
  const { before, after } = await beforeAndAfter(plan);
  expect(before[0]?.accuracy).toMatchObject({ status: 'unavailable', reason: 'stopped_early' });
  expect(after).toEqual(before);
});

it('scores nothing again where a task is read in another way now', async () => {
  const [choice, letters] = [toyChoice, toyLetters];
  const plan = toyPlan({ tasks: [choice, letters] });
  await using store = await openSqliteStore({ file: ':memory:' });
  const opened = await openRun(plan, store, { now: new Date(0), random: Math.random });
  for await (const event of runSuite({ plan, dependencies: toyDependencies(store), ...opened })) void event;
  const run = await store.getRun(opened.runId);
  if (run === undefined) throw new Error('the run is gone');
  const tasks = plan.tasks.map((one) =>
    one.task.id === letters.id ? { ...one, task: { ...one.task, id: 'toy/letters@2' } } : one,
  );
  await expect(Array.fromAsync(rescoreRun(store, run, tasks))).rejects.toMatchObject({
    message: `run ${run.id} has the task toy/letters@1, which is toy/letters@2 now: its answers are read in another way`,
    hint: 'Start a new run, or score it again with the perbench that made it.',
  });
});
