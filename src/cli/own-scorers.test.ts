/** Scorers of the user's own that are mended: a run, then `rescore`, `resume` and `compare` with another module. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { brief, saying, ticketFolder } from '../../test/setup/ticket-folder.ts';
import { type EndedInProcess, runInProcess } from '../../test/setup/run-in-process.ts';
import { run } from '../index.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { exitCodes } from './exit-codes.ts';

let folder: string;

beforeEach(async () => {
  folder = await ticketFolder();
  await writeFile(join(folder, 'tickets.task.yaml'), 'data: tickets.csv\nanswer: text\nscore: module ./score.ts\n');
  await scorer(
    "if (output.includes('bug')) throw new Error('no such kind'); return output.includes(String(row.label));",
  );
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function scorer(body: string): Promise<void> {
  const head = 'export default (output: string, row: Readonly<Record<string, unknown>>): boolean => {';
  await writeFile(join(folder, 'score.ts'), `${head} ${body} };\n`);
}

const mended = 'return output.includes(String(row.label));';
const suite = {
  models: [saying('guess', 'billing', 'bug')],
  tasks: ['tickets.task.yaml'],
  ...brief,
  concurrency: 1,
};

async function perbench(...argv: readonly string[]): Promise<EndedInProcess> {
  await writeFile(join(folder, 'suite.json'), JSON.stringify(suite));
  return runInProcess(argv, { folder, environment: { COLUMNS: '200' } });
}

/** A run that was told to stop when its first cell began. */
async function interrupted(): Promise<void> {
  const stop = new AbortController();
  for await (const event of run(suite, { store: join(folder, 'store.db'), workingFolder: folder, signal: stop.signal }))
    if (event.type === 'cell-start') stop.abort();
}

/** Answers of the newest run that no score could be had of. */
async function unscored(): Promise<number> {
  await using store = await openSqliteStore({ file: join(folder, 'store.db') });
  const newest = await store.latestRun();
  const [cell] = await store.cells(newest?.id ?? '');
  const samples = await Array.fromAsync(store.samples(cell?.id ?? ''));
  return samples.filter(({ failure }) => failure?.reason === 'scorer').length;
}

it('a mended scorer scores the stored answers again', async () => {
  await perbench('run', 'suite.json', '--store', 'store.db');
  expect(await unscored()).toBeGreaterThan(5);
  await scorer(mended);
  const rescored = await perbench('rescore', '--store', 'store.db');
  expect(rescored.stderr).toMatch(/guess \/ tickets\/own@[0-9a-f]{8}: [1-9]\d* of 24 scores changed/u);
  expect(await unscored()).toBe(0);
  const again = await perbench('rescore', '--store', 'store.db');
  expect(again.stderr).toMatch(/: 0 of 24 scores changed/u);
});

it('two runs of two scorers are compared, and the difference is named', async () => {
  await perbench('run', 'suite.json');
  await scorer(mended);
  await perbench('run', 'suite.json', '--fresh');
  const difference = /scorer \(sha256\): [0-9a-f]{12} in A, [0-9a-f]{12} in B \(makes accuracy hard to compare\)/u;
  expect((await perbench('compare', 'latest~1', 'latest')).stdout).toMatch(difference);
  await perbench('rescore', 'latest~1');
  expect((await perbench('compare', 'latest~1', 'latest')).stdout).not.toContain('scorer (sha256)');
});

it('a run that was stopped goes on with another scorer once its answers are scored again', async () => {
  await interrupted();
  await scorer(mended);
  const refused = await perbench('resume', '--store', 'store.db');
  expect(refused.code).toBe(exitCodes.usage);
  expect(refused.stderr).toMatch(
    /run (\S+) cannot be resumed: the scorer of tickets\/own@[0-9a-f]{8} has changed, and it has answers scored by the one before\nhint: Score them again first: perbench rescore \1/u,
  );
  expect((await perbench('rescore', '--store', 'store.db')).stderr).toContain('scores changed');
  const resumed = await perbench('resume', '--store', 'store.db', '--json');
  expect(resumed.stdout).toContain('"isResumed":true');
  expect(resumed.stdout).toContain('"status":"finished"');
});

it('the same command starts another run, where the scorer of one that was stopped has changed', async () => {
  await interrupted();
  await scorer(mended);
  const events = await Array.fromAsync(run(suite, { store: join(folder, 'store.db'), workingFolder: folder }));
  expect(events.find(({ type }) => type === 'run-start')).toMatchObject({ isResumed: false });
});
