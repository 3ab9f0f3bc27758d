import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInProcess, type EndedInProcess } from '../../test/setup/run-in-process.ts';
import { utf16 } from '../../test/setup/read-own-table.ts';
import { exitCodes } from './exit-codes.ts';
import { parseFactors, parseWeights } from './tables/decision-options.ts';

let folder: string;

async function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess(argv, { folder, environment: { COLUMNS: '200' } });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perbench-scoring-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const table = [
  'task,model,accuracy,accuracy_n,throughput,throughput_low,throughput_high,latency,latency_low,latency_high,memory_mib',
  'arc_easy/lmeval@1,gemma,0.56,200,6.7,6.4,7,146,140,152,520',
  'arc_easy/lmeval@1,smollm,0.50,200,6.3,6.1,6.5,162,155,170,312',
  'arc_easy/lmeval@1,qwen,0.505,200,2.96,2.8,3.1,331,310,352,747',
  'arc_easy/lmeval@1,large,0.7,200,1.9,1.8,2,500,480,520,1400',
].join('\n');

describe('score', () => {
  const everything = ['--anchors', 'cpu', '--card', '--required-accuracy', '--pareto', 'acc,thr'];

  it('prints PER-A, how sure it is, and what was asked of it', async () => {
    await writeFile(join(folder, 'table.csv'), table);
    const files = ['-o', 'out.csv', '-o', 'out.json', '-o', 'out.md'];
    const options = ['--price-per-hour', '0.1', '--max-memory', '1GiB', ...files];
    const { code, stdout } = await perbench('score', 'table.csv', '-v', ...everything, ...options);
    expect(code).toBe(0);
    expect(stdout).toContain('PER-paper/1, PER-A/2026-1/cpu');
    expect(stdout).toMatch(/^No clear difference between gemma and smollm: more items would tell\.$/mu);
    expect(stdout).toContain('large: memory 1.37 GiB is above 1 GiB');
    expect(stdout).toMatch(/smollm needs 0\.\d{3} \[0\.\d{3}, 0\.\d{3}\], has 0\.500/u);
    expect(stdout).toMatch(/gemma: on the front \(in \d+ % of resamples\)/u);
    expect(stdout).toContain('Robustness of the order by PER-A/2026-1/cpu\n  robust: gemma wins');
    expect(stdout).toMatch(/Right\/money +Right\/s/u);
    const json = JSON.parse(await readFile(join(folder, 'out.json'), 'utf8')) as { scoreboards: object[] };
    expect(json.scoreboards[0]).toMatchObject({
      anchors: { throughput: 6.3, latency: 160 },
      inference: { method: 'intervals' },
      paretoFront: { factors: ['accuracy', 'throughput'] },
      robustness: { anchored: { verdict: 'robust' } },
      limits: { maxMemory: 2 ** 30 },
      answer: { kind: 'tie', models: ['gemma', 'smollm'], separatedBy: 'items' },
    });
    expect(await readFile(join(folder, 'out.md'), 'utf8')).toContain(
      '#### Robustness of the order by PER-A/2026-1/cpu',
    );
    const [heading, first] = (await readFile(join(folder, 'out.csv'), 'utf8')).split('\r\n');
    const values = new Map(heading?.split(',').map((name, index) => [name, first?.split(',')[index]]));
    expect(values.get('model')).toBe('gemma');
    expect(Number(values.get('per_a_low'))).toBeLessThan(Number(values.get('per_a')));
    expect(Number(values.get('p_first'))).toBeGreaterThan(0.5);
    expect(values.get('score_versions')).toBe('PER-paper/1 PER-A/2026-1/cpu');
  });

  it('reads its own table back with the same scores', async () => {
    await perbench('score', 'table.csv', '--anchors', 'cpu', '-o', 'once.csv');
    const again = await perbench('score', 'once.csv', '--anchors', 'cpu', '-o', 'twice.csv');
    expect(again.stdout).not.toContain('is not read');
    const scores = async (file: string): Promise<unknown> => {
      const [heading = '', ...rows] = (await readFile(join(folder, file), 'utf8')).trim().split('\r\n');
      const wanted = ['model', 'per', 'per_a', 'rank_a'].map((name) => heading.split(',').indexOf(name));
      return rows.map((row) => wanted.map((index) => row.split(',')[index]));
    };
    expect(await scores('twice.csv')).toEqual(await scores('once.csv'));
  });

  it('counts with the weights that were given', async () => {
    const { stdout } = await perbench('score', 'table.csv', '-v', '--anchors', 'cpu', '--weights', 'acc=0.85');
    expect(stdout).toContain('PER-A/2026-1/cpu/w0.85,0.05,0.05,0.05');
    expect(stdout).toMatch(/^No clear difference between large and gemma/mu);
  });

  it('scores the tasks that were named, and says what price its tokens have', async () => {
    const paper = new URL('../../data/paper.csv', import.meta.url).pathname;
    const { stdout } = await perbench(
      'score',
      paper,
      '-v',
      '-t',
      'gsm8k',
      '--anchors',
      'paper-gpu',
      '--price-per-hour',
      '2',
    );
    expect(stdout.match(/· PER-paper/gu)).toHaveLength(1);
    expect(stdout).toContain(
      'no price per 1,000 answers: throughput is in tokens/s, and the length of answers is unknown',
    );
    const { code, stderr } = await perbench('score', paper, '-t', 'nosuch');
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('Name one of gsm8k, squad2, hellaswag, imdb, arc_easy.'),
    ]);
  });

  it('says where anchors are missing, or do not fit', async () => {
    const provisional = 'Anchors of arc_easy/lmeval@1 are provisional';
    const shown = async (...flags: readonly string[]): Promise<string> =>
      (await perbench('score', 'table.csv', ...flags)).stdout;
    expect(await shown()).toContain(`${provisional} (the medians of these models); --anchors cpu fits (`);
    expect(await shown('--anchors', 'none')).toContain(`${provisional} (the medians of these models)`);
    expect(await shown('--anchors', 'paper-gpu')).toContain(`${provisional} (paper-gpu has none in these units)`);
    expect(await shown('--anchors', 'cpu')).not.toContain('provisional');
  });

  it.each(['1GiB', '1gib', '1 GiB', '1024mib', '1073741824'])('takes %j for a size of 1 GiB', async (size) => {
    await writeFile(join(folder, 'table.csv'), table);
    const { code, stdout } = await perbench('score', 'table.csv', '--anchors', 'cpu', '--max-memory', size);
    expect(code).toBe(0);
    expect(stdout).toContain('large: memory 1.37 GiB is above 1 GiB');
  });

  it.each([
    [['--anchors', 'gpu'], 'unknown anchors "gpu"'],
    [['--anchors', 'none.yaml'], 'none.yaml: no such file'],
    [['--weights', 'acc=1,thr=1'], '--weights'],
    [['--weights', 'speed=1'], '--weights'],
    [['--pareto', 'acc'], 'at least two of acc, thr, lat, mem'],
    [['--min-accuracy', '70'], 'a share from 0 to 1, such as 0.7 or 70%'],
    [['--max-memory', 'much'], 'a size such as 2GiB or 800MB'],
  ])('%j is told what it must be', async (options, message) => {
    const { code, stderr } = await perbench('score', 'table.csv', ...options);
    expect(code).toBe(exitCodes.usage);
    expect(stderr).toContain(message);
  });

  const european = 'sep=;\nmodel;accuracy;throughput;latency_ms;memory_mib\nÄlpha;0.81;10;12;900\nb;0.75;9;11;700\n';

  const cutCharacter = Buffer.from(european.replace('Älpha', 'ÄÖ'));
  cutCharacter[cutCharacter.indexOf('Ä') + 1] = 0x20;

  it.each([
    ['UTF-16 with a mark', utf16(european, false, true), 'read as UTF-16 (little-endian), as its byte order mark says'],
    [
      'big-endian UTF-16 with a mark',
      utf16(european, true, true),
      'read as UTF-16 (big-endian), as its byte order mark says',
    ],
    ['UTF-16 without a mark', utf16(european, false, false), 'read as UTF-16 (little-endian), since every other byte'],
    ['Windows-1252', Buffer.from(european, 'latin1'), 'read as Windows-1252, since it is not UTF-8'],
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${european}`), 'items/s assumed'],
    ['UTF-8 with tabs', Buffer.from(european.slice(6).replaceAll(';', '\t')), 'items/s assumed'],
    ['UTF-8 with bars', Buffer.from(european.slice(6).replaceAll(';', '|')), 'items/s assumed'],
    ['lines of old Macs', Buffer.from(european.replaceAll('\n', '\r')), 'items/s assumed'],
  ])('reads a table in %s, and says so', async (_, bytes, note) => {
    await writeFile(join(folder, 'european.csv'), bytes);
    const { code, stdout, stderr } = await perbench('score', 'european.csv', '--anchors', 'cpu');
    expect(stderr + stdout).toContain(note);
    expect(stdout).toContain('Älpha');
    expect(code).toBe(exitCodes.done);
  });

  it.each([
    ['zero bytes', Buffer.from(european.replace('900', '9\0')), 'european.csv:3: holds a zero byte, so it is no text'],
    ['half a character', cutCharacter, 'european.csv:3: not valid UTF-8'],
    [
      'two numbers in one',
      Buffer.from(european.replace('900', '1,024')),
      'write 1024 if the comma separates thousands, or 1.024 if',
    ],
  ])('refuses a table with %s, in one line', async (_, bytes, message) => {
    await writeFile(join(folder, 'european.csv'), bytes);
    const { code, stderr } = await perbench('score', 'european.csv');
    expect(stderr).toContain(message);
    expect(
      stderr
        .trim()
        .split('\n')
        .filter((line) => !line.startsWith('hint: ')),
    ).toHaveLength(1);
    expect(code).toBeGreaterThan(exitCodes.bug);
  });

  it('ends with 3 where nobody could be scored', async () => {
    await writeFile(join(folder, 'failed.csv'), 'model,accuracy,throughput,latency,memory_bytes,state\na,,,,,failed\n');
    const { code, stdout } = await perbench('score', 'failed.csv');
    expect(code).toBe(exitCodes.someCellsFailed);
    expect(stdout).toContain('no valid model: a: failed');
  });
});

describe('a run', () => {
  it('freezes anchors where there are none, and keeps them', async () => {
    const models = ['positive', 'negative'].map((answer, index) => ({
      source: `model-${index}`,
      engine: 'mock',
      engineOptions: { answers: [answer], tokenMs: 0.2 },
    }));
    const brief = { concurrency: 2, launches: 2, windowSeconds: 1.2, latencyRequests: 3, latencySeconds: 0.5 };
    await writeFile(join(folder, 'suite.json'), JSON.stringify({ models, tasks: ['imdb/mini'], ...brief }));
    const file = join(folder, '.perbench/anchors.json');
    const { stdout } = await perbench('run', 'suite.json', '--fresh', '-q');
    // On a busy machine no number can be trusted, and doubtful ones are never frozen.
    expect(existsSync(file)).toBe(!/^! /mu.test(stdout));
    const frozen = {
      accuracy: 0.5,
      throughput: 7,
      throughputUnit: 'items/s',
      latency: 8,
      latencyUnit: 'ms',
      memory: 9e8,
    };
    await writeFile(file, JSON.stringify({ tasks: { 'imdb/mini': frozen } }));
    const again = await perbench('run', 'suite.json', '--fresh', '-v');
    expect(again.stdout).toContain('PER-A/custom-');
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ tasks: { 'imdb/mini': frozen } });
    const report = await perbench('report', '-v', '--anchors', 'none');
    expect(report.stdout).toContain('PER-A/provisional');
    expect(report.stdout).toContain('resamples of items and launches');
  });
});

describe('weights and factors', () => {
  it('are scaled where all are named, and share the rest where not', () => {
    expect(parseWeights('acc=2,thr=1,lat=1,mem=0')).toEqual({
      accuracy: 0.5,
      throughput: 0.25,
      latency: 0.25,
      memory: 0,
    });
    const shared = parseWeights('ACC=0.4');
    expect(shared).toEqual({ accuracy: 0.4, throughput: 0.6 / 3, latency: 0.6 / 3, memory: 0.6 / 3 });
    for (const bad of ['', 'acc', 'acc=-1', 'acc=1,acc=1', 'acc=1,thr=0.5', 'acc=0,thr=0,lat=0,mem=0']) {
      expect(parseWeights(bad)).toBeUndefined();
    }
  });

  it('are named in full or in short', () => {
    expect(parseFactors('acc, Throughput,MEM')).toEqual(['accuracy', 'throughput', 'memory']);
    for (const bad of ['', 'acc', 'acc,acc', 'acc,speed']) expect(parseFactors(bad)).toBeUndefined();
  });
});
