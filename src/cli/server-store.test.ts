import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startPerbench, type Running } from '../../test/setup/perbench-process.ts';
import { postgresPassword } from '../../test/setup/postgres.ts';
import { type EndedInProcess, runInProcess } from '../../test/setup/run-in-process.ts';
import { testFolder, type TestFolder } from '../../test/setup/test-settings.ts';
import { usePostgres } from '../../test/setup/use-postgres.ts';
import { withoutPassword } from '../core/store-address.ts';

const server = usePostgres();
let folder: TestFolder;
/** Of a store with two runs, with the password. */
let address: string;
let shown: string;

const inFolder = (name: string): string => join(folder.path, name);
const secrets = [postgresPassword, encodeURIComponent(postgresPassword), 'Horse'];

/** Runs a command, and sees to it that it says no password. */
async function perbench(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<EndedInProcess> {
  const ended = await runInProcess(argv, { folder: folder.path, environment });
  for (const secret of secrets) expect(ended.stdout + ended.stderr).not.toContain(secret);
  return ended;
}

function start(argv: readonly string[], environment: Readonly<Record<string, string>>): Running {
  return startPerbench(argv, { workingFolder: folder.path, homeFolder: folder.path, environment });
}

beforeAll(async () => {
  folder = await testFolder();
  address = await server().newDatabase();
  shown = withoutPassword(address);
  const answersOf = (right: number): readonly string[] =>
    Array.from({ length: 10 }, (_, index) => (index < right ? 'Positive' : 'Negative'));
  const model = (source: string, right: number, memoryBytes: number): object => ({
    source,
    engine: 'mock',
    engineOptions: { answers: answersOf(right), tokenMs: 1, memoryBytes },
  });
  const suite = { tasks: ['imdb/mini'], protocol: 'paper', limit: 10, waitQuiet: 0 };
  for (const right of [4, 8]) {
    const models = [model('one', right, 2 ** 28), model('two', 6, 2 ** 29)];
    await writeFile(inFolder(`suite-${right}.json`), JSON.stringify({ ...suite, models }));
  }
  await perbench(['run', 'suite-4.json', '--store', address]);
  await perbench(['run', 'suite-8.json', '--store', address]);
  await writeFile(inFolder('answers.jsonl'), `${JSON.stringify({ id: 'imdb-mini-1', output: 'positive' })}\n`);
}, 120_000);
afterAll(async () => folder[Symbol.asyncDispose]());

describe('a store on a server', () => {
  it('is named without its password in the commands that come next', async () => {
    const { stderr } = await perbench(['report', '--store', address]);
    expect(stderr).toContain(`perbench show --store ${shown}\n`);
    expect(stderr).toMatch(/page +\.perbench\/runs\/\S+\/report\.html$/m);
    const password = { PGPASSWORD: postgresPassword };
    expect((await perbench(['show', '--store', shown], password)).stdout).toContain('imdb/mini@2');
  });

  it('is that of PERBENCH_STORE, and completes', { timeout: 60_000 }, async () => {
    const { stdout } = await perbench(['list'], { PERBENCH_STORE: address });
    expect(stdout).toMatch(/finished/);
    const completed = await start(['complete', '--', 'report', 'lat'], { PERBENCH_STORE: address }).ended;
    expect(completed.stdout).toMatch(/^latest\t\nlatest~1\t\n/);
    const unreachable = shown.replace(/:\d+\//, ':1/');
    const nothing = await start(['complete', '--', 'report', 'lat'], { PERBENCH_STORE: unreachable }).ended;
    expect(nothing).toMatchObject({ code: 0, stdout: ':4\n', stderr: '' });
  });

  it('is empty before the first run, and stays so when it is read', async () => {
    const empty = await server().newDatabase();
    const listed = await perbench(['list', '--store', empty]);
    expect(listed).toMatchObject({ code: 0, stderr: `no runs in ${withoutPassword(empty)}\n` });
    const shownRun = await perbench(['show', '--store', empty]);
    expect(shownRun).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^error: no runs: .*there is no store in this database yet\nhint: Start a run first/,
      ),
    });
    const copied = await perbench(['store', 'copy', empty, inFolder('nothing.db')]);
    expect(copied).toMatchObject({ code: 2, stderr: expect.stringContaining('error: no runs: ') });
    const checked = await perbench(['doctor', '--offline', '--store', empty]);
    expect(checked.stdout).toContain(
      `store: ${withoutPassword(empty)} answers; the first run will create its tables\n`,
    );
    const database = /test_\d+/.exec(empty)?.[0];
    expect(await server().query("select 1 from pg_tables where schemaname = 'public'", database)).toEqual([]);
  });

  it('is looked for before models and data are', async () => {
    const unreachable = shown.replace(/:\d+\//, ':1/');
    const ended = await perbench(['run', '-m', 'nowhere.gguf', '-t', 'imdb/mini', '--store', unreachable]);
    expect(ended.code).toBe(5);
    expect(ended.stderr).toMatch(/^error: .*:1\/test_1: the store can't be reached/);
  });

  it('is followed by the viewer', { timeout: 60_000 }, async () => {
    const viewer = start(['view', '--port', '0', '--json', '--store', address], {});
    onTestFinished(() => void viewer.child.kill('SIGKILL'));
    let said = '';
    viewer.child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await viewer.said(/"address"/);
    const page = new URL(/"address":"([^"]+)"/.exec(said)?.[1] ?? '');
    const url = new URL(`/api/runs${page.search}`, page);
    url.searchParams.set('access', page.searchParams.get('access') ?? '');
    const answered = await fetch(url);
    expect(await answered.json()).toMatchObject({ runs: [{ status: 'finished' }, { status: 'finished' }] });
    viewer.child.kill('SIGINT');
    expect((await viewer.ended).code).toBe(0);
  });
});

describe('what a command says of a store on a server', () => {
  const file = 'copy.db';
  beforeAll(async () => {
    await perbench(['store', 'copy', address, file]);
  });

  it('is the same in files and after a copy back', async () => {
    const back = await server().newDatabase();
    expect((await perbench(['store', 'copy', file, back])).code).toBe(0);
    for (const name of ['report.md', 'report.json', 'report.csv', 'report.tex']) {
      const written = async (store: string, where: string): Promise<string> => {
        await perbench(['report', '--store', store, '-o', `${where}-${name}`]);
        return readFile(inFolder(`${where}-${name}`), 'utf8');
      };
      const onServer = await written(address, 'server');
      expect(await written(file, 'file')).toBe(onServer);
      expect(await written(back, 'back')).toBe(onServer);
    }
    const again = await perbench(['store', 'copy', address, back]);
    expect(again).toMatchObject({
      code: 0,
      stdout: `copied 0 runs into ${withoutPassword(back)}; 2 there already\n`,
    });
  });

  it.each([
    [['list']],
    [['show']],
    [['show', '--samples', 'all', '-v']],
    [['report', 'latest', 'latest~1']],
    [['export', '--format', 'json']],
    [['export', '--samples']],
    [['export', '--format', 'run']],
    [['compare', 'latest~1', 'latest', '--all']],
    [['compare', ':one', ':two']],
    [['gate', '--baseline', 'latest~1', '--candidate', 'latest', '--max-accuracy-drop', '0.1']],
    [['decide']],
    [['decide', '--min-accuracy', '0.3', '--serve']],
    [['cost', '--price-per-hour', '1']],
    [['ladder', '--base', 'one']],
    [['loss']],
    [['rescore']],
    [['resume', 'latest']],
    [['plan', 'suite-4.json', '--probe', 'never']],
    [['score', 'nothing.csv']],
    [['report', '1999']],
    [['import', 'answers.jsonl', '--task', 'imdb/mini', '--model', 'far', '--partial', '--dry-run']],
  ])('is what it says of a file: %j', { timeout: 30_000 }, async (argv) => {
    const onServer = await perbench([...argv, '--store', address]);
    const onFile = await perbench([...argv, '--store', file]);
    const same = ({ code, stdout, stderr }: EndedInProcess): object => ({
      code,
      stdout,
      stderr: [shown, inFolder(file), file]
        .reduce((text, name) => text.replaceAll(name, 'STORE'), stderr)
        // The run's page is beside a file, and in the working folder otherwise.
        .replace(/^ {2}page .*$/m, ''),
    });
    expect(same(onServer)).toEqual(same(onFile));
  });

  it('goes on with a run that was interrupted elsewhere', async () => {
    const target = await server().newDatabase();
    await perbench(['store', 'copy', file, target, 'latest']);
    const database = /test_\d+/.exec(target)?.[0];
    await server().query(`update run set status = 'interrupted'`, database);
    await server().query(`update cell set state = 'pending', measurements = '{}' where position = 1`, database);
    await server().query(`delete from sample where cell_id like '%.1' and position >= 5`, database);
    await server().query(`delete from pass_result where cell_id like '%.1'`, database);
    const resumed = await perbench(['resume', '--store', target]);
    expect(resumed.stderr).toContain('two / imdb/mini@2: done');
    const [counted] = await server().query('select count(*) as count from sample', database);
    expect(Number(counted?.['count'])).toBe(20);
  });
});
