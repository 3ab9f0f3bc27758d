import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetMetadata } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EndedInProcess, runInProcess } from '../../test/setup/run-in-process.ts';
import { storeRun } from '../../test/setup/stored-cells.ts';
import { reportSchema } from '../present/report.ts';
import { foreignFormats } from '../formats/foreign-formats.ts';
import { documentFormats } from '../present/formats.ts';
import { sampleFormats } from '../present/samples.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { exportOptions, runFormat } from './tables/result-options.ts';

let folder: string;

async function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess(argv, { folder });
}

/** Without the folder of the test. */
function stable(text: string): string {
  return text.replaceAll(folder, '');
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perbench-interop-'));
  await using store = await openSqliteStore({ file: join(folder, 'own.db') });
  await storeRun(store);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('export', () => {
  it('offers exactly the formats of the registries', () => {
    const families = [documentFormats.report, sampleFormats, foreignFormats, { [runFormat]: undefined }];
    const known = families.flatMap((family) => Object.keys(family));
    expect([...(exportOptions.format.choices ?? [])].toSorted()).toEqual([...new Set(known)].toSorted());
  });

  it('writes a file of each format, by its ending', async () => {
    const names = ['t.csv', 't.json', 't.md', 't.tex', 't.parquet', 't.prom', 't.bmf.json'];
    const { code, stderr } = await perbench('export', '--store', 'own.db', ...names.flatMap((name) => ['-o', name]));
    expect([code, stable(stderr)]).toEqual([0, names.map((name) => `wrote /${name}\n`).join('')]);
    const text = async (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
    expect(await text('t.tex')).toContain(String.raw`\begin{tabular}`);
    expect(await text('t.prom')).toMatch(/# EOF\n$/);
    expect(Object.keys(JSON.parse(await text('t.bmf.json')) as object)).toHaveLength(6);
    expect(reportSchema.safeParse(JSON.parse(await text('t.json'))).error).toBeUndefined();
    const parquet = new Uint8Array(await readFile(join(folder, 't.parquet'))).buffer;
    expect(Number(parquetMetadata(parquet).num_rows)).toBe(6);
  });

  it('writes the format that was named, whatever the file is called', async () => {
    const { code } = await perbench('export', '--store', 'own.db', '--format', 'latex', '-o', 'table.txt');
    expect([code, await readFile(join(folder, 'table.txt'), 'utf8')]).toEqual([
      0,
      expect.stringContaining(String.raw`\toprule`),
    ]);
  });

  it('writes samples of one task as Parquet', async () => {
    const { code } = await perbench('export', '--store', 'own.db', '--samples', '-t', 'hellaswag', '-o', 's.parquet');
    const parquet = new Uint8Array(await readFile(join(folder, 's.parquet'))).buffer;
    expect([code, Number(parquetMetadata(parquet).num_rows)]).toEqual([0, 8]);
  });

  it('heads samples of several cells once', async () => {
    const { stdout } = await perbench('export', '--store', 'own.db', '--samples', '--format', 'csv', '-t', 'hellaswag');
    expect(stdout.match(/^run_id,/gm)).toHaveLength(1);
    expect(stdout.match(/^20261124-163012-k3f9,/gm)).toHaveLength(8);
  });

  it.each([
    [['--format', 'jsonl'], 'error: --format jsonl is a sample format\nhint: Add --samples.\n'],
    [
      ['--samples', '--format', 'latex'],
      'error: --format latex: not a sample format\nhint: Use jsonl, csv, parquet.\n',
    ],
    [['--format', 'parquet'], 'error: a binary format needs a file\nhint: Add -o table.parquet.\n'],
    [['--samples', '--format', 'parquet'], 'error: a binary format needs a file\nhint: Add -o samples.parquet.\n'],
    [
      ['--format', 'lm-eval'],
      'error: --format lm-eval writes several files and needs one folder\nhint: Add -o lm-eval-results.\n',
    ],
    [
      ['-o', 'x.docx'],
      expect.stringMatching(
        /^error: --out x\.docx: unknown format "\.docx" for export\nhint: Use one of \.csv \.json \.md .*\.tex .*\.bmf\.json.*\n$/,
      ),
    ],
    [
      ['--format', 'inspect', '-t', 'imdb', '-o', 'none'],
      expect.stringContaining('error: nothing to write as inspect: no suitable cell in 20261124-163012-k3f9'),
    ],
  ])('explains %j', async (argv, expected) => {
    const { code, stderr, stdout } = await perbench('export', '--store', 'own.db', ...argv);
    expect([code, stdout, stderr]).toEqual([2, '', expected]);
  });

  it('writes several files into a folder, and import reads them again', async () => {
    for (const format of ['lm-eval', 'inspect', 'every-eval-ever']) {
      const exported = await perbench('export', '--store', 'own.db', '--format', format, '-o', format);
      expect([exported.code, exported.stderr]).toEqual([0, expect.stringContaining('files into')]);
      const { code, stdout } = await perbench('import', format, '--dry-run', '--json', '-t', 'gsm8k/per@2');
      expect(code).toBe(0);
      expect(stdout).toContain('"status":"published"');
      expect(stdout).not.toContain('"status":"measured"');
    }
    expect(existsSync(join(folder, '.perbench'))).toBe(false);
  });
});

describe('schema', () => {
  it('of results fits what is written', async () => {
    const { stdout, code } = await perbench('schema', 'results');
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ title: 'perbench results' })]);
  });
});
