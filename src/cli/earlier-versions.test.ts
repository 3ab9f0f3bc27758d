import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EndedInProcess, runInProcess } from '../../test/setup/run-in-process.ts';

const [before, now] = ['imdb/mini@1', 'imdb/mini@2'];
let folder: string;
/** Of the run, which is in the stores `now.db` and `before.db`. */
let runId: string;

async function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess(argv, { folder });
}

/** Gives everything in a store the ids of the tasks' first versions. */
function ageStore(file: string): void {
  using database = new DatabaseSync(join(folder, file));
  database.exec(`
    update run set manifest = replace(manifest, '${now}', '${before}'), status = 'interrupted';
    update cell set task_id = '${before}' where task_id = '${now}';
  `);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perbench-earlier-'));
  // What it says is right as often as a coin.
  const engineOptions = { answers: ['Positive', 'Negative'] };
  const models = [{ name: 'guesses', source: 'mock', engine: 'mock', engineOptions }];
  const suite = { models, tasks: ['imdb/mini', 'hellaswag/mini'], protocol: 'paper', concurrency: 2 };
  await writeFile(join(folder, 'suite.json'), JSON.stringify(suite));
  const { stdout } = await perbench('run', 'suite.json', '--json', '--store', 'now.db');
  runId = /"runId":"([^"]+)"/.exec(stdout)?.[1] ?? '';
  using database = new DatabaseSync(join(folder, 'now.db'));
  database.exec(`vacuum into '${join(folder, 'before.db')}'`);
  ageStore('before.db');
  await perbench('run', 'suite.json', '--store', 'another.db');
  ageStore('another.db');
  await perbench('export', '--format', 'run', '--store', 'another.db', '--out', 'before.json');
  await perbench('export', '--format', 'run', '--store', 'now.db', '--out', 'now.json');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a run of an earlier version of a task', () => {
  it.each([
    ['report', '-vv'],
    ['decide', '--min-accuracy', '0.6'],
    ['decide', '--min-accuracy', '0.6', '--json'],
    ['export', '--format', 'lm-eval', '--out', 'exported'],
  ])('keeps the verdict, the title and the chance level: %s', async (...argv) => {
    const said = async (store: string): Promise<string> => {
      const { stdout } = await perbench(...argv, '--store', store);
      return stdout
        .replaceAll(now, before)
        .replaceAll(store, '')
        .replaceAll(/"durationMs":\d+/g, '');
    };
    expect(await said('before.db')).toBe(await said('now.db'));
  });

  it('is not shown to exceed chance', async () => {
    const { stdout } = await perbench('report', '--store', 'before.db', '-t', 'imdb');
    expect(stdout).toContain('IMDB, mini set · imdb/mini@1');
    expect(stdout).toMatch(/not better than always giving the same answer|exceed chance/);
  });

  it.each([
    ['resume', 'resumed'],
    ['rescore', 'scored again'],
  ])('is not mixed with the version of now: %s', async (command, what) => {
    expect(await perbench(command, runId, '--store', 'before.db')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        `error: run ${runId} can't be ${what}: its task ${before} is ${now} in this perbench, which reads answers in another way\n` +
        'hint: Start a new run, or use the perbench that made this one; perbench report shows what it has measured.\n',
    });
  });

  const versions = (a: string, b: string): string =>
    `error: ${a}.json (A) and ${b}.json (B): not compared, since another version of a task reads answers in another way: imdb/mini@${a === 'now' ? 2 : 1} in A and imdb/mini@${b === 'now' ? 2 : 1} in B\n` +
    'hint: Measure before.json again with the version of perbench that measured now.json, or leave these tasks out with --task.\n';

  it.each([
    ['before', 'now', 'imdb'],
    ['now', 'before', 'imdb/mini@2'],
  ])('is compared with none of another version: %s with %s', async (a, b, task) => {
    const { code, stderr } = await perbench('compare', `${a}.json`, `${b}.json`, '--task', task);
    expect({ code, stderr }).toEqual({ code: 2, stderr: versions(a, b) });
  });

  it('is compared on the tasks whose version is the same', async () => {
    const { code, stdout } = await perbench('compare', 'before.json', 'now.json');
    expect(code).toBe(0);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'not compared, since another version of a task reads answers in another way: imdb/mini@1 in A and imdb/mini@2 in B',
    );
    expect(stdout).not.toContain('only in');
  });

  it('passes no gate as a baseline, unless its tasks are left out', async () => {
    const gate = ['gate', '--baseline', 'before.json', '--candidate', 'now.json', '--max-accuracy-drop', '60%'];
    const { code, stderr } = await perbench(...gate);
    expect({ code, stderr }).toEqual({ code: 2, stderr: versions('before', 'now') });
    expect(await perbench(...gate, '--task', 'hellaswag')).toMatchObject({ code: 0 });
  });
});
