import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { reportRuns } from '../../src/app/report-runs.ts';
import { run as runAlone } from '../../src/app/run.ts';
import type { SuiteInput } from '../../src/core/suite.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import {
  answersOf,
  briefSuite,
  type ClusterWorker,
  clusterFolder,
  slowMocks,
  startClusterWorker,
  writeRun,
} from '../setup/cluster-workers.ts';

const leaseMs = 1_500;
const suite: SuiteInput = { ...briefSuite, models: slowMocks(['a', 'b', 'c', 'd'], 1) };

/** What one process answers, which several must answer too. */
async function answersAlone(folder: string, input: SuiteInput): Promise<readonly (readonly unknown[])[]> {
  await using store = await openSqliteStore({ file: ':memory:' });
  const options = { store, workingFolder: folder, environment: { XDG_CACHE_HOME: folder } };
  for await (const event of runAlone({ ...input, shards: 1 }, options)) void event;
  return await answersOf(store, (await store.latestRun())?.id ?? '');
}

const startsOf = ({ lines }: ClusterWorker): readonly string[] =>
  lines.filter((line) => line.startsWith('cell-start')).map((line) => line.slice('cell-start '.length));

const outcomeOf = ({ lines }: ClusterWorker): unknown => JSON.parse(lines.at(-1)?.replace(/^end /, '') ?? '');

const nothing = { failedCells: 0, missing: [], isOtherHardware: false };

it('lets three workers share the models of a run', { timeout: 120_000 }, async () => {
  const folder = clusterFolder();
  const file = join(folder, 'results.db');
  await using store = await openSqliteStore({ file });
  const runId = await writeRun(store, folder, suite);
  const workers = ['n1', 'n2', 'n3'].map((hostname) =>
    startClusterWorker({ file, runId, folder, leaseMs, machine: { hostname } }),
  );
  expect(await Promise.all(workers.map(async ({ ended }) => ended))).toEqual([0, 0, 0]);
  expect(workers.map(outcomeOf)).toEqual([nothing, nothing, nothing]);
  const cells = await store.cells(runId);
  expect(cells.map(({ state, attempt }) => [state, attempt])).toEqual(cells.map(() => ['done', 1]));
  // The cells of a model share its launches.
  const ownerOf = (cellId: string): number => workers.findIndex((worker) => startsOf(worker).includes(cellId));
  const owners = Map.groupBy(cells, ({ model }) => model)
    .values()
    .map((own) => new Set(own.map(({ id }) => ownerOf(id))).size);
  expect(owners.toArray()).toEqual([1, 1, 1, 1]);
  expect(await answersOf(store, runId)).toEqual(await answersAlone(folder, suite));
  expect(await store.getRun(runId)).toMatchObject({ status: 'finished', cost: undefined });
  expect((await store.workers(runId)).map(({ hostname, state }) => `${hostname} ${state}`).toSorted()).toEqual([
    'n1 ended',
    'n2 ended',
    'n3 ended',
  ]);
});

it('loses nothing when workers are killed, or stand still beyond their lease', { timeout: 120_000 }, async () => {
  const folder = clusterFolder();
  const file = join(folder, 'results.db');
  const slow = { ...suite, models: slowMocks(['a', 'b', 'c'], 4) };
  await using store = await openSqliteStore({ file });
  const runId = await writeRun(store, folder, slow);
  const start = (): ClusterWorker => startClusterWorker({ file, runId, folder, leaseMs });
  const killed = start();
  await killed.said(/^asked /);
  killed.child.kill('SIGKILL');
  const [paused, last] = [start(), start()];
  await paused.said(/^asked /);
  paused.child.kill('SIGSTOP');
  // If it stands still within a transaction, nobody else writes meanwhile; each waits for ten seconds at most.
  await sleep(2 * leaseMs);
  paused.child.kill('SIGCONT');
  expect(await Promise.all([last.ended, paused.ended])).toEqual([0, 0]);
  const cells = await store.cells(runId);
  expect(cells.map(({ state }) => state)).toEqual(cells.map(() => 'done'));
  expect(Math.max(...cells.map(({ attempt }) => attempt))).toBeGreaterThan(1);
  expect(await answersOf(store, runId)).toEqual(await answersAlone(folder, slow));
});

it(
  'ends when the store says so, gives its cells back, and begins nothing before it may',
  { timeout: 120_000 },
  async () => {
    const folder = clusterFolder();
    const file = join(folder, 'results.db');
    const slow = { ...suite, models: slowMocks(['a', 'b'], 10) };
    await using store = await openSqliteStore({ file });
    const runId = await writeRun(store, folder, slow);
    const orders = { file, runId, folder, leaseMs };
    const workers = [startClusterWorker(orders), startClusterWorker(orders)];
    await Promise.all(workers.map(async (worker) => worker.said(/^asked /)));
    await store.requestStop(runId, true);
    expect(await Promise.all(workers.map(async ({ ended }) => ended))).toEqual([0, 0]);
    expect((await store.cells(runId)).every(({ state }) => state === 'pending')).toBe(true);
    expect((await store.getRun(runId))?.status).toBe('interrupted');
    const before = await answersOf(store, runId);
    const late = startClusterWorker(orders);
    expect(await late.ended).toBe(0);
    expect(late.lines[0]).toBe(
      `run ${runId} was cancelled: nothing is done here until somebody goes on with it: perbench resume ${runId}`,
    );
    expect(startsOf(late)).toEqual([]);
    expect(await answersOf(store, runId)).toEqual(before);
    await store.requestStop(runId, false);
    const again = startClusterWorker(orders);
    expect(await again.ended).toBe(0);
    expect(await answersOf(store, runId)).toEqual(await answersAlone(folder, slow));
  },
);

it('gives its cells back at SIGTERM', { timeout: 120_000 }, async () => {
  const folder = clusterFolder();
  const file = join(folder, 'results.db');
  await using store = await openSqliteStore({ file });
  const runId = await writeRun(store, folder, { ...suite, models: slowMocks(['a'], 10) });
  const worker = startClusterWorker({ file, runId, folder, leaseMs });
  await worker.said(/^asked /);
  worker.child.kill('SIGTERM');
  expect(await worker.ended).toBe(0);
  expect((await store.cells(runId)).every(({ state }) => state === 'pending')).toBe(true);
  expect(await store.workers(runId)).toMatchObject([{ state: 'ended', note: 'stopped; 0 cells ended here' }]);
});

it('lets others answer items in blocks, with the same results', { timeout: 120_000 }, async () => {
  const folder = clusterFolder();
  const file = join(folder, 'results.db');
  const split = { ...suite, models: slowMocks(['a', 'b'], 2), shards: 5 };
  await using store = await openSqliteStore({ file });
  const runId = await writeRun(store, folder, split);
  const orders = { file, runId, folder, leaseMs };
  const [killed, ...helpers] = ['h0', 'h1', 'h2'].map((hostname) =>
    startClusterWorker({ ...orders, accuracyOnly: true, machine: { hostname, cpuModel: 'another' } }),
  );
  await killed?.said(/^asked /);
  killed?.child.kill('SIGKILL');
  const measurer = startClusterWorker({ ...orders, machine: { hostname: 'm1', cpuModel: 'one' } });
  expect(await Promise.all([...helpers, measurer].map(async ({ ended }) => ended))).toEqual([0, 0, 0]);
  const cells = await store.cells(runId);
  expect(cells.map(({ state }) => state)).toEqual(cells.map(() => 'done'));
  expect(await answersOf(store, runId)).toEqual(await answersAlone(folder, split));
  const blocks = (await Promise.all(cells.map(async ({ id }) => store.blocks(id)))).flat();
  expect(blocks.map(({ state }) => state)).toEqual(Array.from({ length: 20 }, () => 'done'));
  const hosts = new Set(blocks.map(({ result }) => result?.hostname));
  expect(hosts.isSubsetOf(new Set(['h1', 'h2', 'm1']))).toBe(true);
  const passes = (await Promise.all(cells.map(async ({ id }) => store.passResults(id)))).flat();
  expect(new Set(passes.map(({ hostname }) => hostname))).toEqual(new Set(['m1']));
  const stored = await store.getRun(runId);
  expect(stored?.manifest).toMatchObject({ host: { hostname: 'm1' }, machines: { h1: { measures: false } } });
  expect(stored?.manifest.hardwareClass).toMatch(/^one, /);
  const { notes } = await reportRuns(store, stored === undefined ? [] : [stored], { projectDir: folder });
  expect(notes?.filter((note) => note.includes('m1'))).toEqual([
    expect.stringMatching(/^Times were measured on one, [\d.]+ cores \(m1\)\.$/),
  ]);
  expect(notes?.filter((note) => note.includes('h1'))).toEqual([
    expect.stringMatching(/^Items were also answered on another, [\d.]+ cores \(.*h1.*\), whose times do not count\.$/),
  ]);
});

it('lets only the hardware that measured first measure', { timeout: 120_000 }, async () => {
  const folder = clusterFolder();
  const file = join(folder, 'results.db');
  await using store = await openSqliteStore({ file });
  const runId = await writeRun(store, folder, { ...suite, models: slowMocks(['a', 'b'], 1) });
  const orders = { file, runId, folder, leaseMs };
  const first = startClusterWorker({ ...orders, models: ['a'], machine: { hostname: 'n1', cpuModel: 'one' } });
  expect(await first.ended).toBe(0);
  const other = startClusterWorker({ ...orders, machine: { hostname: 'n2', cpuModel: 'two' } });
  expect(await other.ended).toBe(0);
  expect(outcomeOf(other)).toEqual({ ...nothing, isOtherHardware: true });
  expect(await store.workers(runId)).toMatchObject([
    { state: 'ended' },
    { state: 'failed', note: expect.stringMatching(/^times are measured on one, .* cores, and this is two, /) },
  ]);
  const alike = startClusterWorker({ ...orders, machine: { hostname: 'n3', cpuModel: 'one' } });
  expect(await alike.ended).toBe(0);
  const stored = await store.getRun(runId);
  expect(stored).toMatchObject({ status: 'finished', manifest: { machines: { n3: { measures: true } } } });
  expect(stored?.manifest.machines).not.toHaveProperty('n2');
});

it('waits for cells of others no longer than it may', { timeout: 120_000 }, async () => {
  const folder = clusterFolder();
  const file = join(folder, 'results.db');
  await using store = await openSqliteStore({ file });
  const runId = await writeRun(store, folder, { ...suite, models: slowMocks(['a'], 1) });
  const [claim] = await store.claimModel(runId, 'somebody', 20_000);
  expect(claim).toBeDefined();
  const worker = startClusterWorker({ file, runId, folder, waitMs: 500 });
  expect(await worker.ended).toBe(0);
  expect(worker.lines).toContain('waiting for what others hold: 2 cells, 0 blocks of items');
  expect(worker.lines).toContain('status running');
});
