/**
 * What the queue of a run on many machines costs: simulated workers share the cells of one run through a real PostgreSQL,
 * or through one SQLite file, which is for a few processes: with hundreds, leases run out. Nothing is measured by the workers themselves: this is the store alone.
 *
 * Three rounds on runs of their own:
 * 1. claims: each worker claims a model, ends its cells with one sample each, claims the next, until none is left;
 * 2. leases: each worker holds a model and renews the leases of its cells each third of a lease;
 * 3. idle: half of the workers hold what is left, and the others ask once a second whether there is work.
 *
 * The workers are in this process, each with connections of its own (of SQLite, all with one), beside the server on the same
 * cores: real ones take nothing of the server's machine.
 *
 * Usage: node bench/store-claims.ts [--cells 10000] [--tasks 5] [--workers 500] [--seconds 30] [--store postgres|sqlite]
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Claim, defaultLeaseMs, type Store } from '../src/core/store.ts';
import { quantile } from '../src/stats/quantile.ts';
import { openStore } from '../src/store/open-store.ts';
import { openSqliteStore } from '../src/store/sqlite-store.ts';
import { newCell, newRun, sampleAt } from '../test/conformance/store-records.ts';
import { startPostgres } from '../test/setup/postgres.ts';
import { serverCpuMs } from './server-cpu.ts';

const { values } = parseArgs({
  options: {
    cells: { type: 'string', default: '10000' },
    tasks: { type: 'string', default: '5' },
    workers: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '30' },
    store: { type: 'string', default: 'postgres' },
  },
});
const [cells, tasks, workers, seconds] = [values.cells, values.tasks, values.workers, values.seconds].map(Number) as [
  number,
  number,
  number,
  number,
];

/** Stores of the workers, and the CPU time that the server has taken so far. */
interface Side {
  readonly name: string;
  readonly stores: readonly Store[];
  readonly cpuMs: () => Promise<number | undefined>;
}

console.log(`${cells} cells of ${cells / tasks} models, ${workers} workers, leases of ${defaultLeaseMs / 1000} s;`);
console.log(`${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unknown CPU'}\n`);
await (values.store === 'sqlite' ? benchSqlite() : benchPostgres());

async function benchPostgres(): Promise<void> {
  // Two connections each at most, and some for the server itself.
  await using server = await startPostgres({ settings: [`max_connections=${2 * workers + 20}`, 'fsync=on'] });
  const address = await server.newDatabase();
  const pid = Number((await readFile(join(server.dataFolder, 'postmaster.pid'), 'utf8')).split('\n')[0]);
  await using resources = new AsyncDisposableStack();
  const stores: Store[] = [];
  // One after the other: a machine of its own each would not have all connect within this one's ten seconds either.
  for (let worker = 0; worker < workers; worker += 1) stores.push(resources.use(await openStore({ address })));
  await bench({ name: 'PostgreSQL', stores, cpuMs: async () => serverCpuMs(pid) });
}

async function benchSqlite(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'perbench-claims-'));
  try {
    await using store = await openSqliteStore({ file: join(folder, 'perbench.db') });
    const stores = Array.from({ length: workers }, () => store);
    await bench({ name: 'SQLite', stores, cpuMs: async () => undefined });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function bench(side: Side): Promise<void> {
  console.log(side.name);
  await claimAll(side);
  await holdLeases(side);
  await askIdly(side);
  console.log();
}

async function createRun(store: Store, id: string, count = cells): Promise<void> {
  const planned = Array.from({ length: count }, (_, position) => ({
    ...newCell(`${id}.${position}`, position),
    model: `model-${Math.floor(position / tasks)}`,
  }));
  await store.createRun(newRun(id), planned);
}

/** Times of one kind of question. */
function createTimes() {
  const all: number[] = [];
  return {
    async of<Answer>(question: () => Promise<Answer>): Promise<Answer> {
      const startMs = performance.now();
      const answer = await question();
      all.push(performance.now() - startMs);
      return answer;
    },
    count: () => all.length,
    text() {
      const sorted = all.toSorted((left, right) => left - right);
      if (sorted.length === 0) return 'none';
      const shown = [0.5, 0.99, 1].map((share) => quantile(sorted, share).toFixed(1));
      return `median ${shown[0]}, p99 ${shown[1]}, slowest ${shown[2]} ms`;
    },
  };
}

/** @param count of what was done */
async function told(
  side: Side,
  what: string,
  action: () => Promise<{ readonly count: number; readonly text: string }>,
) {
  const [startMs, startCpuMs] = [performance.now(), await side.cpuMs()];
  const { count, text } = await action();
  const wallMs = performance.now() - startMs;
  const endCpuMs = await side.cpuMs();
  const cpu =
    startCpuMs === undefined || endCpuMs === undefined
      ? ''
      : `; server ${((endCpuMs - startCpuMs) / wallMs).toFixed(2)} cores, ${((endCpuMs - startCpuMs) / count).toFixed(2)} ms of CPU each`;
  console.log(
    `  ${what}: ${((count * 1000) / wallMs).toFixed(0)} a second (${count} in ${(wallMs / 1000).toFixed(1)} s)${cpu}`,
  );
  console.log(`    ${text}`);
}

async function claimAll(side: Side): Promise<void> {
  const [first] = side.stores;
  if (first === undefined) return;
  await createRun(first, 'claims');
  const [claiming, ending] = [createTimes(), createTimes()];
  const claimed = new Map<string, number>();
  const work = async (store: Store, worker: number): Promise<void> => {
    for (;;) {
      const claims = await claiming.of(() => store.claimModel('claims', `worker-${worker}`, defaultLeaseMs));
      if (claims.length === 0) return;
      for (const claim of claims) {
        claimed.set(claim.cellId, (claimed.get(claim.cellId) ?? 0) + 1);
        await ending.of(async () => {
          await store.appendSamples(claim, [sampleAt(0)], defaultLeaseMs);
          await store.endCell(claim, { state: 'done', measurements: {}, error: undefined });
        });
      }
    }
  };
  await told(side, 'cells claimed and ended', async () => {
    await Promise.all(side.stores.map((store, worker) => work(store, worker)));
    const twice = claimed.values().filter((times) => times > 1);
    return {
      count: claimed.size,
      text: `claim of a model: ${claiming.text()}; sample and end of a cell: ${ending.text()}; claimed twice: ${[...twice].length}`,
    };
  });
}

async function holdLeases(side: Side): Promise<void> {
  const [first] = side.stores;
  if (first === undefined) return;
  await createRun(first, 'leases');
  const renewing = createTimes();
  let lost = 0;
  const held = await Promise.all(
    side.stores.map((store, worker) => store.claimModel('leases', `worker-${worker}`, defaultLeaseMs)),
  );
  const endMs = performance.now() + seconds * 1000;
  const work = async (store: Store, claims: readonly Claim[]): Promise<void> => {
    await sleep((Math.random() * defaultLeaseMs) / 3);
    while (performance.now() < endMs) {
      for (const claim of claims) {
        await renewing.of(() => store.renewLease(claim, defaultLeaseMs)).catch(() => (lost += 1));
      }
      await sleep(defaultLeaseMs / 3);
    }
  };
  await told(side, 'leases renewed', async () => {
    await Promise.all(side.stores.map((store, worker) => work(store, held[worker] ?? [])));
    const cellsHeld = held.reduce((sum, claims) => sum + claims.length, 0);
    return { count: renewing.count(), text: `${renewing.text()}; of ${cellsHeld} cells, lost: ${lost}` };
  });
}

async function askIdly(side: Side): Promise<void> {
  const half = Math.ceil(side.stores.length / 2);
  const [holding, waiting] = [side.stores.slice(0, half), side.stores.slice(half)];
  const [first] = side.stores;
  if (first === undefined) return;
  await createRun(first, 'idle', half * tasks);
  await Promise.all(
    holding.map(async (store, worker) => store.claimModel('idle', `worker-${worker}`, 10 * defaultLeaseMs)),
  );
  const asking = createTimes();
  const endMs = performance.now() + seconds * 1000;
  const work = async (store: Store): Promise<void> => {
    await sleep(Math.random() * 1000);
    while (performance.now() < endMs) {
      await Promise.all([asking.of(() => store.openWork('idle', 10 * defaultLeaseMs)), sleep(1000)]);
    }
  };
  await told(side, 'questions of idle workers', async () => {
    await Promise.all(waiting.map((store) => work(store)));
    return {
      count: asking.count(),
      text: `${asking.text()}; of ${waiting.length} workers, about ${half * tasks} cells`,
    };
  });
}
