import { expect, it } from 'vitest';
import type { Engine, ModelSpec } from '../../src/core/engine.ts';
import { StoreError } from '../../src/core/errors.ts';
import type { RunEvent } from '../../src/core/event.ts';
import type { Store } from '../../src/core/store.ts';
import { createMockEngine } from '../../src/engines/mock/mock-engine.ts';
import { openRun } from '../../src/run/open-run.ts';
import { runSuite } from '../../src/run/run.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { quietMeter, runPlan as run, toyDependencies, toyLetters, toyPlan } from './toy-plan.ts';

async function scoresOf(store: Store, runId: string): Promise<readonly (readonly unknown[])[]> {
  const rows: unknown[][] = [];
  for (const cell of await store.cells(runId)) {
    for await (const sample of store.samples(cell.id))
      rows.push([cell.model, cell.taskId, sample.itemId, sample.output, sample.score]);
  }
  return rows;
}

it('runs every cell to measurements of all four factors', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const { runId, events } = await run(
    toyPlan({ models: { one: { tokenMs: 1 }, two: { tokenMs: 1 } } }),
    toyDependencies(store),
  );
  const cells = await store.cells(runId);
  expect(cells.map(({ model, taskId, state }) => [model, taskId, state])).toEqual([
    ['one', 'toy/letters@1', 'done'],
    ['one', 'toy/choice@1', 'done'],
    ['two', 'toy/letters@1', 'done'],
    ['two', 'toy/choice@1', 'done'],
  ]);
  for (const { measurements } of cells) {
    for (const name of ['accuracy', 'throughput', 'latency', 'memory'] as const) {
      expect([name, measurements[name]?.status]).toEqual([name, 'measured']);
    }
    expect(measurements.latency).toMatchObject({ n: 2, interval: { method: 't over 2 launches' } });
    expect(measurements.latencyP90).toMatchObject({ status: 'unavailable', reason: 'too_few_requests' });
  }
  expect(cells[1]?.measurements.accuracy).toMatchObject({ value: 1, n: 40 });
  expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'finished', failedCells: 0 });
  const stored = await store.getRun(runId);
  expect(stored).toMatchObject({ status: 'finished', manifest: { models: { one: { engineBuild: 'mock 1' } } } });
  expect(stored?.cost?.wallMs).toBeGreaterThan(0);
});

it('asks a seeded random subset, the same for every model', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const { runId } = await run(toyPlan({ suite: { limit: 10 }, models: { one: {}, two: {} } }), toyDependencies(store));
  const items = (await scoresOf(store, runId))
    .filter(([, task]) => task === 'toy/letters@1')
    .map(([model, , item]) => [model, item]);
  const asked = (name: string): unknown[] => items.filter(([model]) => model === name).map(([, item]) => item);
  expect(asked('one')).toHaveLength(10);
  expect(asked('one')).toEqual(asked('two'));
  expect(asked('one')).not.toEqual(Array.from({ length: 10 }, (_, index) => `toy-${index}`));
});

it('stops when it is told to, keeps what is done, and goes on to the same result', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  await using whole = await openSqliteStore({ file: ':memory:' });
  const plan = toyPlan({ models: { one: { tokenMs: 1 } } });
  const expected = await scoresOf(whole, (await run(plan, toyDependencies(whole))).runId);

  const stop = new AbortController();
  const first = await run(plan, toyDependencies(store, { signal: stop.signal }), (event) => {
    if (event.type === 'pass-start') stop.abort();
  });
  expect(first.events.at(-1)).toMatchObject({ type: 'run-end', status: 'interrupted' });
  const kept = (await scoresOf(store, first.runId)).length;
  expect(kept).toBeLessThan(expected.length);

  const second = await run(plan, toyDependencies(store));
  expect(second).toMatchObject({ runId: first.runId, isResumed: true });
  expect(await scoresOf(store, first.runId)).toEqual(expected);
  expect(second.events.at(-1)).toMatchObject({ status: 'finished', failedCells: 0 });
});

it('lets the other cells run when an engine dies, and does the failed ones again on the next run', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const plan = toyPlan({ models: { one: {}, two: {} } });
  const openEngine = async (): Promise<Engine> => {
    const engine = createMockEngine();
    const dying = (model: ModelSpec): ModelSpec =>
      model.name === 'one' ? { ...model, engineOptions: { crashAtRequest: 20 } } : model;
    return { ...engine, open: (model, options, signal) => engine.open(dying(model), options, signal) };
  };
  const { runId, events } = await run(plan, toyDependencies(store, { openEngine }));
  const cells = await store.cells(runId);
  expect(cells.map(({ state }) => state)).toEqual(['failed', 'failed', 'done', 'done']);
  expect(cells[0]?.error).toMatchObject({ code: 'PB_ENGINE', message: 'one: the mock engine died at request 20' });
  expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'finished', failedCells: 2 });
  const kept = (await store.sampleSummary(cells[0]?.id ?? '')).items;
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(40);

  const opened = await openRun(plan, store, {
    resumeId: runId,
    retryFailed: true,
    now: new Date(0),
    random: Math.random,
  });
  for await (const event of runSuite({ plan, dependencies: toyDependencies(store), ...opened })) void event;
  const repaired = await store.cells(runId);
  expect(repaired.map(({ state, attempt }) => [state, attempt])).toEqual([
    ['done', 2],
    ['done', 2],
    ['done', 1],
    ['done', 1],
  ]);
  expect(repaired[0]?.measurements.accuracy).toMatchObject({ n: 40 });
});

it('says that an engine cannot do a task instead of giving a number', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const { runId } = await run(toyPlan({ models: { one: { loglikelihood: false } } }), toyDependencies(store));
  const cells = await store.cells(runId);
  expect(cells.map(({ state }) => state)).toEqual(['done', 'unavailable']);
  expect(cells[1]?.error?.message).toBe(
    'toy/choice@1 needs loglikelihood, which the engine does not support for this model',
  );
});

it('refuses to go on when what decides the answers has changed', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const stop = new AbortController();
  const plan = toyPlan();
  const first = await run(plan, toyDependencies(store, { signal: stop.signal }), (event) => {
    if (event.type === 'pass-end') stop.abort();
  });
  const changed = toyPlan({ models: { one: { answers: ['B'] } } });
  const opened = await openRun(changed, store, { resumeId: first.runId, now: new Date(0), random: Math.random });
  for await (const event of runSuite({ plan: changed, dependencies: toyDependencies(store), ...opened })) void event;
  const [cell] = await store.cells(first.runId);
  expect(cell?.error?.message).toContain('cannot be resumed: its model, engine or data has changed');
});

it('marks a window in which others used the processor', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const meter = quietMeter({ otherShare: 0.4 });
  const { runId } = await run(toyPlan(), toyDependencies(store, { meter }));
  const [cell] = await store.cells(runId);
  expect(cell?.measurements.throughput).toMatchObject({
    warnings: expect.arrayContaining([expect.objectContaining({ reason: 'host_busy', share: 0.4 })]),
  });
});

it('waits for a cell that another process holds, and takes it over when that one has died', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const plan = toyPlan();
  const opened = await openRun(plan, store, { now: new Date(0), random: Math.random });
  const [cell] = await store.cells(opened.runId);
  await store.claimCell(cell?.id ?? '', 'somebody who died', 1_500);
  const events: RunEvent[] = [];
  for await (const event of runSuite({ plan, dependencies: toyDependencies(store), ...opened })) events.push(event);
  const cells = await store.cells(opened.runId);
  expect(cells.map(({ state, attempt }) => [state, attempt])).toEqual([
    ['done', 2],
    ['done', 1],
  ]);
  expect(events).toContainEqual({
    type: 'warning',
    message: 'waiting for a cell held by another process; a process that died loses its cells within 30 s',
  });
  expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'finished' });
});

it('stops waiting when it is told to', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const plan = toyPlan({ tasks: [toyLetters] });
  const opened = await openRun(plan, store, { now: new Date(0), random: Math.random });
  await store.claimCell((await store.cells(opened.runId))[0]?.id ?? '', 'somebody else', 20_000);
  const stop = new AbortController();
  const dependencies = toyDependencies(store, { signal: stop.signal });
  const events: RunEvent[] = [];
  for await (const event of runSuite({ plan, dependencies, ...opened })) {
    events.push(event);
    if (event.type === 'warning') stop.abort();
  }
  expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'interrupted' });
  expect((await store.cells(opened.runId))[0]).toMatchObject({ state: 'running', attempt: 1 });
});

it('counts a prompt that is too long as a failed item, never cuts it', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const { runId } = await run(toyPlan({ models: { one: { contextTokens: 3 } } }), toyDependencies(store));
  const [cell] = await store.cells(runId);
  expect(await store.sampleSummary(cell?.id ?? '')).toMatchObject({ items: 40, failed: 40, scoreSum: 0 });
  expect(cell?.measurements.accuracy).toMatchObject({
    value: 0,
    warnings: expect.arrayContaining([expect.objectContaining({ reason: 'errors' })]),
  });
});

it('ends with the error of the store when the manifest cannot be written, and with nothing unhandled', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  let writes = 0;
  const failing = {
    ...store,
    async changeManifest(...change: Parameters<typeof store.changeManifest>): Promise<void> {
      writes += 1;
      // The first write is the launch's, which is waited for; the second is that of the first prompt.
      if (writes > 1) throw new StoreError('the disk is full');
      return store.changeManifest(...change);
    },
  };
  await expect(run(toyPlan({ tasks: [toyLetters] }), toyDependencies(failing))).rejects.toThrow('the disk is full');
});
