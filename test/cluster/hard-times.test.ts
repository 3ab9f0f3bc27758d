import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { followRun } from '../../src/app/cluster/follow-run.ts';
import { launchRun } from '../../src/app/cluster/launch-run.ts';
import { parseSuite } from '../../src/app/parse-suite.ts';
import { prepareRun } from '../../src/app/prepare-run.ts';
import { libraryContext, run as runAlone } from '../../src/app/run.ts';
import type { SuiteInput } from '../../src/core/suite.ts';
import { createRandom } from '../../src/stats/random.ts';
import { openStore } from '../../src/store/open-store.ts';
import { answersOf, briefSuite, clusterFolder, slowMocks } from '../setup/cluster-workers.ts';
import { asProcesses, LocalLauncher } from '../setup/local-launcher.ts';
import { startPostgres } from '../setup/postgres.ts';

const leaseMs = 2_000;
const names = Array.from({ length: 16 }, (_, index) => `model-${index}`);
const suite: SuiteInput = {
  ...briefSuite,
  models: slowMocks(names, 1),
  tasks: ['imdb/mini', 'arc_easy/mini', 'hellaswag/mini', 'gsm8k/mini', 'squad2/mini'],
  launches: 1,
  limit: 8,
};

/** Kills workers, stops others for longer than a lease, and crashes the database, in an order that its seed decides. */
async function trouble(engine: LocalLauncher, restart: () => Promise<void>, signal: AbortSignal): Promise<string[]> {
  const random = createRandom(7);
  const done: string[] = [];
  const pause = async (ms: number): Promise<void> => sleep(ms, undefined, { signal }).catch(() => undefined);
  for (let turn = 0; !signal.aborted && turn < 12; turn += 1) {
    await pause(1_000 + random.nextFloat() * 1_500);
    const { running } = engine;
    const victim = running[Math.floor(random.nextFloat() * running.length)];
    if (victim === undefined || signal.aborted) continue;
    if (turn % 4 === 1) {
      await restart();
      done.push('restart');
    } else if (turn % 4 === 3) {
      done.push('pause');
      engine.send(victim, 'SIGSTOP');
      await pause(1.5 * leaseMs);
      engine.send(victim, 'SIGCONT');
    } else {
      done.push('kill');
      // Once all of them, as if the cluster had gone.
      await Promise.all((turn === 6 ? running : [victim]).map(async (handle) => engine.kill(handle)));
    }
  }
  return done;
}

it('has every item once, as one process has, though workers and database die', { timeout: 600_000 }, async () => {
  const folder = clusterFolder();
  await using server = await startPostgres();
  const address = await server.newDatabase();
  await using store = await openStore({ address });
  const context = libraryContext({ workingFolder: folder, environment: { XDG_CACHE_HOME: folder } });
  const never = new AbortController().signal;
  const plan = await prepareRun(parseSuite(suite), context, never);
  await context.meter[Symbol.asyncDispose]?.();
  const program = join(import.meta.dirname, '../fixtures/cluster-worker.ts');
  await using engine = new LocalLauncher(
    asProcesses(({ runId, models, name: job }) => {
      const orders = { file: address, runId, folder, leaseMs, models, job, machine: { hostname: 'node' } };
      return [process.execPath, program, JSON.stringify(orders)];
    }),
  );
  const { runId } = await launchRun(plan, { store, launcher: engine, storeUrl: address, workers: 8 });
  const run = await store.getRun(runId);
  if (run === undefined) throw new Error('the run was written');
  const over = new AbortController();
  const restart = async (): Promise<void> => {
    await server.stop('kill');
    await server.start();
  };
  const troubles = trouble(engine, restart, over.signal);
  const said: string[] = [];
  let status: string | undefined;
  for await (const event of followRun(store, run, engine, { signal: never, isResumed: false, leaseMs })) {
    if (event.type === 'note' || event.type === 'warning') said.push(event.message);
    if (event.type === 'run-end') ({ status } = event);
  }
  over.abort();
  expect([status, said.filter((line) => line.includes('nothing came of it'))]).toEqual(['finished', []]);
  expect(new Set(await troubles)).toEqual(new Set(['kill', 'restart', 'pause']));
  const cells = await store.cells(runId);
  expect(cells.map(({ state }) => state)).toEqual(cells.map(() => 'done'));
  expect(cells.some(({ attempt }) => attempt > 1)).toBe(true);
  for (const { id } of cells) {
    const passes = (await store.passResults(id)).map(({ pass, launch }) => `${pass} ${launch}`);
    expect(passes.toSorted()).toEqual(['accuracy 0', 'latency 0', 'throughput 0']);
  }
  await using alone = await openStore({ address: ':memory:' });
  for await (const event of runAlone(suite, {
    store: alone,
    workingFolder: folder,
    environment: { XDG_CACHE_HOME: folder },
  }))
    void event;
  const answers = await answersOf(store, runId);
  expect(answers).toHaveLength(16 * 5 * 8);
  expect(answers).toEqual(await answersOf(alone, (await alone.latestRun())?.id ?? ''));
});
