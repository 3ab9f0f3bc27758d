import { expect, it } from 'vitest';
import { run } from '../../src/app/run.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { answersOf, briefSuite, clusterFolder, startClusterWorker, writeRun } from '../setup/cluster-workers.ts';
import { smallModel } from '../setup/small-models.ts';

it('answers the blocks of a real model alike, by two workers and by one process', async () => {
  const source = await smallModel('smollm2-135m-instruct');
  const folder = clusterFolder();
  const models = [{ name: 'small', source, engineOptions: { threads: 1 } }];
  const suite = { ...briefSuite, launches: 1, limit: 12, shards: 3, concurrency: 2, latencyRequests: 1, models };
  await using alone = await openSqliteStore({ file: ':memory:' });
  const options = { store: alone, workingFolder: folder, environment: { XDG_CACHE_HOME: folder } };
  for await (const event of run(suite, options)) void event;
  const file = `${folder}/results.db`;
  await using store = await openSqliteStore({ file });
  const runId = await writeRun(store, folder, suite);
  const workers = [true, false].map((accuracyOnly) => startClusterWorker({ file, runId, folder, accuracyOnly }));
  expect(await Promise.all(workers.map(async ({ ended }) => ended))).toEqual([0, 0]);
  const answers = await answersOf(store, runId);
  expect(answers).toHaveLength(24);
  expect(answers).toEqual(await answersOf(alone, (await alone.latestRun())?.id ?? ''));
});
