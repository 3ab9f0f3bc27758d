import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { openStore } from '../../src/store/open-store.ts';
import { eventually } from '../conformance/launcher-orders.ts';
import { allAnswers, answersIn, doneCodes, localAnswers, writeRaySuite } from '../ray/ray-runs.ts';
import { perbenchBin, type Running, startPerbench } from '../setup/perbench-process.ts';
import { postgresPassword, type PostgresServer, startPostgres } from '../setup/postgres.ts';
import { type SlurmCluster, startSlurm } from '../setup/slurm-cluster.ts';
import { testFolder } from '../setup/test-settings.ts';

let slurm: SlurmCluster;
let server: PostgresServer;
let missing: string | undefined;
const folders = new AsyncDisposableStack();

beforeAll(async () => {
  // Jobs that have ended are soon forgotten, in the middle of a run too.
  const started = await startSlurm({ minJobAge: 2 });
  if (typeof started === 'string') missing = started;
  else slurm = started;
  server = await startPostgres();
}, 180_000);
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  if (missing === undefined) await slurm[Symbol.asyncDispose]();
  await folders.disposeAsync();
}, 60_000);
beforeEach(({ skip }) => skip(missing !== undefined, missing));

/** A folder with a suite, and a database that nodes reach from their own network: by the server's socket. */
interface Place {
  readonly folder: string;
  readonly address: string;
}

async function newPlace(tokenMs: number, settings: Readonly<Record<string, unknown>> = {}): Promise<Place> {
  const folder = await testFolder();
  folders.use(folder);
  await writeRaySuite(folder.path, tokenMs, {});
  const file = join(folder.path, 'suite.json');
  const suite = JSON.parse(await readFile(file, 'utf8')) as object;
  const program = `${process.execPath} ${perbenchBin}`;
  await writeFile(file, JSON.stringify({ ...suite, cluster: { slurm: { program, ...settings } } }));
  const database = new URL(await server.newDatabase()).pathname.slice(1);
  return { folder: folder.path, address: server.address(database, { host: server.socketFolder }) };
}

function perbench({ folder, address }: Place, ...words: readonly string[]): Running {
  const environment = { PATH: slurm.environment['PATH'] ?? '', SLURM_CONF: slurm.environment['SLURM_CONF'] ?? '' };
  const running = startPerbench([...words, '--store', address], {
    workingFolder: folder,
    homeFolder: folder,
    environment,
  });
  onTestFinished(() => void running.child.kill('SIGKILL'));
  return running;
}

const runWords = ['run', 'suite.json', '--on', 'slurm', '--no-progress'] as const;

/** Jobs that Slurm knows, and where they are. */
async function jobs(): Promise<readonly { readonly name: string; readonly state: string; readonly node: string }[]> {
  const rows = await slurm.ask('squeue', '-h', '-r', '-t', 'all', '-o', '%j|%T|%N');
  return rows
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => {
      const [name = '', state = '', node = ''] = row.split('|');
      return { name, state, node };
    });
}

async function logs(folder: string): Promise<string> {
  const at = join(folder, '.perbench/jobs');
  const texts = await Promise.all((await readdir(at)).map(async (name) => readFile(join(at, name), 'utf8')));
  return texts.join('');
}

describe('a run on Slurm', { timeout: 400_000 }, () => {
  let left: Place;

  it('is left to its workers', async () => {
    left = await newPlace(1);
    const { code, stderr } = await perbench(left, ...runWords, '--detach').ended;
    expect(code).toBe(exitCodes.done);
    expect(stderr).toMatch(/^submitted pb-\S+-g0-a1 as job \d+: 3 workers for 3 models$/m);
  });

  it('gives the answers of a run here, and shows no password', async () => {
    const place = await newPlace(5);
    const { code, stdout, stderr } = await perbench(place, ...runWords).ended;
    expect(stderr).toMatch(/^submitted pb-\S+-g0-a1 as job \d+: 3 workers for 3 models$/m);
    expect(stderr).toMatch(/run \S+: finished$/m);
    expect(doneCodes).toContain(code);
    await using store = await openStore({ address: place.address });
    const answers = await answersIn(store);
    expect(answers.size).toBe(allAnswers);
    expect(answers).toEqual(await localAnswers(place.folder));
    const kept = [stdout, stderr, await slurm.ask('scontrol', 'show', 'job'), await logs(place.folder)].join('\n');
    for (const secret of [postgresPassword, encodeURIComponent(postgresPassword)]) expect(kept).not.toContain(secret);
  });

  it('goes on when a node dies in the middle, and refuses what its orphan writes', async () => {
    const place = await newPlace(40);
    const run = perbench(place, ...runWords);
    await run.said(/a worker started on/);
    await using store = await openStore({ address: place.address });
    const { id = '' } = (await store.latestRun()) ?? {};
    await eventually(
      'answers are stored',
      async () => store.sampleCounts(id),
      (counts) => [...counts.values()].some((count) => count > 0),
    );
    const node = (await jobs()).find(({ state }) => state === 'RUNNING')?.node ?? '';
    const orphans = await slurm.killNode(node);
    expect(orphans).not.toEqual([]);
    for (const pid of orphans) process.kill(pid, 'SIGSTOP');
    await eventually(
      'its cells are claimed again',
      async () => store.cells(id),
      (cells) => cells.some(({ attempt }) => attempt > 1),
    );
    for (const pid of orphans) process.kill(pid, 'SIGCONT');
    const { code, stderr } = await run.ended;
    expect(stderr).toMatch(/run \S+: finished$/m);
    expect(doneCodes).toContain(code);
    expect(await answersIn(store)).toEqual(await localAnswers(place.folder));
    await eventually(
      'the orphan is refused',
      async () => logs(place.folder),
      (text) => text.includes('another process has taken over this cell'),
    );
    expect((await store.cells(id)).every(({ state }) => state === 'done')).toBe(true);
  });

  it('goes on while the controller is away, and is cancelled from elsewhere, what waits and what runs', async () => {
    const place = await newPlace(400, { lines: ['--nodelist=n2'] });
    const run = perbench(place, ...runWords);
    await run.said(/a worker started on/);
    await slurm.stopController();
    try {
      await run.said(/Following the store meanwhile/);
    } finally {
      await slurm.startController();
    }
    await run.said(/slurm answers again/);
    const cancelled = await perbench(place, 'cancel').ended;
    expect(cancelled.code).toBe(exitCodes.done);
    expect((await run.ended).code).toBe(exitCodes.someCellsFailed);
    await using store = await openStore({ address: place.address });
    const stored = await store.latestRun();
    expect(stored).toMatchObject({ status: 'interrupted', isStopRequested: true });
    const own = (await jobs()).filter(({ name }) => name.includes(stored?.id ?? '?'));
    expect(own.filter(({ state }) => state === 'PENDING' || state === 'RUNNING')).toEqual([]);
  });

  it('is refused in one line, and not written, where its partition does not exist', async () => {
    const place = await newPlace(0, { partition: 'none-such' });
    const { code, stderr } = await perbench(place, ...runWords).ended;
    expect(code).toBe(exitCodes.environment);
    expect(stderr).toMatch(/^error: Slurm refuses pb-\S+: .*Invalid partition name specified$/m);
    expect(stderr).toMatch(/^hint: Set `partition` of cluster.slurm; sinfo lists them\.$/m);
    await using store = await openStore({ address: place.address });
    expect(await store.listRuns()).toEqual([]);
  });

  it('is followed to its end when Slurm has forgotten its jobs', async () => {
    await using store = await openStore({ address: left.address });
    const { id = '' } = (await store.latestRun()) ?? {};
    await eventually('its jobs are forgotten', jobs, (all) => !all.some(({ name }) => name.includes(id)));
    const { code, stderr } = await perbench(left, 'resume', id, '--on', 'slurm').ended;
    expect(stderr).not.toContain('submitted');
    expect(doneCodes).toContain(code);
    expect(await answersIn(store)).toEqual(await localAnswers(left.folder));
  });

  it('says what nodes lack, and ends', async () => {
    const place = await newPlace(0, { program: 'perbench-elsewhere' });
    const { code, stderr } = await perbench(place, ...runWords).ended;
    expect(code).toBe(exitCodes.someCellsFailed);
    expect(stderr).toMatch(
      /failed: n\d: perbench-elsewhere: command not found; set program or setup of cluster.slurm$/m,
    );
    expect(stderr).toContain('3 times and nothing came of it');
  });
});
