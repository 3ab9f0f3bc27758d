import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exitCodes } from '../../src/cli/exit-codes.ts';
import { openStore } from '../../src/store/open-store.ts';
import { eventually } from '../conformance/launcher-orders.ts';
import { allAnswers, answersIn, doneCodes, localAnswers, writeRaySuite } from '../ray/ray-runs.ts';
import { postgresPassword, type PostgresServer, startPostgres } from '../setup/postgres.ts';
import { type SlurmCluster, startSlurm } from '../setup/slurm-cluster.ts';
import { perbench, runWords, type SlurmPlace, writePlace } from '../setup/slurm-runs.ts';
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

/** A place with a suite of mock models, which is there until the file's last test has ended. */
async function newPlace(tokenMs: number, settings: Readonly<Record<string, unknown>> = {}): Promise<SlurmPlace> {
  const folder = folders.use(await testFolder()).path;
  await writeRaySuite(folder, tokenMs, {});
  const suite = JSON.parse(await readFile(join(folder, 'suite.json'), 'utf8')) as object;
  return writePlace({ slurm, server, folder }, suite, settings);
}

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

/** How often Slurm has started each job of a run again, of `scontrol show job`. */
function restartsOf(text: string, runId: string): readonly number[] {
  const own = text.split('\n\n').filter((job) => job.includes(runId));
  return own.map((job) => Number(/ Restarts=(\d+)/.exec(job)?.[1]));
}

async function logs(folder: string): Promise<string> {
  const at = join(folder, '.perbench/jobs');
  const texts = await Promise.all((await readdir(at)).map(async (name) => readFile(join(at, name), 'utf8')));
  return texts.join('');
}

describe('a run on Slurm', { timeout: 400_000 }, () => {
  let left: SlurmPlace;

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
    // By Slurm itself, under the same name; perbench has submitted nothing again.
    await eventually(
      'its job is requeued',
      async () => slurm.ask('scontrol', 'show', 'job'),
      (text) => restartsOf(text, id).includes(1),
    );
    const { code, stderr } = await run.ended;
    expect(stderr).toMatch(/run \S+: finished$/m);
    expect(stderr).not.toContain('submitted again');
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
    // There was one node for three: what waited has never run.
    expect(await store.workers(stored?.id ?? '')).toHaveLength(1);
    expect(await readdir(join(place.folder, '.perbench/jobs'))).toHaveLength(1);
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
