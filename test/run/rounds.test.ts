/** The launches of a full run: in rounds over its models. */
import { expect, it } from 'vitest';
import type { Engine } from '../../src/core/engine.ts';
import { ModelError } from '../../src/core/errors.ts';
import type { RunEvent } from '../../src/core/event.ts';
import { createMockEngine } from '../../src/engines/mock/mock-engine.ts';
import { openRun } from '../../src/run/open-run.ts';
import { runSuite } from '../../src/run/run.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { runPlan, toyDependencies, toyLetters, toyPlan } from './toy-plan.ts';

const models = { one: {}, two: {}, three: {} };
const launched = (events: readonly RunEvent[]): readonly string[] =>
  events.flatMap((event) => (event.type === 'launch-start' ? [`${event.model} ${event.launch}`] : []));
const measured = (events: readonly RunEvent[]): readonly string[] =>
  events.flatMap((event) => (event.type === 'pass-end' ? [`${event.cellId} ${event.pass} ${event.launch}`] : []));

it('starts every model once, then every one again, back and forth', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const plan = toyPlan({ models, suite: { launches: 3 } });
  const { events, runId } = await runPlan(plan, toyDependencies(store));
  expect(launched(events)).toEqual([
    'one 0',
    'two 0',
    'three 0',
    'three 1',
    'two 1',
    'one 1',
    'one 2',
    'two 2',
    'three 2',
  ]);
  const ends = events.flatMap((event) => (event.type === 'cell-end' ? [event.cellId] : []));
  expect(ends).toHaveLength(6);
  // The first cell that ends has been measured as often as the last.
  const firstEnd = events.findIndex(({ type }) => type === 'cell-end');
  expect(launched(events.slice(0, firstEnd))).toHaveLength(7);
  for (const { state, measurements } of await store.cells(runId)) {
    expect(state).toBe('done');
    expect(measurements.latency).toMatchObject({ n: 3 });
  }
});

it('goes on where it was stopped', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const plan = toyPlan({ models, tasks: [toyLetters], suite: { launches: 3 } });
  const stop = new AbortController();
  const first = await runPlan(plan, toyDependencies(store, { signal: stop.signal }), (event) => {
    if (event.type === 'launch-end' && event.launch === 1 && event.model === 'two') stop.abort();
  });
  const second = await runPlan(plan, toyDependencies(store));
  expect(launched(second.events)).toEqual(['two 1', 'one 1', 'one 2', 'two 2', 'three 2']);
  const all = [...measured(first.events), ...measured(second.events)];
  // An accuracy pass, and two passes in each of three launches.
  expect(all).toHaveLength(3 * 7);
  expect(new Set(all).size).toBe(all.length);
  expect(second.events).toContainEqual(
    expect.objectContaining({
      type: 'cell-start',
      finishedPasses: expect.arrayContaining([{ pass: 'latency', launch: 1 }]),
    }),
  );
});

it('divides the models between processes, and each goes the rounds of its own', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const slow = { tokenMs: 1, loadMs: 20 };
  const plan = toyPlan({ models: { one: slow, two: slow, three: slow }, count: 12, suite: { launches: 2 } });
  const opened = await openRun(plan, store, { now: new Date(0), random: Math.random });
  const work = async (owner: string): Promise<readonly RunEvent[]> =>
    Array.fromAsync(runSuite({ plan, dependencies: toyDependencies(store, { owner }), ...opened }));
  const both = await Promise.all([work('a'), work('b')]);
  const done = both.flatMap(measured);
  expect(done).toHaveLength(6 * 5);
  expect(new Set(done).size).toBe(done.length);
  for (const events of both) {
    const own = launched(events);
    const names = own.filter((text) => text.endsWith(' 0')).map((text) => text.slice(0, -2));
    expect(names.length).toBeGreaterThan(0);
    expect(own).toEqual([...names.map((name) => `${name} 0`), ...names.toReversed().map((name) => `${name} 1`)]);
  }
  expect((await store.cells(opened.runId)).map(({ state }) => state)).toEqual(Array(6).fill('done'));
});

it('ends the cells of a model that no longer starts, with what was measured, and goes on with the others', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const plan = toyPlan({ models, tasks: [toyLetters], suite: { launches: 3 } });
  let opened = 0;
  const openEngine = async (): Promise<Engine> => {
    const engine = createMockEngine();
    return {
      ...engine,
      async open(model, options, signal) {
        if (model.name === 'two' && (opened += 1) > 1) throw new ModelError('two: no memory is left');
        return engine.open(model, options, signal);
      },
    };
  };
  const { events, runId } = await runPlan(plan, toyDependencies(store, { openEngine }));
  expect((await store.cells(runId)).map(({ state, error }) => [state, error?.message])).toEqual([
    ['done', undefined],
    ['failed', 'two: no memory is left'],
    ['done', undefined],
  ]);
  const [, two] = await store.cells(runId);
  expect(two?.measurements).toMatchObject({ accuracy: { n: 40 }, throughput: { n: 1 } });
  expect(launched(events).filter((text) => text.startsWith('two'))).toEqual(['two 0', 'two 1']);
});

it('asks the same items in every launch of every model', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const plan = toyPlan({ models, tasks: [toyLetters], suite: { launches: 2 } });
  const { runId } = await runPlan(plan, toyDependencies(store));
  const asked: (readonly string[] | undefined)[] = [];
  for (const { id } of await store.cells(runId)) {
    const passes = (await store.passResults(id)).filter(({ pass }) => pass === 'latency');
    asked.push(...passes.map(({ latencies }) => latencies?.itemIds));
  }
  expect(asked).toHaveLength(6);
  expect(new Set(asked[0]).size).toBe(12);
  for (const items of asked) expect(items).toEqual(asked[0]);
});

it('asks at least eight items however slow a model is, and in later launches as many as in the first', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const plan = toyPlan({
    models: { one: { tokenMs: 1 } },
    tasks: [toyLetters],
    suite: { launches: 3, latencySeconds: 0.001 },
  });
  const { runId } = await runPlan(plan, toyDependencies(store));
  const [cell] = await store.cells(runId);
  const passes = (await store.passResults(cell?.id ?? '')).filter(({ pass }) => pass === 'latency');
  expect(passes.map(({ requests }) => requests)).toEqual([8, 8, 8]);
});

it('stores what an item of the benchmark costs with every throughput pass', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const plan = toyPlan({ models: { one: {} }, suite: { launches: 2 } });
  const { runId } = await runPlan(plan, toyDependencies(store));
  for (const { id } of await store.cells(runId)) {
    const { promptTokens, outputTokens } = await store.sampleSummary(id);
    const passes = (await store.passResults(id)).filter(({ pass }) => pass === 'throughput');
    expect(passes).toHaveLength(2);
    for (const { itemWork, window } of passes) {
      expect(window?.promptTokens).toBeGreaterThan(0);
      expect(itemWork?.promptTokens).toBeCloseTo(promptTokens / 40, 2);
      expect(itemWork?.outputTokens).toBeCloseTo(outputTokens / 40, 9);
    }
  }
});
