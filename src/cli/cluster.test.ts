import { EventEmitter } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isWorkedOn } from '../app/cluster/followed-workers.ts';
import { launchRun } from '../app/cluster/launch-run.ts';
import { LauncherError } from '../core/errors.ts';
import type { Store } from '../core/store.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { toyPlan } from '../../test/run/toy-plan.ts';
import { asProcesses, LocalLauncher } from '../../test/setup/local-launcher.ts';
import { runInProcess } from '../../test/setup/run-in-process.ts';
import { testFolder } from '../../test/setup/test-settings.ts';
import { isOver } from './commands/cluster.ts';
import { defaultStore } from './tables/global-options.ts';

const flagErrors: readonly (readonly [readonly string[], RegExp])[] = [
  [
    ['--detach'],
    /^error: --detach says how workers elsewhere are submitted, and no --on says to what\nhint: Add --on /,
  ],
  [['--workers', '3'], /^error: --workers says how/],
  [['--on', 'slurm', '--print', '--detach'], /^error: --print submits nothing: there is nothing to detach from/],
  [['--on', 'pbs'], /^error: --on: expected one of slurm, kubernetes, ray, got "pbs"/],
  [
    ['--on', 'slurm'],
    /^error: --on slurm needs a store that all machines reach: \S+ is a file on this one\nhint: Name a Postgre/,
  ],
];

it.each(flagErrors)('refuses run %j in one line', async (flags, expected) => {
  await using folder = await testFolder();
  const models = ['-m', 'nothing.gguf', '-t', 'imdb/mini'];
  const { code, stderr } = await runInProcess(['run', ...models, ...flags], { folder: folder.path });
  expect([code, stderr]).toEqual([2, expect.stringMatching(expected)]);
});

/** A run of two toy models whose workers wait in an engine's queue. */
async function waitingRun(
  folder: string,
): Promise<{ readonly store: Store; readonly runId: string; readonly engine: LocalLauncher }> {
  await mkdir(join(folder, '.perbench'));
  const file = join(folder, defaultStore);
  const store = await openSqliteStore({ file });
  const program = join(import.meta.dirname, '../../test/fixtures/toy-worker.ts');
  const start = asProcesses(({ models }) => [process.execPath, program, file, models.join(','), '2']);
  const engine = new LocalLauncher(start, 0);
  const launched = await launchRun(toyPlan({ models: { one: {}, two: {} } }), {
    store,
    launcher: engine,
    workingFolder: folder,
    storeUrl: file,
    workers: undefined,
  });
  return { store, runId: launched.runId, engine };
}

it('attaches to a run whose jobs live, and leaves it to them at Ctrl-C', { timeout: 60_000 }, async () => {
  await using folder = await testFolder();
  const { store, runId, engine } = await waitingRun(folder.path);
  await using _store = store;
  await using _engine = engine;
  const signals = new EventEmitter();
  const { code, stderr } = await runInProcess(['resume'], {
    folder: folder.path,
    openLauncher: async () => engine,
    signals,
    onStderr: (text) => {
      if (text.includes('2 workers of slurm job 100 wait: Resources')) signals.emit('SIGINT');
    },
  });
  expect(code).toBe(0);
  expect(stderr).toContain(`run ${runId} is worked on elsewhere: following it`);
  expect(stderr).toMatch(
    /detached from run \S+, which goes on.*:\n {2}perbench resume \S+\n {2}perbench cancel \S+\n$/s,
  );
  expect((await store.jobs(runId)).map(({ state }) => state)).toEqual(['pending']);
});

it('follows a run without its engine where that is not here', { timeout: 60_000 }, async () => {
  await using folder = await testFolder();
  const { store, engine } = await waitingRun(folder.path);
  await using _store = store;
  await using _engine = engine;
  const signals = new EventEmitter();
  const { code, stderr } = await runInProcess(['resume'], {
    folder: folder.path,
    openLauncher: async () => {
      throw new LauncherError('sbatch is not here', { hint: 'Go to a login node.' });
    },
    signals,
    onStderr: (text) => {
      if (text.includes('sbatch is not here')) setImmediate(() => signals.emit('SIGINT'));
    },
  });
  expect(code).toBe(0);
  expect(stderr).toMatch(/^run \S+ is worked on elsewhere/);
  expect(stderr).toContain('slurm: sbatch is not here. Go to a login node. Following the store meanwhile.');
});

it('follows workers that a person has started, as long as they hold cells', { timeout: 60_000 }, async () => {
  await using folder = await testFolder();
  const { store, runId, engine } = await waitingRun(folder.path);
  await using _store = store;
  await using _engine = engine;
  for (const job of await store.jobs(runId)) await store.putJob({ ...job, state: 'lost' });
  expect(await isWorkedOn(store, runId)).toBe(false);
  const worker = { id: 'me', runId, hostname: 'node-7', hardwareClass: 'a CPU', job: undefined, note: undefined };
  await store.putWorker({ ...worker, state: 'working' });
  expect(await isWorkedOn(store, runId)).toBe(false);
  const [claim] = await store.claimModel(runId, 'me', 30_000);
  if (claim === undefined) throw new Error('cells are there');
  expect(await isWorkedOn(store, runId)).toBe(true);
  const signals = new EventEmitter();
  const { stderr } = await runInProcess(['resume'], {
    folder: folder.path,
    openLauncher: async () => engine,
    signals,
    onStderr: (text) => {
      if (text.includes('started on node-7 (a CPU)')) signals.emit('SIGINT');
    },
  });
  expect(stderr).toContain(`run ${runId} is worked on elsewhere: following it`);
});

it('cancels a run by its engine and the flag in the store; nothing of it starts any more', async () => {
  await using folder = await testFolder();
  const { store, runId, engine } = await waitingRun(folder.path);
  await using _store = store;
  await using _engine = engine;
  const options = { folder: folder.path, openLauncher: async () => engine };
  const { code, stderr } = await runInProcess(['cancel', runId.slice(0, -2)], options);
  expect([code, stderr]).toEqual([
    0,
    `run ${runId}: 1 job cancelled. Go on with it with:\n  perbench resume ${runId} --on slurm\n`,
  ]);
  expect(await store.getRun(runId)).toMatchObject({ status: 'interrupted', isStopRequested: true });
  expect(await engine.list(runId)).toMatchObject([{ state: 'cancelled' }, { state: 'cancelled' }]);
  // A second time is no error.
  expect((await runInProcess(['cancel'], options)).stderr).toContain('0 jobs cancelled');
});

it('says that the engine could not be told to cancel, and that the workers will find out', async () => {
  await using folder = await testFolder();
  const { store, engine } = await waitingRun(folder.path);
  await using _store = store;
  await using _engine = engine;
  engine.isReachable = false;
  const { code, stderr } = await runInProcess(['cancel'], { folder: folder.path, openLauncher: async () => engine });
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /^warning: the controller does not answer; its workers end by themselves as soon as they look into/,
  );
});

it('refuses to cancel what is over, and what is not there', async () => {
  await using folder = await testFolder();
  const { store, runId, engine } = await waitingRun(folder.path);
  await using _store = store;
  await using _engine = engine;
  await store.setRunStatus(runId, 'finished');
  const options = { folder: folder.path };
  expect(await runInProcess(['cancel', runId], options)).toMatchObject({
    code: 2,
    stderr: `error: run ${runId} is finished: there is nothing to cancel\nhint: List the runs with perbench list.\n`,
  });
  expect((await runInProcess(['cancel'], options)).stderr).toMatch(/^error: no unfinished run in /);
});

it('says that a run is finished which workers are asked for, and asks no engine', async () => {
  await using folder = await testFolder();
  const { store, runId, engine } = await waitingRun(folder.path);
  await using _store = store;
  await using _engine = engine;
  await store.setRunStatus(runId, 'finished');
  const run = await store.getRun(runId);
  expect(run && (await isOver(store, run))).toBe(true);
  const claim = await store.claimCell(`${runId}.0`, 'me', 30_000);
  if (claim === undefined) throw new Error('a cell is there');
  await store.endCell(claim, { state: 'failed', measurements: {}, error: { code: 'PB_ENGINE', message: 'died' } });
  expect(run && (await isOver(store, run))).toBe(false);
});
