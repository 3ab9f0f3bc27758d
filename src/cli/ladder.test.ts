import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ladder } from '../scoring/ladder.ts';
import { runInProcess, type EndedInProcess } from '../../test/setup/run-in-process.ts';

let folder: string;

function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  return runInProcess(argv, { folder });
}

const half = ['positive', 'negative'];
const models = [
  { source: 'q8', engine: 'mock', engineOptions: { answers: half, tokenMs: 0.6, memoryBytes: 600_000_000 } },
  {
    source: 'q4',
    engine: 'mock',
    engineOptions: { answers: [...half, 'negative'], tokenMs: 0.4, memoryBytes: 400_000_000 },
  },
  { source: 'q2', engine: 'mock', engineOptions: { answers: ['no idea'], tokenMs: 0.2, memoryBytes: 300_000_000 } },
];
const brief = { concurrency: 2, launches: 2, windowSeconds: 0.05, latencyRequests: 3, limit: 30 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'perbench-ladder-'));
  await writeFile(join(folder, 'suite.json'), JSON.stringify({ models, ...brief, tasks: ['imdb/mini'] }));
  await writeFile(join(folder, 'two.json'), JSON.stringify({ models, ...brief, tasks: ['imdb/mini', 'gsm8k/mini'] }));
  await writeFile(
    join(folder, 'one.json'),
    JSON.stringify({ models: models.slice(1, 2), ...brief, tasks: ['imdb/mini'] }),
  );
  const { code, stderr } = await perbench('run', 'suite.json', '-q');
  if (code === 1) throw new Error(stderr);
}, 60_000);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function made(file: string): Promise<string> {
  return readFile(join(folder, file), 'utf8');
}

describe('perbench ladder', () => {
  it('puts each model beside the first, by its stored answers', async () => {
    const { code, stdout, stderr } = await perbench(
      'ladder',
      '-o',
      'l.json',
      '-o',
      'l.csv',
      '-o',
      'l.md',
      '-o',
      'l.tex',
    );
    expect([code, stderr]).toEqual([0, expect.stringContaining('wrote')]);
    expect(stdout).toMatch(/^IMDB, mini set · against q8\nModel +Memory +Throughput +Speed/u);
    expect(stdout).toContain('no KL divergence was taken\n');
    expect(stderr).toMatch(/^to take losses: perbench loss \d{8}-\S+ --base q8$/mu);
    // Of models without files nobody knows a size: no column of dashes.
    expect(stdout).not.toMatch(/File|Bits\/weight|Quantisation/u);
    const { schema, ladders } = JSON.parse(await made('l.json')) as { schema: string; ladders: readonly Ladder[] };
    expect(schema).toBe('perbench-ladder/1');
    expect(ladders[0]?.rows.map(({ model, standing }) => [model, standing])).toEqual([
      ['q8', 'base'],
      ['q4', 'not_worse'],
      ['q2', 'worse'],
    ]);
    const [, , q2] = ladders[0]?.rows ?? [];
    // It never gives a label: all that the base has right is lost, and every answer is another.
    expect([q2?.flips?.lost.count, q2?.flips?.gained.count, q2?.flips?.changed?.count]).toEqual([14, 0, 30]);
    expect(q2?.accuracyDifference?.value).toBeCloseTo(-14 / 30, 12);
    const [headings = '', ...lines] = (await made('l.csv')).trim().split('\r\n');
    expect([headings.split(',').slice(3, 6), lines.length]).toEqual([['base', 'model', 'standing'], 3]);
    expect(await made('l.md')).toContain('| Model |  | Memory, MiB |');
    expect(await made('l.tex')).toContain(String.raw`\label{tab:ladder-imdb-mini-2}`);
  });

  it('takes another base', async () => {
    const { stdout } = await perbench('ladder', '--base', 'q2');
    expect(stdout).toMatch(/against q2\n/u);
    expect(stdout).toMatch(/\nq8 +better/u);
    expect((await perbench('ladder', '--base', 'base')).stdout).toContain('against q8\n');
  });

  it('draws a chart, in each format and on either axis', async () => {
    const files = ['c.svg', 'c.pdf', 'c.png'].flatMap((file) => ['-o', file]);
    const { code, stderr } = await perbench('ladder', '--x', 'memory', '--y', 'flips', '--width', '100', ...files);
    expect([code, stderr.match(/wrote /gu)?.length]).toEqual([0, 3]);
    const svg = await made('c.svg');
    expect(svg).toContain('Answers changed, % (↓ better)');
    expect(svg).toMatch(/<metadata>IMDB, mini set: loss against memory\. Run \d{8}-/u);
  });

  it('stands below the certificate of a question about a base, in the page and among figures', async () => {
    const question = 'cheapest not worse than q8 by 0.2';
    // So far apart in speed that a busy machine can't put the answer in doubt.
    const apart = models.map((model, index) => ({
      ...model,
      engineOptions: { ...model.engineOptions, tokenMs: [6, 1.2, 0.2][index] },
    }));
    await writeFile(join(folder, 'race.json'), JSON.stringify({ models: apart, ...brief, tasks: ['imdb/mini'] }));
    const { stdout } = await perbench('run', 'race.json', '--decide', question, '--store', 'race.db');
    expect(stdout).toMatch(/^Cheapest not worse than q8 by 0\.2 .*\nIMDB, mini set · against q8\n/su);
    expect(stdout).toMatch(/\nq4 +named/u);
    const shown = await perbench('ladder', '--store', 'race.db');
    expect(shown.stdout).toMatch(/against q8\n.*\nq4 +named/su);
    const { stdout: drawn } = await perbench('figures', '--store', 'race.db', '-o', 'figures');
    expect(drawn).toContain('imdb-mini-2-ladder.svg');
    await perbench('report', '--store', 'race.db', '-o', 'race.html');
    expect(await made('race.html')).toContain('Ladder: IMDB, mini set');
    await perbench('report', '-o', 'plain.html');
    expect(await made('plain.html')).not.toContain('id="ladder-1"');
  });

  it('knows of imported runs what their files say', async () => {
    await perbench('export', '--format', 'lm-eval', '-o', 'exported');
    const imported = await perbench('import', 'exported', '--store', 'imported.db');
    expect(imported.code).toBe(0);
    const { code, stdout, stderr } = await perbench('ladder', '--base', 'q8', '--store', 'imported.db');
    expect(stderr).toBe('');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/against q8\n.*\nq2 +worse/su)]);
    // Launches don't go along, so that ratios of speeds have no ground.
    expect(stdout).not.toContain('Speed');
  });

  it.each([
    [['--base', 'q5'], /unknown model to compare with "q5"; known: q8, q4, q2\nhint: Did you mean "q\d"\?/],
    [['--base', 'something'], /unknown model to compare with "something"; known: q8/],
    [['-t', 'arc_easy'], /no task "arc_easy"; available: imdb\/mini@2/],
    [['nowhere'], /no run "nowhere" in /],
    [['-o', 'x.docx'], /unknown format "\.docx" for ladder\nhint: Use one of \.csv .* \.svg \.pdf \.png\./],
    [['-o', 'a.svg', '-o', 'a.svg'], /a\.svg is named twice/],
    [['--y', 'speed'], /--y/],
  ])('says in one line what is wrong with %s', async (argv, message) => {
    const { code, stderr, stdout } = await perbench('ladder', ...argv);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringMatching(message)]);
    expect(stderr.match(/^error: /gm)).toHaveLength(1);
  });

  it('refuses a run of one model, and a chart of two tasks', async () => {
    await perbench('run', 'one.json', '-q', '--store', 'one.db');
    const alone = await perbench('ladder', '--store', 'one.db');
    expect([alone.code, alone.stderr]).toEqual([
      2,
      expect.stringMatching(/has one model, and a ladder is of several\nhint: /),
    ]);
    await perbench('run', 'two.json', '-q', '--store', 'two.db');
    const plain = await perbench('ladder', '--store', 'two.db');
    expect(plain.stderr).toMatch(/^to take losses: perbench loss \S+ --base q8 --store two\.db\n$/u);
    const both = await perbench('ladder', '--store', 'two.db', '-o', 'two.svg');
    expect([both.code, both.stderr]).toEqual([
      2,
      expect.stringContaining('--out two.svg: a chart is of one task, and this run has 2: imdb/mini@2, gsm8k/mini@'),
    ]);
    const one = await perbench('ladder', '--store', 'two.db', '-t', 'gsm8k', '-o', 'two.svg');
    expect(one.code).toBe(0);
  }, 60_000);
});
