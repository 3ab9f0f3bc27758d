import { EventEmitter } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Launcher } from '../../src/core/cluster.ts';
import type { Store } from '../../src/core/store.ts';
import type { CliWorld } from '../../src/cli/run-cli.ts';
import { defaultStore } from '../../src/cli/tables/global-options.ts';
import { openStore } from '../../src/store/open-store.ts';
import { busyTests } from '../setup/busy-tests.ts';
import { asProcesses, LocalLauncher } from '../setup/local-launcher.ts';
import { perbenchBin } from '../setup/perbench-process.ts';
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

const model = (name: string, tokenMs: number) => ({
  name,
  source: 'none',
  engine: 'mock',
  engineOptions: { tokenMs, answers: ['Positive', 'A'] },
});
const suiteOf = (tokenMs: number) => ({
  models: ['one', 'two', 'three'].map((name) => model(name, tokenMs)),
  tasks: ['imdb/mini', 'arc_easy/mini'],
  limit: 12,
  launches: 2,
  windowSeconds: 0.2,
  latencyRequests: 4,
  waitQuiet: 0,
  allowBusy: true,
});

/** A cluster whose nodes are this machine: workers are real processes of perbench, with the environment that launchers hand on. */
class LocalCluster implements AsyncDisposable {
  readonly engines: LocalLauncher[] = [];
  readonly open: NonNullable<CliWorld['openLauncher']>;

  constructor(folder: string, slots: number) {
    let engine: LocalLauncher | undefined;
    this.open = async (_name, _settings, { environment }): Promise<Launcher> => {
      const env = { PATH: process.env['PATH'], HOME: folder, ...busyTests, PGPASSWORD: environment['PGPASSWORD'] };
      const start = asProcesses(({ words }) => [process.execPath, perbenchBin, ...words], { cwd: folder, env });
      engine ??= new LocalLauncher(start, slots);
      this.engines.push(engine);
      return engine;
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const engine of this.engines) await engine[Symbol.asyncDispose]();
  }
}

/** What each model has answered to each item of each task. */
async function answersOf(store: Store): Promise<ReadonlyMap<string, unknown>> {
  const run = await store.latestRun();
  const answers = new Map<string, unknown>();
  for (const { id, model: name, taskId } of await store.cells(run?.id ?? '')) {
    for await (const { itemId, output, score } of store.samples(id)) {
      answers.set(`${name} ${taskId} ${itemId}`, [output, score]);
    }
  }
  return answers;
}

it(
  'runs a suite through an engine and PostgreSQL, with the tables and answers of a run here',
  { timeout: 180_000 },
  async () => {
    await using folder = await testFolder();
    await using cluster = new LocalCluster(folder.path, 2);
    await writeFile(join(folder.path, 'suite.json'), JSON.stringify(suiteOf(0)));
    const address = await server.newDatabase();
    const options = { folder: folder.path, openLauncher: cluster.open };
    const there = await runInProcess(
      ['run', 'suite.json', '--on', 'slurm', '--shards', '3', '--store', address],
      options,
    );
    expect(there.stderr).toMatch(/^submitted pb-\S+-g0-a1 as job 100: 3 workers for 3 models$/m);
    expect(there.stderr).toMatch(/^submitted pb-\S+-h0-a1 as job 101: 2 workers for 3 models$/m);
    for (const name of ['one', 'two', 'three']) expect(there.stdout).toContain(name);
    const here = await runInProcess(['run', 'suite.json', '--no-progress'], { folder: folder.path });
    // Which model is best is noise here: a recommendation, none, or a tie.
    expect([[0, 4, 6].includes(there.code), [0, 4, 6].includes(here.code)]).toEqual([true, true]);
    await using shared = await openStore({ address });
    await using own = await openStore({ address: join(folder.path, defaultStore) });
    const answers = await answersOf(shared);
    expect(answers.size).toBe(3 * 2 * 12);
    expect(answers).toEqual(await answersOf(own));
    const over = await runInProcess(['resume', '--on', 'slurm', '--detach', '--store', address], {
      folder: folder.path,
      openLauncher: async () => Promise.reject(new Error('no engine is asked')),
    });
    expect(over.stderr).toMatch(/^run \S+ is finished: nothing is left for workers$/m);
    expect(over.stderr).not.toContain('detached');
    // The password is nowhere: not on the screen, not in words of jobs, not in the manifest.
    const run = await shared.latestRun();
    const kept = JSON.stringify([there, run, await shared.jobs(run?.id ?? ''), await shared.workers(run?.id ?? '')]);
    for (const secret of [postgresPassword, encodeURIComponent(postgresPassword)]) expect(kept).not.toContain(secret);
  },
);

it('is left at Ctrl-C, followed from another machine, and cancelled from there', { timeout: 180_000 }, async () => {
  await using folder = await testFolder();
  await using elsewhere = await testFolder();
  await using cluster = new LocalCluster(folder.path, 1);
  await writeFile(join(folder.path, 'suite.json'), JSON.stringify(suiteOf(20)));
  const address = await server.newDatabase();
  const signals = new EventEmitter();
  const left = await runInProcess(['run', 'suite.json', '--on', 'slurm', '--store', address], {
    folder: folder.path,
    openLauncher: cluster.open,
    signals,
    onStderr: (text) => {
      if (text.includes('a worker started on')) signals.emit('SIGINT');
    },
  });
  expect(left.code).toBe(0);
  const [, runId = ''] = /detached from run (\S+),/.exec(left.stderr) ?? [];
  expect(left.stderr).toMatch(/\n {2}perbench cancel \S+ --store postgres:\/\/owner@127\.0\.0\.1:\d+\/test_\d+\n$/);

  await mkdir(join(elsewhere.path, 'home'));
  const other = { folder: elsewhere.path, openLauncher: cluster.open };
  let cancelling: ReturnType<typeof runInProcess> | undefined;
  const followed = await runInProcess(['resume', runId, '--store', address], {
    ...other,
    onStderr: (text) => {
      if (text.includes('following it')) cancelling ??= runInProcess(['cancel', '--store', address], other);
    },
  });
  expect(followed.code).toBe(3);
  expect(followed.stderr).toContain('not finished; everything so far is saved.');
  expect((await cancelling)?.code).toBe(0);
  await using store = await openStore({ address });
  expect(await store.getRun(runId)).toMatchObject({ status: 'interrupted', isStopRequested: true });
  const jobs = await store.jobs(runId);
  expect(jobs.map(({ state }) => state)).toEqual(['cancelled']);

  // And it is taken up again where it stood.
  const again = await runInProcess(['resume', runId, '--on', 'slurm', '--store', address], {
    folder: folder.path,
    openLauncher: cluster.open,
  });
  expect(again.stderr).toMatch(/submitted pb-\S+-g0-a2 as job 101: 3 workers/);
  expect(await answersOf(store).then(({ size }) => size)).toBe(3 * 2 * 12);
});

it(
  'prints what would be submitted, for a run that is written, and leaves without following',
  { timeout: 60_000 },
  async () => {
    await using folder = await testFolder();
    await using cluster = new LocalCluster(folder.path, 0);
    await writeFile(join(folder.path, 'suite.json'), JSON.stringify(suiteOf(0)));
    const address = await server.newDatabase();
    const options = { folder: folder.path, openLauncher: cluster.open };
    const words = ['run', 'suite.json', '--on', 'slurm', '--store', address];
    const printed = await runInProcess([...words, '--print'], options);
    await using store = await openStore({ address });
    const { id = '' } = (await store.latestRun()) ?? {};
    expect(printed.code).toBe(0);
    expect(printed.stdout).toContain(`perbench work ${id} --store postgres://owner@127.0.0.1`);
    expect(await store.jobs(id)).toEqual([]);
    const signals = new EventEmitter();
    const open: NonNullable<typeof cluster.open> = async (...parameters) => {
      const engine = await cluster.open(...parameters);
      // Ctrl-C while it submits.
      setImmediate(() => signals.emit('SIGINT'));
      return engine;
    };
    const detached = await runInProcess(words, { ...options, openLauncher: open, signals });
    expect(detached.code).toBe(0);
    expect(detached.stderr).not.toContain('stopping');
    expect(detached.stderr).toContain(`detached from run ${id}, which goes on.`);
    expect((await store.jobs(id)).map(({ state }) => state)).toEqual(['pending']);
  },
);
