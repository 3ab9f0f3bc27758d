import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { followRun } from '../../src/app/cluster/follow-run.ts';
import { launchRun } from '../../src/app/cluster/launch-run.ts';
import { parseSuite } from '../../src/app/parse-suite.ts';
import { prepareRun } from '../../src/app/prepare-run.ts';
import { libraryContext, run as runAlone } from '../../src/app/run.ts';
import type { Cell } from '../../src/core/cell.ts';
import type { SuiteInput } from '../../src/core/suite.ts';
import type { Store } from '../../src/core/store.ts';
import { createRandom } from '../../src/stats/random.ts';
import { openStore } from '../../src/store/open-store.ts';
import { eventually } from '../conformance/launcher-orders.ts';
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

const refused = 'another process has taken over this cell';

/**
 * Kills workers that hold cells, stops others until somebody has taken a cell of theirs over, and crashes the database; whom,
 * its seed decides.
 */
class Troublemaker {
  /** What has really happened. */
  readonly made: Trouble[] = [];
  readonly #engine: LocalLauncher;
  readonly #server: PostgresServer;
  readonly #store: Store;
  readonly #runId: string;
  readonly #random = createRandom(7);

  constructor(engine: LocalLauncher, server: PostgresServer, store: Store, runId: string) {
    this.#engine = engine;
    this.#server = server;
    this.#store = store;
    this.#runId = runId;
  }

  /** Looks how far the run is until nobody wants it any more; what can't be done yet is tried again at the next look. */
  async watch(signal: AbortSignal): Promise<void> {
    const due = [...troubles];
    while (!signal.aborted) {
      const ended = (await this.#store.cells(this.#runId)).filter(({ state }) => state === 'done').length;
      const [next] = due;
      if (next !== undefined && next[0] <= ended && (await this.#make(next[1]))) {
        due.shift();
        this.made.push(next[1]);
      }
      await sleep(50, undefined, { signal }).catch(() => undefined);
    }
  }

  /** @returns whether it happened */
  async #make(kind: Trouble): Promise<boolean> {
    switch (kind) {
      case 'kill': {
        const victim = await this.#busyWorker();
        if (victim !== undefined) await this.#engine.kill(victim);
        return victim !== undefined;
      }
      case 'kill all': {
        const { running } = this.#engine;
        await Promise.all(running.map(async (handle) => this.#engine.kill(handle)));
        return running.length > 0;
      }
      case 'pause': {
        const victim = await this.#busyWorker();
        return victim !== undefined && (await this.#pause(victim));
      }
      case 'restart':
        await this.#server.stop('kill');
        await this.#server.start();
        return true;
    }
  }

  async #busyWorker(): Promise<string | undefined> {
    const busy: string[] = [];
    for (const handle of this.#engine.running) if ((await this.#openCells(handle)).length > 0) busy.push(handle);
    return busy[Math.floor(this.#random.nextFloat() * busy.length)];
  }

  async #log(handle: string): Promise<string> {
    return (await this.#engine.tail({ handle })) ?? '';
  }

  /** Cells that a worker has begun, and not ended. */
  async #openCells(handle: string): Promise<readonly Cell[]> {
    const log = (await this.#log(handle)).split('\n');
    const cells = await this.#store.cells(this.#runId);
    return cells.filter(
      ({ id, state }) => state === 'running' && log.includes(`cell-start ${id}`) && !log.includes(`cell-end ${id}`),
    );
  }

  /** Until others have a cell of it, and it has been told so. */
  async #pause(handle: string): Promise<boolean> {
    this.#engine.send(handle, 'SIGSTOP');
    const held = await this.#openCells(handle);
    const attempts = new Map(held.map(({ id, attempt }) => [id, attempt]));
    const now = await eventually(
      `others have what ${handle} holds`,
      async () => (await this.#store.cells(this.#runId)).filter(({ id }) => attempts.has(id)),
      (cells) => cells.every(({ id, state, attempt }) => state !== 'running' || attempt !== attempts.get(id)),
    );
    const count = async (): Promise<number> => (await this.#log(handle)).split(refused).length;
    const before = await count();
    this.#engine.send(handle, 'SIGCONT');
    if (now.every(({ id, attempt }) => attempt === attempts.get(id))) return false;
    await eventually(`${handle} is refused`, count, (lines) => lines > before);
    return true;
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
  const troublemaker = new Troublemaker(engine, server, store, runId);
  const trouble = troublemaker.watch(over.signal);
  const said: string[] = [];
  let status: string | undefined;
  for await (const event of followRun(store, run, async () => engine, { signal: never, isResumed: false, leaseMs })) {
    if (event.type === 'note' || event.type === 'warning') said.push(event.message);
    if (event.type === 'run-end') ({ status } = event);
  }
  over.abort();
  await trouble;
  expect([status, said.filter((line) => line.includes('nothing came of it'))]).toEqual(['finished', []]);
  expect(troublemaker.made).toEqual([...troubles.values()]);
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
