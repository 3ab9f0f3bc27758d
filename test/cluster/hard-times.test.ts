import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { followRun } from '../../src/app/cluster/follow-run.ts';
import { launchRun } from '../../src/app/cluster/launch-run.ts';
import { parseSuite } from '../../src/app/parse-suite.ts';
import { prepareRun } from '../../src/app/prepare-run.ts';
import { libraryContext, run as runAlone } from '../../src/app/run.ts';
import type { SuiteInput } from '../../src/core/suite.ts';
import type { Store } from '../../src/core/store.ts';
import { createRandom } from '../../src/stats/random.ts';
import { openStore } from '../../src/store/open-store.ts';
import { answersOf, briefSuite, clusterFolder, slowMocks } from '../setup/cluster-workers.ts';
import { asProcesses, LocalLauncher } from '../setup/local-launcher.ts';
import { type PostgresServer, startPostgres } from '../setup/postgres.ts';

const leaseMs = 2_000;
const names = Array.from({ length: 16 }, (_, index) => `model-${index}`);
const suite: SuiteInput = {
  ...briefSuite,
  models: slowMocks(names, 1),
  tasks: ['imdb/mini', 'arc_easy/mini', 'hellaswag/mini', 'gsm8k/mini', 'squad2/mini'],
  launches: 1,
  limit: 6,
};

/** What happens once so many cells have ended; a fast machine has it no sooner than a slow one. */
type Trouble = 'kill' | 'kill all' | 'pause' | 'restart';
const troubles = new Map<number, Trouble>([
  [4, 'kill'],
  [10, 'restart'],
  [16, 'pause'],
  [24, 'kill'],
  [32, 'kill all'],
  [44, 'restart'],
  [52, 'pause'],
  [60, 'kill'],
]);

/** Kills workers, stops others for longer than a lease, and crashes the database; whom, its seed decides. */
class Troublemaker {
  readonly #engine: LocalLauncher;
  readonly #server: PostgresServer;
  readonly #random = createRandom(7);
  readonly #pauses: Promise<void>[] = [];

  constructor(engine: LocalLauncher, server: PostgresServer) {
    this.#engine = engine;
    this.#server = server;
  }

  /** Looks how far the run is until nobody wants it any more. */
  async watch(store: Store, runId: string, signal: AbortSignal): Promise<void> {
    for (let done = 0; !signal.aborted;) {
      const cells = await store.cells(runId);
      const ended = cells.filter(({ state }) => state === 'done').length;
      for (; done < ended; done += 1) await this.#trouble(troubles.get(done + 1));
      await sleep(50, undefined, { signal }).catch(() => undefined);
    }
    await Promise.all(this.#pauses);
  }

  async #trouble(kind: Trouble | undefined): Promise<void> {
    const { running } = this.#engine;
    const victims = running.slice(Math.floor(this.#random.nextFloat() * running.length)).slice(0, 1);
    switch (kind) {
      case 'kill':
        await Promise.all(victims.map(async (handle) => this.#engine.kill(handle)));
        return;
      case 'kill all':
        await Promise.all(running.map(async (handle) => this.#engine.kill(handle)));
        return;
      case 'pause':
        for (const handle of victims) this.#pauses.push(this.#pause(handle));
        return;
      case 'restart':
        await this.#server.stop('kill');
        await this.#server.start();
        return;
      case undefined:
        return;
    }
  }

  async #pause(handle: string): Promise<void> {
    this.#engine.send(handle, 'SIGSTOP');
    await sleep(1.5 * leaseMs);
    this.#engine.send(handle, 'SIGCONT');
  }
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
  const { runId } = await launchRun(plan, {
    store,
    launcher: engine,
    workingFolder: folder,
    storeUrl: address,
    workers: 8,
  });
  const run = await store.getRun(runId);
  if (run === undefined) throw new Error('the run was written');
  const over = new AbortController();
  const trouble = new Troublemaker(engine, server).watch(store, runId, over.signal);
  const said: string[] = [];
  let status: string | undefined;
  for await (const event of followRun(store, run, async () => engine, { signal: never, isResumed: false, leaseMs })) {
    if (event.type === 'note' || event.type === 'warning') said.push(event.message);
    if (event.type === 'run-end') ({ status } = event);
  }
  over.abort();
  await trouble;
  expect([status, said.filter((line) => line.includes('nothing came of it'))]).toEqual(['finished', []]);
  // All were dead once.
  expect(engine.submitted.length).toBeGreaterThan(1);
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
  expect(answers).toHaveLength(16 * 5 * 6);
  expect(answers).toEqual(await answersOf(alone, (await alone.latestRun())?.id ?? ''));
});
