import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStore } from '../../src/store/open-store.ts';
import { allAnswers, answersIn, doneCodes, localAnswers, writeRaySuite } from '../ray/ray-runs.ts';
import { SimulatedRay } from '../ray/simulated-ray.ts';
import { busyTests } from '../setup/busy-tests.ts';
import { postgresPassword, type PostgresServer, startPostgres } from '../setup/postgres.ts';
import { runInProcess } from '../setup/run-in-process.ts';
import { testFolder } from '../setup/test-settings.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** Nodes that know the password of the store, as they must: Ray shows everybody what a job is given. */
function nodesWith(folder: string): Readonly<Record<string, string>> {
  const cache = join(folder, 'cache');
  return { ...busyTests, HOME: folder, XDG_CACHE_HOME: cache, PGPASSWORD: postgresPassword };
}

const node = (address: string) => ({ address, resources: { CPU: 4, alone: 1 } });

it('runs a suite through Ray and PostgreSQL, with the answers of a run here', { timeout: 180_000 }, async () => {
  await using folder = await testFolder();
  await using ray = await SimulatedRay.start([node('127.0.0.2'), node('127.0.0.3')], nodesWith(folder.path));
  ray.token = 'c1a0-7e57-0b57-ac1e';
  await writeRaySuite(folder.path, 0, { address: ray.url, exclusive: 'alone' });
  const address = await server.newDatabase();
  const environment = { RAY_AUTH_TOKEN: ray.token };
  const { code, stdout, stderr } = await runInProcess(['run', 'suite.json', '--on', 'ray', '--store', address], {
    folder: folder.path,
    environment,
  });
  expect(stderr).toMatch(/^submitted pb-\S+-g0-a1 as job pb-\S+-g0-a1: 3 workers for 3 models$/m);
  expect(stderr).toMatch(/run \S+: finished$/m);
  expect(doneCodes).toContain(code);
  for (const name of ['one', 'two', 'three']) expect(stdout).toContain(name);
  await using store = await openStore({ address });
  const answers = await answersIn(store);
  expect(answers.size).toBe(allAnswers);
  expect(answers).toEqual(await localAnswers(folder.path));
  // Ray shows everybody what it was sent.
  const kept = JSON.stringify([stdout, stderr, ray.submitted, await store.jobs((await store.latestRun())?.id ?? '')]);
  for (const secret of [postgresPassword, encodeURIComponent(postgresPassword), ray.token])
    expect(kept).not.toContain(secret);
});

it('says that nobody answers before anything is written', async () => {
  await using folder = await testFolder();
  await writeRaySuite(folder.path, 0, { address: 'http://127.0.0.1:9' });
  const address = await server.newDatabase();
  const { code, stderr } = await runInProcess(['run', 'suite.json', '--on', 'ray', '--store', address], {
    folder: folder.path,
  });
  expect(code).toBe(5);
  expect(stderr).toMatch(
    /^error: Ray at http:\/\/127\.0\.0\.1:9 can't be reached: connect ECONNREFUSED 127\.0\.0\.1:9$/m,
  );
  await using store = await openStore({ address });
  expect(await store.latestRun()).toBeUndefined();
});

it('warns of workers side by side, whether it submits or prints', { timeout: 60_000 }, async () => {
  await using folder = await testFolder();
  await using ray = await SimulatedRay.start([], nodesWith(folder.path));
  await writeRaySuite(folder.path, 0, { address: ray.url });
  const address = await server.newDatabase();
  for (const how of ['--print', '--detach']) {
    const words = ['run', 'suite.json', '--on', 'ray', how, '--store', address];
    const { code, stderr } = await runInProcess(words, { folder: folder.path });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^warning: Ray may place workers side by side, .*$/m)]);
  }
});

it('ends jobs that wait and jobs that run, and starts nothing afterwards', { timeout: 120_000 }, async () => {
  await using folder = await testFolder();
  await using ray = await SimulatedRay.start([node('127.0.0.2')], nodesWith(folder.path));
  await writeRaySuite(folder.path, 50, { address: ray.url, exclusive: 'alone' });
  const address = await server.newDatabase();
  const options = { folder: folder.path };
  let cancelling: ReturnType<typeof runInProcess> | undefined;
  const { code } = await runInProcess(['run', 'suite.json', '--on', 'ray', '--store', address], {
    ...options,
    onStderr: (text) => {
      if (text.includes('a worker started on')) cancelling ??= runInProcess(['cancel', '--store', address], options);
    },
  });
  expect(code).toBe(3);
  expect(await cancelling).toMatchObject({ code: 0 });
  await ray.allEnded();
  await using store = await openStore({ address });
  const run = await store.latestRun();
  expect(run).toMatchObject({ status: 'interrupted', isStopRequested: true });
  // One had a node, two waited for it: Ray started those too.
  expect(await store.workers(run?.id ?? '')).toHaveLength(1);
  expect((await store.cells(run?.id ?? '')).every(({ state }) => state === 'pending' || state === 'done')).toBe(true);
});
