import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EndedInProcess, runInProcess } from '../../test/setup/run-in-process.ts';
import { cell } from '../../test/setup/small-report.ts';
import { createScoreboards } from '../scoring/create-scoreboards.ts';
import { textWidth } from '../present/text-width.ts';
import { normalizeFlags } from './options/resolve-options.ts';
import { usefulAccuracy } from './next-commands.ts';
import { parseCommandLine } from './program.ts';

let root: string;
let folder: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'perbench-next-'));
});
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'test-'));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

async function perbench(argv: readonly string[], environment: Record<string, string> = {}): Promise<EndedInProcess> {
  return runInProcess(argv, { folder, environment });
}

async function writeSuite(
  ...models: readonly { readonly source: string; readonly [option: string]: unknown }[]
): Promise<void> {
  const suite = {
    models: models.map(({ source, ...engineOptions }) => ({ source, engine: 'mock', engineOptions })),
    tasks: ['imdb/mini'],
    protocol: 'paper',
    concurrency: 2,
    waitQuiet: 0,
  };
  await writeFile(join(folder, 'suite.json'), JSON.stringify(suite));
}

const positive = { answers: ['positive'] };

/** The lines after "Next:", each with its label. */
function nextSteps({ stderr }: EndedInProcess): Readonly<Record<string, string>> {
  const lines = stderr.split('\n');
  const start = lines.indexOf('Next:');
  if (start === -1) return {};
  const steps = lines.slice(start + 1).flatMap((line) => [...line.matchAll(/^ {2}(\w+) +(.+)$/gu)]);
  return Object.fromEntries(steps.map(([, label = '', text = '']) => [label, text]));
}

/** Words as a shell sees them. */
function wordsOf(command: string): readonly string[] {
  return Array.from(command.matchAll(/'([^']*)'|(\S+)/gu), ([, quoted, bare]) => quoted ?? bare ?? '');
}

async function ends(command: string): Promise<number> {
  const [program, ...argv] = wordsOf(command);
  expect(program).toBe('perbench');
  return (await perbench(argv)).code;
}

describe('what a run says at its end', () => {
  it('is what fits, and each command does as it says', async () => {
    await writeSuite({ source: 'alpha', ...positive }, { source: 'beta two', answers: ['negative'] });
    const run = await perbench(['run', 'suite.json']);
    const steps = nextSteps(run);
    expect(steps).toMatchObject({
      details: 'perbench show',
      compare: expect.stringMatching(/^perbench compare '?latest:.+ '?latest:.+$/u) as string,
      // Half of 40 answers are right: 0.352 at least.
      decide: 'perbench decide --min-accuracy 0.35',
    });
    expect(steps['page']).toMatch(/report\.html$/u);
    expect(steps).not.toHaveProperty('finish');
    for (const label of ['details', 'compare', 'decide']) {
      const command = steps[label] ?? '';
      expect(parseCommandLine(normalizeFlags(wordsOf(command).slice(1)), '0', () => undefined)).toBeDefined();
      expect([0, 6]).toContain(await ends(command));
    }
  });

  it('names the store, the folder and an older run, as they must be typed', async () => {
    await writeSuite({ source: 'alpha', ...positive });
    const options = ['--store', 'my store.db', '-C', folder];
    const first = await perbench(['run', 'suite.json', ...options]);
    expect(nextSteps(first)['details']).toBe(`perbench -C ${folder} show --store 'my store.db'`);
    await perbench(['run', 'suite.json', '--fresh', ...options]);
    const [, newest = '', older = ''] = (await perbench(['list', ...options])).stdout.split('\n');
    const id = older.split(' ')[0] ?? '';
    expect(newest.startsWith(id)).toBe(false);
    const steps = nextSteps(await perbench(['report', id, ...options]));
    expect(steps['details']).toBe(`perbench -C ${folder} show ${id} --store 'my store.db'`);
    expect(steps).not.toHaveProperty('compare');
    expect(await ends(steps['details'] ?? '')).toBe(0);
  });

  it('starts with how to finish where cells failed', async () => {
    await writeSuite({ source: 'alpha', ...positive }, { source: 'beta', crashAtRequest: 5 });
    const run = await perbench(['run', 'suite.json']);
    expect(run.code).toBe(3);
    const steps = nextSteps(run);
    expect(Object.keys(steps)[0]).toBe('finish');
    expect(steps['finish']).toMatch(/^perbench resume \S+$/u);
    expect(steps).not.toHaveProperty('compare');
  });

  it.each([
    [[1, 0.9], '0.95'],
    [[0.5, 0.9], '0.85'],
    [[0.02, 0.06], undefined],
  ])('proposes of accuracies %j, each ± 0.02, the limit %s', (accuracies, limit) => {
    const cells = accuracies.map((accuracy, index) => cell(`m${index}`, accuracy, 1, 1, 1));
    expect(usefulAccuracy(createScoreboards(cells))).toBe(limit);
  });

  it('is started as perbench was, and not said to programs', async () => {
    await writeSuite({ source: 'alpha', ...positive });
    const run = await perbench(['run', 'suite.json'], { npm_command: 'exec' });
    expect(nextSteps(run)['details']).toBe('npx perbench show');
    const inClone = await perbench(['report'], { npm_command: 'run', npm_package_name: 'perbench' });
    expect(nextSteps(inClone)['details']).toBe('node bin/perbench.cjs show');
    expect((await perbench(['report', '--json'])).stderr).not.toContain('Next');
    expect((await perbench(['report', '-q'])).stderr).toBe('');
  });
});

describe('a report', () => {
  it('is as wide as COLUMNS says, and whole under -v and in show', async () => {
    await writeSuite({ source: 'alpha', ...positive }, { source: 'beta', answers: ['negative'] });
    await perbench(['run', 'suite.json', '-q']);
    for (const width of [40, 80, 120]) {
      const { stdout } = await perbench(['report'], { COLUMNS: String(width) });
      for (const line of stdout.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(width);
      expect(stdout).toMatch(/^More .*: -v\.$/mu);
      const [answer = '', table = ''] = stdout.split('\n\n');
      expect(answer.split('\n').length).toBeLessThanOrEqual(Math.max(3, 240 / width));
      expect(answer).toMatch(/\.$/u);
      expect(answer).not.toContain('imdb/mini@2');
      expect(table).toContain('imdb/mini@2');
      expect(stdout).not.toContain('accuracy metric');
    }
    for (const argv of [['report', '-v'], ['show']]) {
      const { stdout } = await perbench(argv);
      expect(stdout).not.toContain('-v.');
      expect(stdout).toContain('accuracy metric');
      expect(stdout).toContain('PER (set-relative)');
    }
  });
});

it('the head of show fits the terminal and loses nothing', async () => {
  await writeSuite({ source: 'yes', ...positive });
  await perbench(['run', 'suite.json', '-q']);
  const [piped = ''] = (await perbench(['show'])).stdout.split('\n\n');
  const letters = (text: string): string => text.replaceAll(/\s/gu, '');
  for (const columns of [40, 80]) {
    const seen = await runInProcess(['show'], { folder, columns, environment: { NO_COLOR: '1' } });
    const [head = ''] = seen.stdout.split('\n\n');
    expect(head.split('\n').filter((line) => textWidth(line) > columns)).toEqual([]);
    expect(letters(head)).toBe(letters(piped));
  }
});
