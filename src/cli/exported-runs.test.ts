import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EndedInProcess, runInProcess } from '../../test/setup/run-in-process.ts';
import { storeRun } from '../../test/setup/stored-cells.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';

let folder: string;
/** Ids of the runs, by the name of their suite. */
const runs: Record<string, string> = {};

async function perbench(argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess(argv, { folder });
}

async function runSuite(name: string, answer: string): Promise<void> {
  const models = [{ source: 'alpha', engine: 'mock', engineOptions: { answers: [answer] } }];
  const gates = { maxAccuracyDrop: '1%' };
  const suite = { name, models, tasks: ['imdb/mini'], protocol: 'paper', concurrency: 2, gates };
  await writeFile(join(folder, `${name}.json`), JSON.stringify(suite));
  const { stdout } = await perbench(['run', `${name}.json`, '--json', '--fresh']);
  runs[name] = /"runId":"([^"]+)"/.exec(stdout)?.[1] ?? '';
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perbench-exported-'));
  await runSuite('good', 'positive');
  await runSuite('bad', 'no idea');
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('exported runs', () => {
  const exportRun = async (name: string): Promise<void> => {
    const ended = await perbench(['export', runs[name] ?? '', '--format', 'run', '-o', `${name}-run.json`]);
    expect(ended).toMatchObject({ code: 0, stderr: expect.stringMatching(/^wrote .*\n$/) });
  };
  const elsewhere = ['--store', 'elsewhere.db'];

  it('stand for the runs that they are of, also where there is no store', async () => {
    await exportRun('good');
    await exportRun('bad');
    const [a, b] = ['good-run.json', 'bad-run.json'];
    const stored = await perbench(['compare', runs['good'] ?? '', runs['bad'] ?? '', '--all']);
    expect(await perbench(['compare', a, b, '--all', ...elsewhere])).toEqual(stored);
    expect(await perbench(['compare', a, 'latest', '--all'])).toEqual(stored);
    expect(await perbench(['compare', `${a}:alpha`, ':alpha', '--all'])).toEqual(stored);
    const relative = ['--max-relative-accuracy-drop', '50%'];
    const gated = await perbench(['gate', '--baseline', a, '--candidate', b, ...relative, ...elsewhere]);
    expect(gated.code).toBe(4);
    expect(gated.stdout).toContain('accuracy at least −25.0 points against the baseline, 50.0 % of its 0.500');
    expect(gated.stdout).toContain(
      `candidate ${b} (run ${runs['bad']}) against baseline ${a} (run ${runs['good']}); limits from command line, then the candidate's suite`,
    );
  });

  it('are written to stdout too, of one run and one task', async () => {
    const { stdout } = await perbench(['export', 'latest', '--format', 'run', '-t', 'imdb']);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'perbench-run/1',
      run: { id: runs['bad'] },
      cells: { length: 1 },
    });
    expect(JSON.parse((await perbench(['export', '--format', 'run', '-t', 'gsm8k'])).stdout)).toMatchObject({
      cells: [],
    });
    const two = await perbench(['export', 'latest', 'latest~1', '--format', 'run']);
    expect(two).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: expected one run to export, got 2\n/),
    });
    const samples = await perbench(['export', '--format', 'run', '--samples']);
    expect(samples).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: --format run holds no samples\n/),
    });
  });

  it('of a run that has not ended are written with a warning', async () => {
    await using store = await openSqliteStore({ file: join(folder, 'open.db') });
    const id = await storeRun(store);
    await store.setRunStatus(id, 'interrupted');
    const { stdout, stderr } = await perbench(['export', '--format', 'run', '--store', 'open.db']);
    expect(stderr).toBe(`warning: run ${id} is interrupted: cells that have not ended can be compared with none\n`);
    expect(JSON.parse(stdout)).toMatchObject({ run: { status: 'interrupted' } });
  });

  it.each([
    ['none.json', undefined, /^error: none\.json: no such file\nhint: Export it .* --format run -o base\.json\n$/],
    ['cut.json', '{"schema":"perbench-run/1","cel', /^error: cut\.json: it is cut off: .*\nhint: .*\n$/],
    [
      'newer.json',
      '{"schema":"perbench-run/7"}',
      /^error: newer\.json: written by another version .*\nhint: Update.*\n$/,
    ],
    ['results.json', '{"schema":"perbench-report/1"}', /^error: results\.json: .*got a report.*\nhint: Export it.*\n$/],
    ['lm.json', '{"results":{}}', /^error: lm\.json: expected a run that perbench exported.*\nhint: .*\n$/],
  ])('%s is refused in one line', async (name, content, message) => {
    if (content !== undefined) await writeFile(join(folder, name), content);
    const gated = await perbench(['gate', '--baseline', name, '--max-accuracy-drop', '1%']);
    expect(gated).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
    const compared = await perbench(['compare', 'latest', name]);
    expect(compared).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
  });
});
