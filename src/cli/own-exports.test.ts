/** What files of other programs say of a task of the user's own, and what of it comes back. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { brief, saying, ticketFolder } from '../../test/setup/ticket-folder.ts';
import { type EndedInProcess, runInProcess } from '../../test/setup/run-in-process.ts';
import { readZipEntry, zipEntries } from '../formats/zip.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { exitCodes } from './exit-codes.ts';

let folder: string;
let taskId = '';
/** Of the run. */
let measured: { readonly macro: number; readonly share: number };

function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess(argv, { folder, environment: { COLUMNS: '200' } });
}

beforeAll(async () => {
  folder = await ticketFolder();
  const task = 'data: tickets.csv\ntask: imdb\ntitle: Support\nmetric: macro_f1\nexamples: { count: 2 }\n';
  await writeFile(join(folder, 'macro.task.yaml'), task);
  const suite = { models: [saying('guess', 'billing', 'bug')], tasks: ['macro.task.yaml'], ...brief };
  await writeFile(join(folder, 'suite.json'), JSON.stringify(suite));
  await perbench('run', 'suite.json', '--store', 'own.db');
  await using store = await openSqliteStore({ file: join(folder, 'own.db') });
  const [cell] = await store.cells((await store.latestRun())?.id ?? '');
  const { accuracy, extra } = cell?.measurements ?? {};
  taskId = cell?.taskId ?? '';
  const valueOf = (value: unknown): number => (value as { readonly value: number }).value;
  measured = { macro: valueOf(accuracy), share: valueOf(extra?.['acc']) };
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** The only file of an export whose name ends so. */
async function exported(format: string, ending: string): Promise<Uint8Array> {
  expect((await perbench('export', '--store', 'own.db', '--format', format, '-o', format)).code).toBe(exitCodes.done);
  const names = await readdir(join(folder, format), { recursive: true });
  const found = names.filter((name) => name.endsWith(ending) && !name.includes('samples'));
  expect(found).toHaveLength(1);
  return readFile(join(folder, format, found[0] ?? ''));
}

const jsonOf = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));

it('macro F1 and accuracy are two numbers', () => {
  expect(Math.abs(measured.macro - measured.share)).toBeGreaterThan(0.01);
});

it('lm-eval: headline and accuracy under their names, shots and version', async () => {
  const name = taskId.replaceAll(/\W/gu, '_');
  const version = taskId.split('@')[1];
  expect(jsonOf(await exported('lm-eval', '.json'))).toMatchObject({
    results: {
      [name]: {
        'macro_f1,none': measured.macro,
        'macro_f1_stderr,none': 'N/A',
        'acc,none': measured.share,
        'acc_stderr,none': expect.any(Number) as number,
      },
    },
    configs: { [name]: { num_fewshot: 2, metadata: { version } } },
    versions: { [name]: version },
    'n-shot': { [name]: 2 },
    higher_is_better: { [name]: { macro_f1: true } },
    'n-samples': { [name]: { original: 22, effective: 22 } },
  });
});

it('Inspect: headline and accuracy under their names, and the title', async () => {
  const file = { name: 'a.eval', bytes: await exported('inspect', '.eval') };
  const header = zipEntries(file).find(({ name }) => name === 'header.json');
  expect(header).toBeDefined();
  expect(header && jsonOf(readZipEntry(file, header))).toMatchObject({
    eval: { task: taskId, task_version: taskId.split('@')[1], task_attribs: { title: 'Support' } },
    results: {
      scores: [{ metrics: { macro_f1: { value: measured.macro }, accuracy: { value: measured.share } } }],
    },
  });
});

it('Every Eval Ever: headline and accuracy under their names, of no published data set', async () => {
  const source = { dataset_name: 'imdb', source_type: 'other' };
  expect(jsonOf(await exported('every-eval-ever', '.json'))).toMatchObject({
    evaluation_results: [
      {
        source_data: source,
        metric_config: {
          evaluation_description: 'Support: macro_f1',
          metric_id: 'macro_f1',
          metric_kind: 'f1',
        },
        score_details: { score: measured.macro },
      },
      {
        source_data: source,
        metric_config: { metric_id: 'acc', metric_kind: 'accuracy' },
        score_details: { score: measured.share },
      },
    ],
  });
});

it('hub results: none of data of the user, whatever it is called', async () => {
  const { code, stderr } = await perbench('export', '--store', 'own.db', '--format', 'hf-eval-results', '-o', 'hub');
  expect([code, stderr]).toEqual([exitCodes.usage, expect.stringContaining('nothing to write')]);
});

it.each(['lm-eval', 'inspect', 'every-eval-ever'])('%s comes back under its id, with its numbers', async (format) => {
  await perbench('export', '--store', 'own.db', '--format', format, '-o', format);
  const { code } = await perbench('import', format, '--store', `${format}.db`);
  expect(code).toBe(exitCodes.done);
  await using store = await openSqliteStore({ file: join(folder, `${format}.db`) });
  const cells = await store.cells((await store.latestRun())?.id ?? '');
  expect(cells).toMatchObject([
    {
      taskId,
      measurements: {
        accuracy: { value: measured.macro, interval: { method: expect.stringContaining('macro F1') as string } },
        extra: { acc: { value: measured.share } },
      },
    },
  ]);
  const samples = await Array.fromAsync(store.samples(cells[0]?.id ?? ''));
  expect(samples.reduce((sum, { score }) => sum + score, 0) / samples.length).toBeCloseTo(measured.share);
});
