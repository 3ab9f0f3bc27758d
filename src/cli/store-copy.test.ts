import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mustClaim } from '../../test/conformance/open-store.ts';
import { startPerbench } from '../../test/setup/perbench-process.ts';
import { type EndedInProcess, runInProcess } from '../../test/setup/run-in-process.ts';
import { testFolder, type TestFolder } from '../../test/setup/test-settings.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';

let folder: TestFolder;
let runId: string;

const inFolder = (name: string): string => join(folder.path, name);

async function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess(argv, { folder: folder.path });
}

beforeAll(async () => {
  folder = await testFolder();
  const model = (source: string, answer: string): object => ({
    source,
    engine: 'mock',
    engineOptions: { answers: [answer], tokenMs: 1, memoryBytes: 2 ** 20 },
  });
  const suite = {
    name: 'small',
    models: [model('one', 'Positive'), model('two', 'Negative')],
    tasks: ['imdb/mini'],
    protocol: 'paper',
    limit: 10,
    waitQuiet: 0,
  };
  await writeFile(inFolder('suite.json'), JSON.stringify(suite));
  await perbench('run', 'suite.json', '--store', 'a.db');
  await using store = await openSqliteStore({ file: inFolder('a.db') });
  runId = (await store.latestRun())?.id ?? '';
});
afterAll(async () => folder[Symbol.asyncDispose]());

describe('store copy', () => {
  it('makes a run that is the same in everything that is shown of it', async () => {
    const copied = await perbench('store', 'copy', 'a.db', 'b.db');
    expect(copied).toEqual({
      code: 0,
      stdout: `copied 1 run into ${inFolder('b.db')}\n`,
      stderr: `${runId} (small): copied, 2 cells, 20 samples\n`,
    });
    for (const file of ['report.md', 'report.json', 'report.csv', 'report.tex']) {
      const written = async (store: string): Promise<string> => {
        await perbench('report', '--store', store, '-o', `${store}.${file}`);
        return readFile(inFolder(`${store}.${file}`), 'utf8');
      };
      expect(await written('b.db')).toBe(await written('a.db'));
    }
    for (const argv of [['show'], ['show', '--samples', 'all'], ['list'], ['export', '--samples']]) {
      const shown = async (store: string): Promise<string> => (await perbench(...argv, '--store', store)).stdout;
      expect(await shown('b.db')).toBe(await shown('a.db'));
    }
  });

  it('makes a run that compare takes for the same', async () => {
    await perbench('store', 'copy', 'a.db', 'c.db');
    for (const store of ['a', 'c']) {
      await perbench('export', '--format', 'run', '--store', `${store}.db`, '-o', `${store}.json`);
    }
    expect(await readFile(inFolder('c.json'), 'utf8')).toBe(await readFile(inFolder('a.json'), 'utf8'));
    const compared = await perbench('compare', 'a.json', 'latest', '--store', 'c.db');
    expect(compared.stderr).toContain('error: a.json and latest are the same run\n');
  });

  it('says what was there before, as JSON too', async () => {
    const argv = ['store', 'copy', 'a.db', 'd.db', 'latest'];
    await perbench(...argv);
    const again = await perbench(...argv);
    expect(again.code).toBe(0);
    expect(again.stdout).toBe(`copied 0 runs into ${inFolder('d.db')}; 1 there already\n`);
    const { stdout } = await perbench(...argv, '--json');
    const records = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(records.slice(1, -1)).toEqual([
      { event: 'copy', runId, name: 'small', outcome: 'there', cells: 2, samples: 20 },
      { event: 'copies', from: inFolder('a.db'), to: inFolder('d.db'), copied: 0, there: 1, running: 0, different: 0 },
    ]);
  });

  it('leaves alone what it must not copy, says why, and ends with 3', async () => {
    await perbench('store', 'copy', 'a.db', 'e.db');
    {
      await using store = await openSqliteStore({ file: inFolder('e.db') });
      await store.setRunStatus(runId, 'interrupted');
    }
    const different = await perbench('store', 'copy', 'a.db', 'e.db');
    expect(different).toEqual({
      code: 3,
      stdout: `copied 0 runs into ${inFolder('e.db')}; 1 not copied\n`,
      stderr: `warning: ${runId} was not copied: ${inFolder('e.db')} has it with other content\n`,
    });
    await using store = await openSqliteStore({ file: inFolder('e.db') });
    const [cell] = await store.cells(runId);
    expect(cell?.state).toBe('done');
  });

  it('refuses a run that is being worked on, unless it is told to copy it', async () => {
    await using store = await openSqliteStore({ file: inFolder('f.db') });
    const { newRun, newCell } = await import('../../test/conformance/store-records.ts');
    await store.createRun(newRun('run-1'), [newCell('cell-0')]);
    await mustClaim(store, 'cell-0', 'somebody', 60_000);
    const refused = await perbench('store', 'copy', 'f.db', 'g.db');
    expect(refused.code).toBe(3);
    expect(refused.stderr).toBe(
      'warning: run-1 was not copied: it is being worked on; --allow-running copies it as interrupted\n',
    );
    expect((await perbench('store', 'copy', 'f.db', 'g.db', '--allow-running')).code).toBe(0);
    expect((await perbench('list', '--store', 'g.db')).stdout).toMatch(/run-1 .* interrupted/);
  });

  it.each([
    [['nowhere.db', 'x.db'], 'no runs: FOLDER/nowhere.db does not exist', 2],
    [['a.db', './a.db'], 'FOLDER/a.db would be copied into itself', 2],
    [['a.db', 'x.db', '1999'], 'no run "1999" in FOLDER/a.db', 2],
    [['suite.json', 'x.db'], 'FOLDER/suite.json: not a perbench store', 5],
    [['a.db', 'suite.json'], 'FOLDER/suite.json: not a perbench store', 5],
  ])('refuses %j', async (argv, message, code) => {
    const ended = await perbench('store', 'copy', ...argv);
    expect(ended.stderr.replaceAll(folder.path, 'FOLDER')).toContain(`error: ${message}`);
    expect(ended.stderr).toMatch(/^hint: /m);
    expect(ended.code).toBe(code);
    // Nothing is made for nothing.
    expect(existsSync(inFolder('x.db'))).toBe(false);
  });
});

it.each([
  ['list', '--store', 'postgress://owner:secret@host/db'],
  ['run', '-m', 'nothing.gguf', '-t', 'imdb/mini', '--store', 'postgres:/owner:secret@host/db'],
  ['store', 'copy', 'a.db', 'mysql://owner:secret@host/db'],
  ['store', 'copy', 'postgress://owner:secret@host/db', 'b.db'],
])('takes no address with a mistyped scheme for a file: %j', async (...argv) => {
  const before = await readdir(folder.path);
  expect(await perbench(...argv)).toEqual({
    code: 2,
    stdout: '',
    stderr:
      'error: the store is neither a file nor the address of a PostgreSQL database\n' +
      'hint: Write postgres://user@host:5432/database, or the path of a file.\n',
  });
  expect(await readdir(folder.path)).toEqual(before);
});

it('takes none of PERBENCH_STORE, nor completes by it', async () => {
  const environment = { PERBENCH_STORE: 'postgres:/owner:secret@host/db' };
  const listed = await runInProcess(['list'], { folder: folder.path, environment });
  expect([listed.code, listed.stderr]).toEqual([2, expect.stringMatching(/^error: the store is neither a file nor /)]);
  const words = ['complete', '--', 'report', 'lat'];
  const at = { workingFolder: folder.path, homeFolder: folder.path, environment };
  expect(await startPerbench(words, at).ended).toMatchObject({ code: 0, stdout: ':4\n', stderr: '' });
});
