import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EndedInProcess, runInProcess } from '../../test/setup/run-in-process.ts';
import { storeRun } from '../../test/setup/stored-cells.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';

let folder: string;
let runId: string;

async function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess(argv, { folder });
}

/** Ids of imports differ from run to run. */
function stable(text: string): string {
  return text.replaceAll(folder, '').replaceAll(/\d{8}-\d{6}-\w{4}/g, 'RUN');
}

/** What lm-eval 0.4 writes for a task that it and perbench ask alike; two models. */
function lmEvalResults(model: string, strict: number): string {
  return JSON.stringify({
    results: {
      gsm8k: {
        alias: 'gsm8k',
        'exact_match,strict-match': strict,
        'exact_match_stderr,strict-match': 0.0136,
        'exact_match,flexible-extract': strict + 0.05,
        'exact_match_stderr,flexible-extract': 0.0137,
      },
    },
    versions: { gsm8k: 3.0 },
    'n-shot': { gsm8k: 5 },
    'n-samples': { gsm8k: { original: 1319, effective: 1319 } },
    config: { model: 'hf', model_args: `pretrained=${model},dtype=auto` },
    date: 1_764_000_000.5,
    lm_eval_version: '0.4.13',
    model_name: model,
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perbench-interop-'));
  await using store = await openSqliteStore({ file: join(folder, 'own.db') });
  runId = await storeRun(store);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('import', () => {
  beforeAll(async () => {
    await writeFile(join(folder, 'results_2026-11-24T10-00-00.000001.json'), lmEvalResults('org/small', 0.41));
    await writeFile(join(folder, 'results_2026-11-24T11-00-00.000001.json'), lmEvalResults('org/large', 0.73));
    const rows = [
      'model,accuracy,throughput,throughput_unit,latency,latency_unit,memory_bytes',
      'small,,20,items/s,50,ms,300000000',
      'large,,5,items/s,200,ms,1200000000',
      'third,0.1,5,items/s,200,ms,1200000000',
    ];
    await writeFile(join(folder, 'speeds.csv'), `${rows.join('\n')}\n`);
  });

  const files = ['results_2026-11-24T10-00-00.000001.json', 'results_2026-11-24T11-00-00.000001.json'];
  const names = ['--rename', 'org/small=small', '--rename', 'org/large=large'];

  it('scores accuracy from elsewhere with speed and memory from a table, in one command', async () => {
    const { code, stdout, stderr } = await perbench(
      'import',
      ...files,
      ...names,
      '--performance',
      'speeds.csv',
      '-t',
      'gsm8k/lmeval5-strict@1',
      '--store',
      'in.db',
    );
    expect([code, stable(stderr)]).toEqual([0, 'imported as run RUN\n']);
    expect(stdout).toMatchInlineSnapshot(`
      "GSM8K, lm-eval strict · gsm8k/lmeval5-strict@1
      #  Model  PER-A           Accuracy  Throughput  Latency  Memory
                                  [95 %]     items/s       ms     GiB
      1  small  0.549  0.41 [0.38, 0.44]        20.0     50.0   0.279
      2  large  0.357  0.73 [0.71, 0.75]        5.00      200    1.12

      Accuracy was measured by lm-eval 0.4.13.

      More columns and notes: -v.
      "
    `);
  });

  it('keeps the run once, and scores it later against a table', async () => {
    const again = await perbench('import', ...files, ...names, '-t', 'gsm8k/lmeval5-strict@1', '--store', 'in.db');
    expect(stable(again.stderr)).toBe('already imported as run RUN\n');
    expect(again.stdout).toContain('Only accuracy is known: add --performance with a run or a table');
    const listed = await perbench('list', '--store', 'in.db');
    expect(listed.stdout.match(/import of lm-eval 0\.4\.13 +finished/g)).toHaveLength(1);
    const { code, stdout } = await perbench('report', '--store', 'in.db', '--performance', 'speeds.csv', '--json');
    expect(code).toBe(0);
    const board = stdout
      .split('\n')
      .map((line) =>
        line === ''
          ? {}
          : (JSON.parse(line) as {
              event?: string;
              rows?: { model: string; score?: number; measurements: Record<string, { status: string }> }[];
            }),
      )
      .find(({ event }) => event === 'scoreboard');
    expect(board?.rows?.map(({ model, score }) => [model, score])).toEqual([
      ['small', 0],
      ['large', 0],
    ]);
    expect(board?.rows?.map(({ measurements }) => measurements['accuracy']?.status)).toEqual([
      'published',
      'published',
    ]);
  });

  it('takes speed and memory from a run, with a word about another task', async () => {
    const { code, stdout } = await perbench(
      'import',
      files[0] ?? '',
      '--rename',
      'org/small=small-135m',
      '--performance',
      runId.slice(0, 12),
      '-t',
      'gsm8k/lmeval5-flexible@1',
      '--store',
      'own.db',
      '--dry-run',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('Speed and memory of small-135m on gsm8k/lmeval5-flexible@1 could come from');
    const exact = await perbench(
      'import',
      files[0] ?? '',
      '--rename',
      'org/small=small-135m',
      '--performance',
      runId,
      '-t',
      'gsm8k/lmeval5-strict@1',
      '--store',
      'own.db',
      '--dry-run',
    );
    expect(exact.stdout).toContain('2.00 ±0.10');
    const unknown = await perbench('import', files[0] ?? '', '--performance', runId, '--store', 'own.db', '--dry-run');
    expect(unknown.stdout).toContain('No speed and memory found for org/small');
  });

  it('is shown as imported, and is not scored again here', async () => {
    const { stdout } = await perbench('show', '--store', 'in.db');
    expect(stdout).toContain(
      'imported: measured by lm-eval 0.4.13, read from results_2026-11-24T10-00-00.000001.json and 1 more',
    );
    const { code, stderr } = await perbench('rescore', '--store', 'in.db');
    expect([code, stable(stderr)]).toEqual([
      2,
      'error: run RUN was imported: it was scored by lm-eval 0.4.13\nhint: Score it again there, and import the result.\n',
    ]);
  });

  it('writes a table that perbench score takes once it is filled in', async () => {
    const { code } = await perbench(
      'import',
      ...files,
      ...names,
      '-o',
      'open.csv',
      '--dry-run',
      '-t',
      'gsm8k/lmeval5-strict@1',
    );
    expect(code).toBe(0);
    const open = await readFile(join(folder, 'open.csv'), 'utf8');
    const [heading = '', ...rows] = open
      .trim()
      .split('\r\n')
      .map((line) => line.split(','));
    const filled = rows.map((row) =>
      row.map(
        (value, index) =>
          ({ throughput: '4', latency: '100', memory_bytes: '1000000' })[(heading as string[])[index] ?? ''] ?? value,
      ),
    );
    await writeFile(
      join(folder, 'filled.csv'),
      [heading, ...filled].map((row) => (row as string[]).join(',')).join('\n'),
    );
    const scored = await perbench('score', 'filled.csv', '-v');
    expect([scored.code, scored.stdout]).toEqual([0, expect.stringMatching(/large +\d\.\d{3}/)]);
  });

  it.each([
    [['nowhere.json'], 'error: nowhere.json: no such file\nhint: Name files or folders with results.\n'],
    [
      ['speeds.csv'],
      'error: speeds.csv: expected a file in one of these formats: lm-eval, inspect, every-eval-ever\nhint: Score answers of a model with --task and --model; docs/interop.md describes these formats.\n',
    ],
    [['empty'], 'error: empty: expected files of lm-eval, inspect, every-eval-ever in this folder, found none\n'],
    [
      [files[0] ?? '', '--rename', 'x'],
      "error: --rename x: expected old=new\nhint: For example: --rename 'Qwen/Qwen2.5-0.5B=qwen2.5-0.5b'.\n",
    ],
    [
      [files[0] ?? '', '--performance', 'none.csv'],
      'error: --performance none.csv: neither a file nor a run\nhint: Name a CSV table or a run of perbench list.\n',
    ],
    [
      [files[0] ?? '', '--metric', 'bleu'],
      'error: results_2026-11-24T10-00-00.000001.json: `results`: expected the metric bleu between 0 and 1; available: exact_match,strict-match, exact_match,flexible-extract\nhint: Choose a metric with --metric.\n',
    ],
    [
      [files[0] ?? '', '-t', 'mmlu'],
      'error: the files have no results for these tasks\nhint: Omit --task to see all results.\n',
    ],
  ])('explains %j', async (argv, expected) => {
    await mkdir(join(folder, 'empty'), { recursive: true });
    const { code, stderr, stdout } = await perbench('import', ...argv, '--dry-run');
    expect([code, stdout, stderr]).toEqual([2, '', expected]);
  });

  it('leaves nothing behind where a file is bad', async () => {
    await writeFile(join(folder, 'results_bad.json'), '{"results": {"gsm8k": {"exact_match,none": 0.5}');
    const { code, stderr } = await perbench('import', 'results_bad.json', '--store', 'bad.db');
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^error: results_bad\.json: expected JSON: .*\n$/)]);
    expect(await readdir(folder)).not.toContain('bad.db');
  });
});
