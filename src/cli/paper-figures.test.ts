import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EndedInProcess, runInProcess } from '../../test/setup/run-in-process.ts';
import { storeRun } from '../../test/setup/stored-cells.ts';
import { paperClaims } from '../paper/audit-paper.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';

let folder: string;
let runId: string;

async function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess(argv, { folder });
}

const table = [
  'task,model,accuracy,throughput,latency,memory_mib',
  'a task,small-1B,0.5,100,10,1000',
  'a task,large-9B,0.9,10,100,9000',
  'another,small-1B,0.4,100,10,1000',
].join('\n');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perbench-figures-'));
  await writeFile(join(folder, 'table.csv'), table);
  await using store = await openSqliteStore({ file: join(folder, 'own.db') });
  runId = await storeRun(store);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('perbench figures', () => {
  it('draws a table into a folder, SVG, PDF and PNG of each figure', async () => {
    const { code, stdout } = await perbench(
      'figures',
      '--table',
      'table.csv',
      '-t',
      'a task',
      '-o',
      'drawn',
      '--dpi',
      '72',
    );
    expect(code).toBe(0);
    const names = await readdir(join(folder, 'drawn'));
    expect(names.filter((name) => name.endsWith('.svg')).toSorted()).toEqual([
      'a-task-factors.svg',
      'a-task-latency.svg',
      'a-task-memory.svg',
      'a-task-scores.svg',
      'a-task-throughput.svg',
      'accuracy-by-size.svg',
    ]);
    expect(names).toHaveLength(18);
    for (const name of names) {
      expect(stdout).toContain(join(folder, 'drawn', name));
      expect((await stat(join(folder, 'drawn', name))).size).toBeGreaterThan(1000);
    }
    const svg = await readFile(join(folder, 'drawn', 'a-task-throughput.svg'), 'utf8');
    expect(svg).toMatch(
      /<metadata>a task: accuracy against throughput\. Table table\.csv\. perbench \d+\.\d+\.\d+<\/metadata>/u,
    );
  });

  it('draws a run, its id in each file, and says so as JSON lines', async () => {
    const { code, stdout } = await perbench(
      'figures',
      runId,
      '--store',
      'own.db',
      '-o',
      'run',
      '--dpi',
      '72',
      '--width',
      '120mm',
      '--json',
    );
    expect(code).toBe(0);
    const records = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; svg: string; widthMm: number });
    expect(new Set(records.map(({ event }) => event))).toEqual(new Set(['launch', 'figure', 'done']));
    const svg = await readFile(records.find(({ event }) => event === 'figure')?.svg ?? '', 'utf8');
    expect(svg).toContain(`Run ${runId}. perbench`);
    expect(svg).toContain('width="120mm"');
  });

  it.each([
    [['figures', '--table', 'table.csv', '-o', 'x.svg'], /--out x\.svg: expected a folder/u],
    [['figures', '--table', 'table.csv', '-o', 'x', '-o', 'y'], /expected one folder for all figures/u],
    [['figures', '--table', 'none.csv'], /none\.csv: no such file/u],
    [['figures', 'some', '--table', 'table.csv'], /both --table and runs were given/u],
    [['figures', '--table', 'table.csv', '-t', 'gsm8k'], /nothing to draw for gsm8k/u],
    [
      ['figures', '--table', 'table.csv', '--width', '10'],
      /--width.*column \(84 mm\), page \(178 mm\) or 40 to 400 mm/u,
    ],
    [['paper', '-o', 'paper.docx'], /--out paper\.docx: unknown format "\.docx"/u],
  ])('%j ends with what is wrong', async (argv, message) => {
    const { code, stdout, stderr } = await perbench(...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });
});

describe('perbench paper', () => {
  it('prints the audit, and writes all of it into a folder', async () => {
    const { code, stdout } = await perbench('paper', '-o', 'paper', '--dpi', '72');
    expect(code).toBe(0);
    expect(stdout).toContain('75 of 80 values are within 0.02');
    expect(stdout).toContain('fails         sizes span five orders of magnitude');
    expect((await readdir(join(folder, 'paper'))).toSorted()).toEqual([
      'claims.csv',
      'figure-1.pdf',
      'figure-1.png',
      'figure-1.svg',
      'paper.json',
      'paper.md',
      'tables.csv',
    ]);
    expect(await readFile(join(folder, 'paper', 'claims.csv'), 'utf8')).toMatch(/^id,section,claim/u);
    expect(await readFile(join(folder, 'paper', 'tables.csv'), 'utf8')).toMatch(/^task,model/u);
  });

  it('writes single files by their endings, and JSON lines', async () => {
    const { code, stdout } = await perbench('paper', '-o', 'one.md', '-o', 'my-claims.csv', '-o', 'my.csv', '--json');
    expect(code).toBe(0);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string }).event);
    expect(
      Object.fromEntries(
        Map.groupBy(events, (event) => event)
          .entries()
          .map(([event, all]) => [event, all.length]),
      ),
    ).toEqual({
      launch: 1,
      done: 1,
      'table-cell': 80,
      scaling: 5,
      claim: paperClaims.length,
    });
    expect(await readFile(join(folder, 'my-claims.csv'), 'utf8')).toMatch(/^id,section,claim/u);
    expect(await readFile(join(folder, 'my.csv'), 'utf8')).toMatch(/^task,model/u);
    expect(await readFile(join(folder, 'one.md'), 'utf8')).toMatch(/^# The paper/u);
  });
});
