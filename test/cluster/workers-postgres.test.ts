import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { run as runAlone } from '../../src/app/run.ts';
import type { SuiteInput } from '../../src/core/suite.ts';
import { openStore } from '../../src/store/open-store.ts';
import {
  answersOf,
  briefSuite,
  type ClusterWorker,
  clusterFolder,
  slowMocks,
  startClusterWorker,
  writeRun,
} from '../setup/cluster-workers.ts';
import { usePostgres } from '../setup/use-postgres.ts';

const postgres = usePostgres();
const leaseMs = 3_000;

const suite: SuiteInput = {
  ...briefSuite,
  launches: 1,
  limit: 6,
  shards: 2,
  models: slowMocks(
    Array.from({ length: 16 }, (_, index) => `m${index}`),
    2,
  ),
  tasks: ['imdb/mini', 'arc_easy/mini', 'gsm8k/mini', 'squad2/mini', 'hellaswag/mini'],
};

it(
  'keeps every item once while workers are killed, stand still, and the database restarts',
  { timeout: 300_000 },
  async () => {
    const server = postgres();
    const folder = clusterFolder();
    const address = await server.newDatabase();
    await using store = await openStore({ address });
    const runId = await writeRun(store, folder, suite);
    const start = (): ClusterWorker => startClusterWorker({ file: address, runId, folder, leaseMs });
    const workers = Array.from({ length: 6 }, start);
    await Promise.all(workers.map(async (worker) => worker.said(/^asked /)));
    const [killed, paused] = workers;
    killed?.child.kill('SIGKILL');
    paused?.child.kill('SIGSTOP');
    await server.stop('kill');
    await server.start();
    await sleep(2 * leaseMs);
    paused?.child.kill('SIGCONT');
    const others = [...workers.slice(1), start(), start()];
    expect(await Promise.all(others.map(async ({ ended }) => ended))).toEqual(others.map(() => 0));
    const cells = await store.cells(runId);
    expect(cells.map(({ state }) => state)).toEqual(cells.map(() => 'done'));
    expect((await store.getRun(runId))?.status).toBe('finished');
    await using alone = await openStore({ address: ':memory:' });
    const options = { store: alone, workingFolder: folder, environment: { XDG_CACHE_HOME: folder } };
    for await (const event of runAlone({ ...suite, shards: 1 }, options)) void event;
    const answers = await answersOf(store, runId);
    expect(answers).toHaveLength(16 * 5 * 6);
    expect(answers).toEqual(await answersOf(alone, (await alone.latestRun())?.id ?? ''));
  },
);
