import {
  copyFileSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeSync,
  writeFileSync,
  closeSync,
  statSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { type Ended, type Running, startPerbench } from '../setup/perbench-process.ts';

interface Place {
  readonly folder: string;
  readonly store: string;
  start(...argv: readonly string[]): Running;
}

function newPlace(models: number): Place {
  const folder = mkdtempSync(join(tmpdir(), 'perbench-lost-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const names = ['alpha', 'beta', 'gamma'].slice(0, models);
  const suite = {
    models: names.map((source) => ({ source, engine: 'mock', engineOptions: { tokenMs: 15 } })),
    tasks: ['imdb/mini', 'arc_easy/mini'],
    protocol: 'paper',
    concurrency: 1,
  };
  writeFileSync(join(folder, 'suite.json'), JSON.stringify(suite));
  return {
    folder,
    store: join(folder, '.perbench', 'perbench.db'),
    start: (...argv) => startPerbench(argv, { workingFolder: folder, homeFolder: folder, node: process.execPath }),
  };
}

/** Writes over what is in a file, without making it another one. */
function overwrite(file: string, fill: (bytes: number) => Uint8Array, from = 0): void {
  const descriptor = openSync(file, 'r+');
  const bytes = fill(statSync(file).size - from);
  writeSync(descriptor, bytes, 0, bytes.length, from);
  closeSync(descriptor);
}

async function makeOther(file: string): Promise<void> {
  await (await openSqliteStore({ file }))[Symbol.asyncDispose]();
}

function answersIn(text: string): number {
  return (text.match(/^\{.*"itemId"/gm) ?? []).length;
}

/** Answers in the store that the error names. */
async function rescued(
  place: Place,
  { stdout, stderr }: Ended,
): Promise<{ readonly file: string; readonly answers: number }> {
  const [, file = ''] = /is in a new store, ([^\s"]+\.db)/.exec(stdout + stderr) ?? [];
  const listed = await place.start('export', '--samples', '--store', file).ended;
  expect(listed).toMatchObject({ code: 0 });
  return { file, answers: answersIn(listed.stdout) };
}

const losses: Readonly<Record<string, (store: string) => void | Promise<void>>> = {
  'is deleted': (store) => rmSync(store),
  'is deleted with its folder': (store) => rmSync(join(store, '..'), { recursive: true }),
  'is replaced by another store': async (store) => {
    await makeOther(`${store}.other`);
    renameSync(`${store}.other`, store);
  },
  'is replaced by its own copy': (store) => {
    copyFileSync(store, `${store}.copy`);
    renameSync(`${store}.copy`, store);
  },
  'is replaced by a text file': (store) => {
    writeFileSync(`${store}.txt`, 'nothing');
    renameSync(`${store}.txt`, store);
  },
  'is emptied': (store) => truncateSync(store, 0),
  'is filled with zeros': (store) => overwrite(store, (bytes) => Buffer.alloc(bytes)),
  'has a garbled log': (store) => overwrite(`${store}-wal`, (bytes) => randomBytes(bytes)),
  'has a log that is garbled behind its header': (store) => overwrite(`${store}-wal`, () => randomBytes(20_000), 4_000),
  'has an empty log': (store) => truncateSync(`${store}-wal`, 0),
  'has its log deleted': (store) => rmSync(`${store}-wal`),
};

it.each(Object.entries(losses))(
  'keeps what it has when the store %s during a run',
  { timeout: 60_000 },
  async (_, lose) => {
    const place = newPlace(1);
    const run = place.start('run', 'suite.json', '--json');
    await run.said(/"pass-progress".*"done":1\d/);
    await lose(place.store);
    const ended = await run.ended;
    expect(ended.stdout.includes('"status":"finished"')).toBe(false);
    expect({ code: ended.code, signal: ended.signal }).toEqual({ code: 5, signal: null });
    expect(ended.stderr).not.toMatch(/bug|^ +at /m);
    expect((await rescued(place, ended)).answers).toBeGreaterThanOrEqual(8);
  },
);

/** What lies in the store's place afterwards: another store with a run of its own, or nothing. */
const replacements: readonly (readonly [string, answers: number, (store: string, other: string) => void])[] = [
  ['another store, renamed there', 40, (store, other) => renameSync(other, store)],
  [
    'another store, once it was moved away',
    40,
    (store, other) => {
      renameSync(store, `${store}.away`);
      renameSync(other, store);
    },
  ],
  ['nothing, once it was moved away', 0, (store) => renameSync(store, `${store}.away`)],
  ['nothing, once it was deleted', 0, (store) => rmSync(store)],
  ['nothing, once it was emptied', 0, (store) => truncateSync(store, 0)],
];

it.each(replacements)('leaves no log of a lost store to %s', { timeout: 60_000 }, async (_, answers, lose) => {
  const place = newPlace(1);
  const other = `${place.store}.other`;
  if (answers > 0) await place.start('run', 'suite.json', '-t', 'imdb/mini', '--store', other).ended;
  const run = place.start('run', 'suite.json', '--json');
  await run.said(/"pass-progress".*"done":1\d/);
  lose(place.store, other);
  const ended = await run.ended;
  expect(ended.code).toBe(5);
  expect((await rescued(place, ended)).answers).toBeGreaterThanOrEqual(8);
  expect(readdirSync(join(place.store, '..')).filter((name) => name.startsWith('perbench.db-'))).toEqual([]);
  // Neither does the lost run show up there, nor is what lies there damaged.
  const listed = await place.start('list', '--json').ended;
  expect(listed.stdout.match(/"status":"\w+"/g) ?? []).toEqual(answers > 0 ? ['"status":"finished"'] : []);
  expect(answersIn((await place.start('export', '--samples').ended).stdout)).toBe(answers);
});

it('goes on in the rescued store to the same result', { timeout: 60_000 }, async () => {
  const place = newPlace(1);
  const run = place.start('run', 'suite.json', '--json');
  await run.said(/"pass-progress".*"done":1\d/);
  rmSync(place.store);
  const { file } = await rescued(place, await run.ended);
  expect((await place.start('resume', '--store', file, '--json').ended).stdout).toContain('"status":"finished"');
  const whole = await place.start('export', '--samples', '--store', file).ended;
  expect(answersIn(whole.stdout)).toBe(80);
  expect(readdirSync(join(file, '..')).filter((name) => name.includes('rescued'))).toHaveLength(1);
});

it('keeps the answers of every process that works on a lost store', { timeout: 60_000 }, async () => {
  const place = newPlace(2);
  const first = place.start('run', 'suite.json', '--json');
  await first.said(/"pass-progress".*"done":1/);
  const second = place.start('run', 'suite.json', '--json');
  await second.said(/"pass-progress".*"done":1/);
  truncateSync(place.store, 0);
  for (const ended of [await first.ended, await second.ended]) {
    expect(ended.code).toBe(5);
    expect((await rescued(place, ended)).answers).toBeGreaterThan(0);
  }
});
