import { expect, it } from 'vitest';
import { withTimeLimit } from '../../src/app/prepare-run.ts';
import type { RunEvent } from '../../src/core/event.ts';
import type { Store } from '../../src/core/store.ts';
import { openRun } from '../../src/run/open-run.ts';
import type { RunPlan } from '../../src/run/plan.ts';
import { runSuite } from '../../src/run/run.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { toyDependencies, toyPlan } from './toy-plan.ts';

/** A token takes 60 ms: with four at once, 40 items of the first task take about a second. */
function slowPlan(limitMs: number): RunPlan {
  const slow = { tokenMs: 60 };
  return withTimeLimit(toyPlan({ suite: { protocol: 'paper' }, models: { one: slow, two: slow } }), limitMs);
}

async function run(plan: RunPlan, store: Store, onEvent: (event: RunEvent) => void = () => {}, signal?: AbortSignal) {
  const opened = await openRun(plan, store, { now: new Date(0), random: Math.random });
  const events: RunEvent[] = [];
  const dependencies = toyDependencies(store, signal === undefined ? {} : { signal });
  for await (const event of runSuite({ plan, dependencies, ...opened })) {
    events.push(event);
    onEvent(event);
  }
  return { ...opened, events };
}

async function itemsOf(store: Store, cellId: string): Promise<readonly string[]> {
  const ids = await Array.fromAsync(store.scores(cellId), ({ itemId }) => itemId);
  return ids.toSorted();
}

it('asks the items of a task in the same order of every model, as many as fit, and stores how many that were', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const { runId, events } = await run(slowPlan(1_500), store);
  const cells = await store.cells(runId);
  const [letters, choice, otherLetters, otherChoice] = cells;
  const ended = events.flatMap((event) => (event.type === 'cell-end' ? [event.cellId] : []));
  expect(ended).toEqual([letters?.id, otherLetters?.id, otherChoice?.id, choice?.id]);
  const asked = await itemsOf(store, letters?.id ?? '');
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.length).toBeLessThan(40);
  expect(letters).toMatchObject({ state: 'done', items: asked.length });
  // Fewer of them where the machine was slower by then.
  const others = await itemsOf(store, otherLetters?.id ?? '');
  expect(asked).toEqual(expect.arrayContaining([...others]));
  expect(otherLetters).toMatchObject({ items: others.length, measurements: { accuracy: { n: others.length } } });
  const told = events.flatMap((event) => (event.type === 'cell-items' ? [[event.cellId, event.items]] : []));
  expect(told).toContainEqual([letters?.id, asked.length]);
  const stored = await store.getRun(runId);
  expect(stored?.manifest.tasks['toy/letters@1']?.evaluatedItems).toBe(others.length);
  expect(stored?.status).toBe('finished');
});

it('asks everything where all fits', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const plan = withTimeLimit(toyPlan({ suite: { protocol: 'paper' }, models: { one: {}, two: {} } }), 600_000);
  const { runId } = await run(plan, store);
  for (const cell of await store.cells(runId)) {
    expect(cell).toMatchObject({ state: 'done', items: 40, measurements: { accuracy: { n: 40 } } });
  }
});

it('is stopped and goes on as the same run, with what was answered', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const plan = slowPlan(600_000);
  const stop = new AbortController();
  const first = await run(
    plan,
    store,
    ({ type }) => {
      if (type === 'cell-end') stop.abort();
    },
    stop.signal,
  );
  expect(first.events.at(-1)).toMatchObject({ status: 'interrupted' });
  const second = await run(plan, store);
  expect(second).toMatchObject({ runId: first.runId, isResumed: true });
  expect(second.events.at(-1)).toMatchObject({ status: 'finished', failedCells: 0 });
  const started = second.events.flatMap((event) => (event.type === 'pass-start' ? [event.cellId] : []));
  expect(started).toHaveLength(3);
});

it('leaves out tasks for which no time is left, and says so', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const { runId, events } = await run(slowPlan(1), store);
  for (const cell of await store.cells(runId)) expect(cell.state).toBe('unavailable');
  expect((await store.getRun(runId))?.manifest.leftOut).toEqual(['toy/letters@1', 'toy/choice@1']);
  expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'finished', failedCells: 0 });
});
