/** Tasks of the user's own in whole runs: a scorer that fails, and macro F1 as the headline. */
import { expect, it } from 'vitest';
import type { OwnRecord, TaskDefinition } from '../../src/core/task-definition.ts';
import { openRun } from '../../src/run/open-run.ts';
import type { RunPlan } from '../../src/run/plan.ts';
import { rescoreRun } from '../../src/run/rescore-run.ts';
import { runSuite } from '../../src/run/run.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { type OwnScorer, ownTask, type OwnTaskParts } from '../../src/tasks/own/own-task.ts';
import { resolveWritten } from '../setup/own-task-files.ts';
import { toyDependencies, toyPlan } from './toy-plan.ts';

const count = 40;

/** A plan over rows whose right label is `a` three times of four. */
function planOf(written: Partial<TaskDefinition>, parts: Partial<OwnTaskParts>, answers: readonly string[]): RunPlan {
  const definition = resolveWritten(
    { data: 'x', input: 'q', target: 'gold', ...written },
    parts.scorer && { kind: 'module', path: '/score.ts', sha256: 'aa' },
  );
  const task = ownTask(definition, { items: count, ...parts });
  const plan = toyPlan({ tasks: [task], count, models: { one: { answers } }, suite: { launches: 1 } });
  const items = Array.from(
    { length: count },
    (_, index) => task.parse({ q: `Question ${index}?`, gold: index % 4 === 0 ? 'b' : 'a' }, index) as OwnRecord,
  );
  return { ...plan, tasks: plan.tasks.map((planned) => ({ ...planned, items })) };
}

async function ran(plan: RunPlan) {
  const store = await openSqliteStore({ file: ':memory:' });
  const opened = await openRun(plan, store, { now: new Date(0), random: Math.random });
  for await (const event of runSuite({ plan, dependencies: toyDependencies(store), ...opened })) void event;
  const cell = async () => {
    const [found] = await store.cells(opened.runId);
    if (found === undefined) throw new Error('there is no cell');
    return found;
  };
  return { store, runId: opened.runId, cell };
}

it('a scorer that fails on an answer fails its item alone, and its answers can be scored again', async () => {
  const failing: OwnScorer = (output) => {
    if (output.startsWith('bad')) throw new Error('no such tone');
    return true;
  };
  const written = { answer: 'free' } as const;
  const plan = planOf(written, { scorer: failing }, ['good', 'bad']);
  await using store = (await ran(plan)).store;
  const [run] = await store.listRuns();
  const [cell] = await store.cells(run?.id ?? '');
  const samples = await Array.fromAsync(store.samples(cell?.id ?? ''));
  const failed = samples.filter(({ failure }) => failure !== undefined);
  expect(failed.length).toBeGreaterThan(5);
  expect(samples.length - failed.length).toBeGreaterThan(5);
  expect(failed[0]).toMatchObject({
    score: 0,
    output: expect.stringMatching(/^bad/u) as string,
    failure: {
      reason: 'scorer',
      message: expect.stringContaining('/score.ts: threw "no such tone" for row') as string,
    },
  });
  expect(cell).toMatchObject({ state: 'done', measurements: { accuracy: { value: 1 - failed.length / count } } });

  const mended = planOf(written, { scorer: () => true }, ['good', 'bad']);
  const record = await store.getRun(run?.id ?? '');
  if (record === undefined) throw new Error('the run is gone');
  const rescored = await Array.fromAsync(rescoreRun(store, record, mended.tasks));
  expect(rescored).toEqual([expect.objectContaining({ items: count, changed: failed.length })]);
  expect(await store.sampleSummary(cell?.id ?? '')).toMatchObject({ failed: 0, scoreSum: count });
  const [after] = await store.cells(run?.id ?? '');
  expect(after?.measurements.accuracy).toMatchObject({ value: 1, warnings: [] });
});

it('macro F1 is the headline where the task says so, and stands beside accuracy elsewhere', async () => {
  const written = { answer: 'label', labels: ['a', 'b'] } as const;
  const measured = async (metric: 'accuracy' | 'macro_f1') => {
    const { store, cell } = await ran(planOf({ ...written, metric }, {}, ['a']));
    await using opened = store;
    void opened;
    return (await cell()).measurements;
  };
  // Always `a`: right three times of four; F1 of `a` is 60/70, of `b` 0.
  const macro = expect.closeTo(3 / 7, 9) as number;
  const [plain, headline] = [await measured('accuracy'), await measured('macro_f1')];
  expect(plain.accuracy).toMatchObject({ value: 0.75, interval: { method: 'wilson' } });
  expect(plain.extra?.['macro_f1']).toMatchObject({ value: macro, interval: { method: 'macro F1, bootstrap' } });
  expect(headline.accuracy).toMatchObject({ value: macro, unit: 'ratio', interval: { method: 'macro F1, bootstrap' } });
  expect(headline.extra?.['acc']).toMatchObject({ value: 0.75, interval: { method: 'wilson' } });
  expect(headline.extra?.['macro_f1']).toBeUndefined();
  // The doubts are those of the accuracy: always the commonest label is no better than that.
  expect(headline.accuracy).toHaveProperty(
    'warnings',
    plain.accuracy?.status === 'measured' ? plain.accuracy.warnings : [],
  );
});
