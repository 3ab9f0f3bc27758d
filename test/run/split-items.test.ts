import { expect, it } from 'vitest';
import type { Cell, PassResult } from '../../src/core/cell.ts';
import type { Engine } from '../../src/core/engine.ts';
import type { RunEvent } from '../../src/core/event.ts';
import { longestLeaseMs, type Store } from '../../src/core/store.ts';
import { createMockEngine } from '../../src/engines/mock/mock-engine.ts';
import { openRun } from '../../src/run/open-run.ts';
import type { RunDependencies } from '../../src/run/plan.ts';
import { runSteps } from '../../src/run/run.ts';
import { modelRun } from '../../src/run/strategies/model-run.ts';
import { blockRun } from '../../src/run/strategies/split-items.ts';
import type { Strategy } from '../../src/run/strategy.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { answersOf } from '../setup/cluster-workers.ts';
import { runPlan, toyDependencies, toyPlan } from './toy-plan.ts';

const slow = { one: { tokenMs: 1 } };
const plan = toyPlan({ suite: { shards: 4 }, models: slow });

/** The mock engine under another build. */
async function otherBuild(): Promise<Engine> {
  const engine = createMockEngine();
  return {
    ...engine,
    async open(...asked) {
      const model = await engine.open(...asked);
      return Object.assign(model, { info: { ...model.info, engineBuild: 'mock 2' } });
    },
  };
}

async function alone(): Promise<unknown> {
  await using store = await openSqliteStore({ file: ':memory:' });
  return await answersOf(store, (await runPlan(toyPlan({ models: slow }), toyDependencies(store))).runId);
}

async function opened(store: Store): Promise<string> {
  return (await openRun(plan, store, { now: new Date(0), random: Math.random })).runId;
}

interface Part {
  readonly events: readonly RunEvent[];
  readonly refused: readonly (readonly [Cell, unknown])[];
}

/** A worker's part of the run. */
async function part(
  store: Store,
  runId: string,
  strategy: Strategy,
  change: Partial<RunDependencies> = {},
  onEvent: (event: RunEvent) => void = () => undefined,
): Promise<Part> {
  const refused: [Cell, unknown][] = [];
  const owner = `owner ${Math.random()}`;
  const measures = strategy === modelRun;
  const claims = measures ? await store.claimModel(runId, owner, 30_000) : [];
  const place = { measures, onGivenBack: (cell: Cell, why: unknown) => void refused.push([cell, why]) };
  const dependencies = toyDependencies(store, { owner, place, hostname: measures ? 'measurer' : 'helper', ...change });
  const events: RunEvent[] = [];
  for await (const event of runSteps({ plan, dependencies, runId, strategy, claims })) {
    events.push(event);
    onEvent(event);
  }
  return { events, refused };
}

async function statesOf(store: Store, runId: string): Promise<readonly string[]> {
  return (await store.cells(runId)).map(({ state }) => state);
}

it('gives the same answers in blocks as at once, by one process', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const { runId, events } = await runPlan(plan, toyDependencies(store));
  expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'finished', failedCells: 0 });
  expect(await answersOf(store, runId)).toEqual(await alone());
  for (const { id, measurements } of await store.cells(runId)) {
    expect(measurements.accuracy).toMatchObject({ status: 'measured', n: 40 });
    const blocks = await store.blocks(id);
    expect(blocks.map(({ state, result }) => [state, result?.requests])).toEqual(blocks.map(() => ['done', 10]));
    const passes = await store.passResults(id);
    expect(passes.filter(({ pass }) => pass === 'accuracy').map(({ requests }) => requests)).toEqual([0]);
  }
});

it('goes on with blocks that others have answered, and leaves what a model is to whoever measures it', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const runId = await opened(store);
  const helped = await part(store, runId, blockRun);
  expect(await statesOf(store, runId)).toEqual(['pending', 'pending']);
  expect((await store.getRun(runId))?.manifest.models).toEqual({});
  expect(helped.events.filter(({ type }) => type === 'pass-end')).toEqual([]);
  await part(store, runId, modelRun);
  expect(await statesOf(store, runId)).toEqual(['done', 'done']);
  expect(await answersOf(store, runId)).toEqual(await alone());
  const [cell] = await store.cells(runId);
  expect(new Set((await store.blocks(cell?.id ?? '')).map(({ result }) => result?.hostname))).toEqual(
    new Set(['helper']),
  );
  const passes = await store.passResults(cell?.id ?? '');
  expect(new Set(passes.map(({ hostname }) => hostname))).toEqual(new Set(['measurer']));
});

it('waits for blocks that others answer', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const runId = await opened(store);
  const block = await store.claimBlock(runId, 'somebody', 30_000);
  let waited = '';
  const owner = 'measurer';
  const claims = await store.claimModel(runId, owner, 30_000);
  const place = { measures: true, onGivenBack: () => undefined };
  const dependencies = toyDependencies(store, { owner, place });
  for await (const event of runSteps({ plan, dependencies, runId, strategy: modelRun, claims })) {
    if (event.type !== 'warning' || !event.message.startsWith('waiting')) continue;
    waited = event.message;
    expect(await statesOf(store, runId)).toEqual(['running', 'running']);
    if (block !== undefined) await store.releaseCell(block);
  }
  expect(waited).toBe(
    'waiting for a block of items that other processes answer; one that died loses its block within 30 s',
  );
  expect(await statesOf(store, runId)).toEqual(['done', 'done']);
  expect(await answersOf(store, runId)).toEqual(await alone());
});

it('mixes no answers of another engine build with its own where nobody else was expected', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  let isHelped = false;
  /** Answers all blocks of the second cell while the first is measured. */
  const helping: Store = {
    ...store,
    async setCellKey(claim, ...asked) {
      const [first, second] = await store.cells((await store.latestRun())?.id ?? '');
      if (!isHelped && claim.cellId === first?.id && second !== undefined) {
        isHelped = true;
        const block = await store.claimBlock(second.runId, 'helper', 30_000, { cellId: second.id });
        if (block !== undefined) await store.setCellKey(block, 'of another build');
        if (block !== undefined) await store.endBlock(block);
      }
      return store.setCellKey(claim, ...asked);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  const { runId } = await runPlan(plan, toyDependencies(helping));
  const [first, second] = await store.cells(runId);
  expect(first).toMatchObject({ state: 'done', error: undefined });
  expect(second).toMatchObject({ state: 'unavailable', key: 'of another build' });
  expect(second?.error?.message).toMatch(/ cannot be resumed: its model, engine or data has changed/);
  expect((await store.sampleSummary(second?.id ?? '')).items).toBe(0);
});

/** The store, with when each question was asked; `onAsked` hears how many there were. */
function noting(store: Store, onAsked: (count: number) => void): { readonly store: Store; readonly askedMs: number[] } {
  const askedMs: number[] = [];
  const noted = Object.entries(store).map(([name, method]) => {
    const ask = method as (...asked: readonly unknown[]) => unknown;
    return [
      name,
      (...asked: readonly unknown[]) => {
        askedMs.push(performance.now());
        onAsked(askedMs.length);
        return ask(...asked);
      },
    ];
  });
  return {
    store: { ...(Object.fromEntries(noted) as Store), [Symbol.asyncDispose]: async () => undefined },
    askedMs,
  };
}

it.each(['blocks', 'cells'])(
  'asks the store once a second while others hold its %s',
  { timeout: 30_000 },
  async (what) => {
    await using store = await openSqliteStore({ file: ':memory:' });
    const runId = await opened(store);
    const claims =
      what === 'cells'
        ? await store.claimModel(runId, 'somebody', longestLeaseMs)
        : [await store.claimBlock(runId, 'somebody', longestLeaseMs)];
    const first = Promise.withResolvers<void>();
    let isWaiting = false;
    const { store: noted, askedMs } = noting(store, (count) => {
      if (isWaiting && count === 4) first.resolve();
    });
    const released = first.promise.then(async () => {
      for (const claim of claims) if (claim !== undefined) await store.releaseCell(claim);
    });
    let waitedMs: readonly number[] = [];
    const dependencies = toyDependencies(noted, { leaseMs: longestLeaseMs });
    await runPlan(plan, dependencies, (event) => {
      if (event.type !== 'warning' || !event.message.startsWith('waiting')) return;
      isWaiting = true;
      askedMs.length = 0;
      void released.then(() => {
        waitedMs = askedMs.slice(0, 4);
      });
    });
    await released;
    const pauses = waitedMs.slice(1).map((atMs, index) => atMs - (waitedMs[index] ?? 0));
    expect(pauses).toHaveLength(3);
    // Timers may be a millisecond early.
    expect(Math.min(...pauses)).toBeGreaterThan(990);
    expect(await statesOf(store, runId)).toEqual(['done', 'done']);
  },
);

it.each([
  ['blocks, beside cells that began with it', modelRun, blockRun],
  ['cells, beside blocks that began with it', blockRun, modelRun],
])('refuses another engine build: %s', async (_, first, second) => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const runId = await opened(store);
  const stop = new AbortController();
  // The first is stopped as soon as it has begun.
  await part(store, runId, first, { signal: stop.signal }, ({ type }) => {
    if (type === 'pass-start') stop.abort();
  });
  const before = await answersOf(store, runId);
  const keys = (await store.cells(runId)).filter(({ key }) => key !== undefined).map(({ id }) => id);
  expect(keys.length).toBeGreaterThan(0);
  const { refused } = await part(store, runId, second, { openEngine: otherBuild });
  expect(refused.map(([cell, why]) => [cell.id, (why as Error).name])).toEqual(
    expect.arrayContaining([[keys[0], 'ChangedCellError']]),
  );
  const after = await answersOf(store, runId);
  const ofKept = (rows: readonly (readonly unknown[])[]): readonly unknown[] =>
    rows.filter(([, taskId]) => taskId === 'toy/letters@1');
  expect(ofKept(after)).toEqual(ofKept(before));
  expect((await store.cells(runId)).find(({ id }) => id === keys[0])?.state).toBe('pending');
});

it('says of times that were taken on other hardware that they do not count', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const runId = await opened(store);
  const { host } = plan.manifest;
  await store.changeManifest(runId, (manifest) => ({
    ...manifest,
    hardwareClass: 'fast',
    machines: { measurer: { host, hardwareClass: 'slow', measures: true } },
  }));
  await part(store, runId, modelRun);
  for (const { measurements } of await store.cells(runId)) {
    const reasons = (name: 'accuracy' | 'throughput' | 'latency'): readonly string[] => {
      const found = measurements[name];
      return found === undefined || found.status === 'unavailable' ? [] : found.warnings.map(({ reason }) => reason);
    };
    expect(reasons('throughput')).toContain('other_hardware');
    expect(reasons('latency')).toContain('other_hardware');
    expect(reasons('accuracy')).not.toContain('other_hardware');
  }
});

it('keeps a warning about answers of a block', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const runId = await opened(store);
  const [cell] = await store.cells(runId);
  await part(store, runId, blockRun);
  const [first] = await store.blocks(cell?.id ?? '');
  const odd = { reason: 'odd_answers', detail: 'from another model' } as const;
  // As an engine would have said it of one block.
  const marked: Store = {
    ...store,
    blocks: async (id) =>
      (await store.blocks(id)).map((block) =>
        block.cellId === first?.cellId && block.index === 0 && block.result !== undefined
          ? { ...block, result: { ...block.result, warnings: [odd] } satisfies PassResult }
          : block,
      ),
    [Symbol.asyncDispose]: async () => undefined,
  };
  await part(marked, runId, modelRun);
  const [measured] = await store.cells(runId);
  expect(measured?.measurements.accuracy).toMatchObject({ warnings: expect.arrayContaining([odd]) as unknown });
});
