import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { newCell, newJob, newRun, passResult, sampleAt } from '../../test/conformance/store-records.ts';
import { type CuttingProxy, startCuttingProxy } from '../../test/setup/cutting-proxy.ts';
import { usePostgres, usePostgresDatabase } from '../../test/setup/use-postgres.ts';
import type { WorkerRecord } from '../core/cluster.ts';
import type { Claim, Store } from '../core/store.ts';
import { openPostgresStore } from './postgres-store.ts';
import { openSqliteStore } from './sqlite-store.ts';

const server = usePostgres();
const database = usePostgresDatabase(server);

const cells = ['held', 'free', 'failed'].map((id, position) => ({ ...newCell(id, position), model: id, blocks: 2 }));
const worker: WorkerRecord = {
  id: 'w',
  runId: 'run-1',
  hostname: 'node-1',
  hardwareClass: 'Test CPU',
  job: undefined,
  state: 'working',
  note: undefined,
};
const job = newJob('pb-run-1-0-a1', 'run-1');

interface Held {
  readonly cell: Claim;
  readonly block: Claim;
}

async function* rescored() {
  yield { itemId: 'item-0', score: { value: 0.25, answer: '7', isUnparsed: false, metrics: {}, detail: {} } };
}

/** Every write of a store; each must do the same whether its connection breaks or not. */
const writes: Readonly<Record<string, (store: Store, held: Held) => Promise<unknown>>> = {
  createRun: (store) => store.createRun(newRun('run-2'), [{ ...newCell('another'), blocks: 2 }]),
  copyRun: async (store) => {
    await using from = await openSqliteStore({ file: ':memory:' });
    await from.createRun(newRun('run-3'), [{ ...newCell('copied'), blocks: 1 }]);
    const cell = await claimed(from.claimCell('copied', 'owner', 60_000));
    await from.appendSamples(cell, [sampleAt(0), sampleAt(1)], 60_000);
    await from.appendPassResult(cell, passResult());
    await from.releaseCell(cell);
    const run = await from.getRun('run-3');
    if (run !== undefined) await store.copyRun(run, from);
  },
  setRunStatus: (store) => store.setRunStatus('run-1', 'interrupted'),
  changeManifest: (store) => store.changeManifest('run-1', (before) => ({ ...before, seed: before.seed + 1 })),
  requestStop: (store) => store.requestStop('run-1', true),
  claimCell: (store) => store.claimCell('free', 'owner', 60_000),
  claimModel: (store) => store.claimModel('run-1', 'owner', 60_000),
  claimBlock: (store) => store.claimBlock('run-1', 'owner', 60_000),
  renewLease: (store, { cell }) => store.renewLease(cell, 60_000),
  setCellKey: (store, { cell }) => store.setCellKey(cell, 'key'),
  'setCellKey of a block': (store, { block }) => store.setCellKey(block, 'key'),
  setCellItems: (store, { cell }) => store.setCellItems(cell, 3),
  appendSamples: (store, { cell }) => store.appendSamples(cell, [sampleAt(0), sampleAt(5)], 60_000),
  'appendSamples of a block': (store, { block }) => store.appendSamples(block, [sampleAt(5)], 60_000),
  appendPassResult: (store, { cell }) => store.appendPassResult(cell, passResult()),
  endCell: (store, { cell }) => store.endCell(cell, { state: 'done', measurements: {}, error: undefined }),
  releaseCell: (store, { cell }) => store.releaseCell(cell),
  'releaseCell of a block': (store, { block }) => store.releaseCell(block),
  endBlock: (store, { block }) => store.endBlock(block),
  resetFailed: (store) => store.resetFailed('run-1'),
  putWorker: (store) => store.putWorker(worker),
  putJob: (store) => store.putJob(job),
  replaceScores: (store) => store.replaceScores('failed', rescored(), {}),
};

const reads: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
  getRun: (store) => store.getRun('run-1'),
  cells: (store) => store.cells('run-1'),
  samples: (store) => Array.fromAsync(store.samples('failed')),
  openWork: (store) => store.openWork('run-1', 60_000),
};

interface StoreBehindProxy {
  readonly store: Store;
  readonly held: Held;
  readonly proxy: CuttingProxy;
}

/** A store behind a proxy, and what is needed to write into it. */
async function openBehindProxy(): Promise<StoreBehindProxy> {
  const proxy = await startCuttingProxy(server().port);
  const name = new URL(await database()).pathname.slice(1);
  const store = await openPostgresStore({ address: server().address(name, { port: proxy.port }) });
  await store.createRun(newRun('run-1'), cells);
  const failed = await claimed(store.claimCell('failed', 'owner', 60_000));
  await store.appendSamples(failed, [sampleAt(0)], 60_000);
  await store.endCell(failed, { state: 'failed', measurements: {}, error: undefined });
  const cell = await claimed(store.claimCell('held', 'owner', 60_000));
  const block = await claimed(store.claimBlock('run-1', 'owner', 60_000, { cellId: 'held' }));
  await store.appendSamples(cell, [sampleAt(0), sampleAt(1)], 60_000);
  await store.appendPassResult(cell, passResult({ launch: 7 }));
  return { store, held: { cell, block }, proxy };
}

async function openInTest(): Promise<StoreBehindProxy> {
  const opened = await openBehindProxy();
  onTestFinished(async () => {
    await opened.store[Symbol.asyncDispose]();
    await opened.proxy[Symbol.asyncDispose]();
  });
  return opened;
}

async function claimed(claim: Promise<Claim | undefined>): Promise<Claim> {
  const found = await claim;
  if (found === undefined) throw new Error('nothing could be claimed');
  return found;
}

/** All that a store says, but for times. */
async function contentOf(store: Store): Promise<unknown> {
  const runs = await store.listRuns();
  const parts = runs.map(async ({ id }) => ({
    cells: await Promise.all(
      (await store.cells(id)).map(async (cell) => ({
        cell,
        blocks: await store.blocks(cell.id),
        passes: await store.passResults(cell.id),
        samples: await Array.fromAsync(store.samples(cell.id)),
      })),
    ),
    work: await store.openWork(id, 60_000),
    workers: (await store.workers(id)).map((found) => ({ ...found, seenAtMs: 0, silentMs: 0 })),
    jobs: (await store.jobs(id)).map((found) => ({ ...found, ageMs: 0 })),
  }));
  return { runs, parts: await Promise.all(parts) };
}

describe.each(Object.entries(writes))('%s', (_name, write) => {
  let unbroken: { readonly result: unknown; readonly content: unknown };

  beforeAll(async () => {
    const { store, held, proxy } = await openBehindProxy();
    unbroken = { result: await write(store, held), content: await contentOf(store) };
    await store[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  });

  it.each([
    ['before it is committed', 'commit', 'before'],
    ['when it was committed, unheard', 'commit', 'answered'],
    ['before its transaction began', 'begin;', 'before'],
    ['when its transaction had begun', 'begin;', 'answered'],
    ['before it was sent', '"', 'before'],
    ['when it was done, unheard', '"', 'answered'],
  ] as const)('is written once where the connection breaks %s', async (_when, words, when) => {
    const { store, held, proxy } = await openInTest();
    proxy.cutNext(words, when);
    expect(await write(store, held)).toEqual(unbroken.result);
    // One that is a single statement has neither beginning nor end.
    expect([words === '"' ? 1 : 0, 1]).toContain(proxy.cuts);
    expect(await contentOf(store)).toEqual(unbroken.content);
  });
});

it('is written once where the server hears of its end only after the client was cut off', async () => {
  const { store, held, proxy } = await openInTest();
  proxy.cutNext('commit', 'late');
  await store.appendPassResult(held.cell, passResult({ launch: 8 }));
  expect(proxy.cuts).toBe(1);
  expect((await store.passResults('held')).map(({ launch }) => launch)).toEqual([7, 8]);
});

it('is written once by a process that hung in the middle of it, until the server gave its locks to others', async () => {
  const { store } = await openInTest();
  const seed = (await store.getRun('run-1'))?.manifest.seed ?? 0;
  let times = 0;
  await store.changeManifest('run-1', (before) => {
    times += 1;
    // Longer than the server waits.
    if (times === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_500);
    return { ...before, seed: before.seed + 1 };
  });
  expect(times).toBe(2);
  expect((await store.getRun('run-1'))?.manifest.seed).toBe(seed + 1);
});

describe.each(Object.entries(reads))('%s', (_name, read) => {
  it.each(['before', 'answered'] as const)('is asked again where the connection breaks: %s', async (when) => {
    const { store, proxy } = await openInTest();
    const expected = await read(store);
    proxy.cutNext('"', when);
    expect(await read(store)).toEqual(expected);
    expect(proxy.cuts).toBe(1);
  });
});
