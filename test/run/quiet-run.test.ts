import { expect, it, vi } from 'vitest';
import { withTimeLimit } from '../../src/app/prepare-run.ts';
import type { Engine } from '../../src/core/engine.ts';
import type { OthersWatch } from '../../src/core/meter.ts';
import { createMockEngine } from '../../src/engines/mock/mock-engine.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { busyMeter, runPlan as run, toyDependencies, toyLetters, toyPlan } from './toy-plan.ts';

it('measures a busy window again, and keeps the least busy', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  // Accuracy, throughput and latency three times each.
  const meter = busyMeter({ othersNow: () => 0, inWindows: [0.4, 0.3, 0.2, 0.01, 0.2, 0.1, 0.3] });
  const { runId, events } = await run(
    toyPlan({ tasks: [toyLetters], suite: { launches: 1 } }),
    toyDependencies(store, { meter }),
  );
  const names = events.flatMap((event) => (event.type === 'pass-start' ? [event.pass] : []));
  expect(names).toEqual(['accuracy', ...Array(3).fill('throughput'), ...Array(3).fill('latency')]);
  const [cell] = await store.cells(runId);
  const passes = await store.passResults(cell?.id ?? '');
  expect(passes.map(({ pass, host, busierShares }) => [pass, host.otherShare, busierShares])).toEqual([
    ['accuracy', 0.4, undefined],
    ['throughput', 0.01, [0.3, 0.2]],
    ['latency', 0.1, [0.2, 0.3]],
  ]);
  expect(cell?.measurements.throughput).not.toMatchObject({
    warnings: expect.arrayContaining([expect.objectContaining({ reason: 'host_busy' })]),
  });
  expect(cell?.measurements.latency).toMatchObject({
    warnings: expect.arrayContaining([expect.objectContaining({ reason: 'host_busy', share: 0.1 })]),
  });
});

it('takes busy windows as they are where that is allowed, and says so in the stored suite', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const meter = busyMeter({ othersNow: () => 0.4, inWindows: [0.4] });
  const plan = toyPlan({ tasks: [toyLetters], suite: { launches: 1, allowBusy: true } });
  const { runId, events } = await run(plan, toyDependencies(store, { meter }));
  expect(events.filter(({ type }) => type === 'pass-start')).toHaveLength(3);
  expect(events.filter(({ type }) => type === 'wait-start')).toEqual([]);
  expect((await store.getRun(runId))?.suite.allowBusy).toBe(true);
});

it('waits for a quiet machine before it measures time, and not before it asks items', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const meter = busyMeter({ othersNow: () => 0.4, inWindows: [0] });
  const suite = { launches: 1, waitQuiet: 0.2 };
  const { events } = await run(toyPlan({ tasks: [toyLetters], suite }), toyDependencies(store, { meter }));
  const told = events.flatMap((event) =>
    event.type === 'pass-start' || event.type === 'wait-start' ? [[event.type, event.pass]] : [],
  );
  // What was in vain once isn't tried again; the window that was quiet after all lets it be.
  expect(told).toEqual([
    ['pass-start', 'accuracy'],
    ['wait-start', 'throughput'],
    ['pass-start', 'throughput'],
    ['wait-start', 'latency'],
    ['pass-start', 'latency'],
  ]);
});

it('waits once before a pass over all items that is timed, and does not repeat it', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const meter = busyMeter({ othersNow: () => 0.4, inWindows: [0.4] });
  const suite = { protocol: 'paper', waitQuiet: 0.2 } as const;
  const { events } = await run(toyPlan({ tasks: [toyLetters], suite }), toyDependencies(store, { meter }));
  expect(events.flatMap(({ type }) => (type === 'wait-start' || type === 'pass-start' ? [type] : []))).toEqual([
    'wait-start',
    'pass-start',
  ]);
});

it('waits for a part of the time where a run has a time', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const meter = busyMeter({ othersNow: () => 0.4, inWindows: [0.4] });
  const plan = withTimeLimit(toyPlan({ tasks: [toyLetters], suite: { protocol: 'paper' } }), 3_000);
  const { events } = await run(plan, toyDependencies(store, { meter }));
  const [limitMs = 0] = events.flatMap((event) => (event.type === 'wait-start' ? [event.limitMs] : []));
  expect(limitMs).toBeGreaterThan(0);
  expect(limitMs).toBeLessThanOrEqual(300);
  expect(events.at(-1)).toMatchObject({ type: 'run-end', status: 'finished' });
});

it('stops waiting for a quiet machine when it is told to, and can be resumed', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const stop = new AbortController();
  const meter = busyMeter({ othersNow: () => 0.4, inWindows: [0] });
  const plan = toyPlan({ tasks: [toyLetters], suite: { launches: 1 } });
  const first = await run(plan, toyDependencies(store, { meter, signal: stop.signal }), ({ type }) => {
    if (type === 'wait-start') stop.abort();
  });
  expect(first.events.at(-1)).toMatchObject({ type: 'run-end', status: 'interrupted' });
  expect(await run(plan, toyDependencies(store))).toMatchObject({ runId: first.runId, isResumed: true });
});

/** The mock engine as one whose threads can be changed. */
function threadedEngine(setThreads: (threads: number) => void, isReady: () => Promise<void> = async () => {}) {
  return async (): Promise<Engine> => {
    const engine = createMockEngine();
    return {
      ...engine,
      async open(...given) {
        const model = await engine.open(...given);
        return {
          ...model,
          info: { ...model.info, threads: 2 },
          async *generate(...asked) {
            await isReady();
            yield* model.generate(...asked);
          },
          setThreads,
        };
      },
    };
  };
}

it('asks items with fewer threads while others use the CPU, and measures time with all', async () => {
  await using store = await openSqliteStore({ file: ':memory:' });
  const told: unknown[] = [];
  const isTold = Promise.withResolvers<void>();
  const openEngine = threadedEngine(
    (threads) => {
      told.push(threads);
      isTold.resolve();
    },
    // Items take until others were looked at.
    async () => (told.at(-1) === 'accuracy' ? isTold.promise : undefined),
  );
  let others = 0.5;
  const meter = busyMeter({ othersNow: () => others, inWindows: [0] });
  const plan = toyPlan({ tasks: [toyLetters], suite: { launches: 1 } });
  const { runId } = await run(plan, toyDependencies(store, { meter, openEngine }), (event) => {
    if (event.type === 'pass-start') told.push(event.pass);
    if (event.type === 'pass-end') others = 0;
  });
  expect(told).toEqual(['accuracy', 1, 2, 'throughput', 'latency']);
  const [cell] = await store.cells(runId);
  const passes = await store.passResults(cell?.id ?? '');
  expect(passes.map(({ fewestThreads }) => fewestThreads)).toEqual([1, undefined, undefined]);
});

it.each([
  [1, 2],
  [2, 3],
])(
  'at concurrency %i looks at others in %i of three passes: one item at a time is rounded by the threads, which stay',
  async (concurrency, looked) => {
    await using store = await openSqliteStore({ file: ':memory:' });
    const meter = busyMeter({ othersNow: () => 0, inWindows: [0] });
    const watchOthers = vi.fn<() => OthersWatch>(() => ({ look: () => undefined, busiest: () => [] }));
    const plan = toyPlan({ tasks: [toyLetters], suite: { launches: 1, concurrency } });
    const openEngine = threadedEngine(() => undefined);
    await run(plan, toyDependencies(store, { meter: { ...meter, watchOthers }, openEngine }));
    expect(watchOthers).toHaveBeenCalledTimes(looked);
  },
);
