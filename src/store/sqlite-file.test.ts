import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { PerbenchError, StoreError } from '../core/errors.ts';
import { mustClaim } from '../../test/conformance/open-store.ts';
import { newCell, newRun, sampleAt } from '../../test/conformance/store-records.ts';
import type { Database } from './schema.ts';
import { createKyselyDatabase } from './sqlite-file.ts';
import { openSqliteStore } from './sqlite-store.ts';

let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'perbench-store-'));
  file = join(folder, 'results.db');
  const made = folder;
  onTestFinished(() => rmSync(made, { recursive: true }));
});

/** Makes a store with `count` samples in it. */
async function fill(count: number): Promise<void> {
  await using store = await openSqliteStore({ file });
  await store.createRun(newRun('run-1'), [newCell('cell-0')]);
  const claim = await mustClaim(store, 'cell-0');
  const samples = Array.from({ length: count }, (_, position) => sampleAt(position));
  await store.appendSamples(claim, samples, 1_000);
}

/** Code, message and hint of the error with which the store can't be opened or written. */
async function refusal(): Promise<string> {
  try {
    await using store = await openSqliteStore({ file, busyTimeoutMs: 200 });
    await store.createRun(newRun('run-2'), []);
  } catch (error) {
    if (!(error instanceof PerbenchError)) throw error;
    return `${error.code} ${error.message} [${error.hint}]`;
  }
  return 'the store was opened and written';
}

describe('a store file', () => {
  it('keeps what it was given, in one file', async () => {
    await fill(300);
    expect(readdirSync(folder)).toEqual(['results.db']);
    await using store = await openSqliteStore({ file });
    expect((await store.finishedItemIds('cell-0')).size).toBe(300);
  });

  it('is made together with its folder', async () => {
    file = join(folder, 'a/b/results.db');
    await fill(1);
    expect(statSync(file).size).toBeGreaterThan(0);
  });

  it('syncs every commit, and checks references', async () => {
    await fill(1);
    const database = new DatabaseSync(file);
    onTestFinished(() => database.close());
    expect(database.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' });
    expect(database.prepare('pragma application_id').get()).toEqual({ application_id: 0x50455242 });
    expect(database.prepare('pragma foreign_key_check').all()).toEqual([]);
  });

  it('stores a prompt once, however many models are asked', async () => {
    await using store = await openSqliteStore({ file });
    await store.createRun(newRun('run-1'), [newCell('cell-0'), newCell('cell-1', 1)]);
    for (const id of ['cell-0', 'cell-1']) {
      await store.appendSamples(await mustClaim(store, id), [sampleAt(0), sampleAt(1)], 1_000);
    }
    const database = new DatabaseSync(file, { readOnly: true });
    onTestFinished(() => database.close());
    expect(database.prepare('select count(*) as n from prompt').get()).toEqual({ n: 2 });
  });
});

describe('a store of an earlier version', () => {
  it('is brought up to date when it is opened, and loses nothing', async () => {
    await fill(3);
    const database = new DatabaseSync(file);
    // As the second version left it.
    database.exec(`drop table block; drop table worker; drop table job; drop index cell_open;
      alter table run drop column stop_requested;
      drop index sample_verdict;
      alter table sample drop column cut; alter table sample drop column thinking_tokens;
      alter table sample drop column thoughts;
      create index sample_verdict on sample (cell_id, position, item_id, score, is_unparsed, is_truncated);
      pragma user_version = 2`);
    database.close();
    await using store = await openSqliteStore({ file });
    const samples = await Array.fromAsync(store.samples('cell-0'));
    expect(samples).toEqual([sampleAt(0), sampleAt(1), sampleAt(2)]);
    expect(await store.sampleSummary('cell-0')).toMatchObject({
      items: 3,
      thinkingTokens: 0,
      thoughtful: 0,
      budgetCut: 0,
    });
    expect(await Array.fromAsync(store.samples('cell-0', { only: 'cut' }))).toEqual([]);
  });
});

describe('a file that is no store', () => {
  it('refuses a store from a newer version, and leaves it as it was', async () => {
    await fill(1);
    const database = new DatabaseSync(file);
    database.exec('pragma user_version = 7');
    database.exec('pragma journal_mode = delete');
    database.close();
    const before = readFileSync(file);
    expect(await refusal()).toBe(
      `PB_STORE ${file}: the store is from a newer perbench (schema 7, this version supports up to 4) ` +
        '[Update perbench, or choose another file for the store.]',
    );
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('refuses the database of another program', async () => {
    const database = new DatabaseSync(file);
    database.exec('create table song (title text)');
    database.close();
    expect(await refusal()).toBe(
      `PB_STORE ${file}: this database belongs to another program [Choose another file for the store.]`,
    );
  });

  it('refuses a file that is not a database, and leaves it as it was', async () => {
    writeFileSync(file, 'model,accuracy\n'.repeat(100));
    expect(await refusal()).toBe(
      `PB_STORE ${file}: not a perbench store: the file is no SQLite database, or its start is damaged ` +
        '[Choose another file for the store, or restore this one from a backup.]',
    );
    expect(readFileSync(file, 'utf8')).toBe('model,accuracy\n'.repeat(100));
  });

  it('refuses a folder', async () => {
    mkdirSync(file);
    expect(await refusal()).toMatch(/^PB_STORE .*results\.db: cannot be a store: is a folder/);
  });

  it('refuses a path through a file', async () => {
    writeFileSync(join(folder, 'plain'), '');
    file = join(folder, 'plain/results.db');
    expect(await refusal()).toMatch(/^PB_STORE .*results\.db: cannot be a store: .*\(E/);
  });

  it('says that a store is damaged when it meets the damage', async () => {
    await fill(2_000);
    const bytes = readFileSync(file);
    bytes.fill(0xa5, 8 * 4096, bytes.length - 4096);
    writeFileSync(file, bytes);
    await using store = await openSqliteStore({ file });
    await expect(Array.fromAsync(store.samples('cell-0'))).rejects.toEqual(
      new StoreError(`${file}: the store is damaged (database disk image is malformed)`, {
        hint: `Restore it from a backup, or recover what is readable with: sqlite3 ${file} .recover`,
      }),
    );
  });

  it('says that a store is damaged when a column is not JSON', async () => {
    await fill(1);
    const database = new DatabaseSync(file);
    database.exec(`update run set manifest = '{"cut'`);
    database.close();
    await using store = await openSqliteStore({ file });
    await expect(store.listRuns()).rejects.toThrow('the store is damaged: run run-1, manifest is not JSON');
  });
});

describe('a lock', () => {
  it('of another writer is waited for, then named', async () => {
    await fill(1);
    const other = new DatabaseSync(file);
    onTestFinished(() => other.close());
    other.exec('begin immediate');
    expect(await refusal()).toBe(
      `PB_STORE ${file}: the store is locked by another process ` +
        '[Wait until it ends, or stop it, then run the same command again.]',
    );
    other.exec('rollback');
    expect(await refusal()).toBe('the store was opened and written');
  });

  it('on the whole file is named when opening', async () => {
    await fill(1);
    const other = new DatabaseSync(file);
    onTestFinished(() => other.close());
    other.exec('pragma locking_mode = exclusive');
    other.exec('begin exclusive');
    expect(await refusal()).toMatch(/^PB_STORE .*: the store is locked by another process/);
  });

  it('is taken when a transaction begins, not when it first writes', async () => {
    await fill(1);
    const database = new DatabaseSync(file);
    const db = new Kysely<Database>({ dialect: new SqliteDialect({ database: createKyselyDatabase(database, file) }) });
    onTestFinished(async () => db.destroy());
    const other = new DatabaseSync(file, { timeout: 0 });
    onTestFinished(() => other.close());
    await db.transaction().execute(async (transaction) => {
      await transaction.selectFrom('run').selectAll().execute();
      expect(() => other.exec('begin immediate')).toThrow('database is locked');
    });
    other.exec('begin immediate');
  });

  it('of a writer leaves readers alone', async () => {
    await fill(3);
    await using store = await openSqliteStore({ file, busyTimeoutMs: 200 });
    const other = new DatabaseSync(file);
    onTestFinished(() => other.close());
    other.exec('begin immediate');
    expect((await store.finishedItemIds('cell-0')).size).toBe(3);
  });
});

/** Opens the store and writes into it as a user who isn't root; prints the message. */
function openAsNobody(): string {
  const script = `
    const { openSqliteStore } = await import(${JSON.stringify(join(import.meta.dirname, 'sqlite-store.ts'))});
    try {
      await using store = await openSqliteStore({ file: ${JSON.stringify(file)} });
      await store.resetFailed('run-1');
      console.log('written');
    } catch (error) {
      console.log(error.code, error.message, error.hint);
    }`;
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    ...user,
    encoding: 'utf8',
  });
  return `${stdout}${stderr}`.trim();
}

describe('a place that may not be written', () => {
  it('is named for an existing store', async () => {
    await fill(1);
    chmodSync(file, 0o444);
    chmodSync(folder, 0o555);
    onTestFinished(() => chmodSync(folder, 0o755));
    expect(openAsNobody()).toMatch(
      /^PB_STORE .*results\.db: cannot open the store for writing \(.*\) Make the file and its folder writable/,
    );
  });

  it('is named for a new store', () => {
    chmodSync(folder, 0o555);
    onTestFinished(() => chmodSync(folder, 0o755));
    expect(openAsNobody()).toMatch(/^PB_STORE .*results\.db: cannot open the store for writing/);
  });

  it('is named for a new folder', () => {
    chmodSync(folder, 0o555);
    onTestFinished(() => chmodSync(folder, 0o755));
    file = join(folder, 'new/results.db');
    expect(openAsNobody()).toMatch(/^PB_STORE .*cannot create the folder of the store: permission denied \(EACCES/);
  });

  it('is fine once it may be written', () => {
    chmodSync(folder, 0o777);
    expect(openAsNobody()).toBe('written');
  });
});

/** A disk of that size in the test's folder; undefined and a reason where this user may not mount one. */
function mountSmallDisk(size: string): string | undefined {
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { encoding: 'utf8' });
  if (mounted.status !== 0) return `no small tmpfs can be mounted here: ${mounted.stderr ?? mounted.error?.message}`;
  const disk = folder;
  onTestFinished(() => {
    spawnSync('umount', [disk]);
  });
  return undefined;
}

describe('a full disk', () => {
  it('loses nothing that was acknowledged', async ({ skip }) => {
    const reason = mountSmallDisk('1m');
    if (reason !== undefined) skip(reason);
    let acknowledged = 0;
    async function fillDisk(): Promise<void> {
      await using store = await openSqliteStore({ file });
      await store.createRun(newRun('run-1'), [newCell('cell-0')]);
      const claim = await mustClaim(store, 'cell-0');
      for (;;) {
        await store.appendSamples(claim, [sampleAt(acknowledged, { raw: 'r'.repeat(3_000) })], 1_000);
        acknowledged += 1;
      }
    }
    await expect(fillDisk()).rejects.toEqual(
      new StoreError(`${file}: the disk is full; everything saved so far is kept`, {
        hint: 'Free some space, then run the same command again: it resumes where it stopped.',
      }),
    );
    expect(acknowledged).toBeGreaterThan(20);
    spawnSync('mount', ['-o', 'remount,size=16m', folder]);
    await using store = await openSqliteStore({ file });
    expect((await store.finishedItemIds('cell-0')).size).toBe(acknowledged);
    await store.resetFailed('run-1');
  });

  it.for(['4k', '16k', '64k'])('is named when %s are too small for a new store', async (size, { skip }) => {
    const reason = mountSmallDisk(size);
    if (reason !== undefined) skip(reason);
    expect(await refusal()).toMatch(/^PB_STORE .*: the disk is full; everything saved so far is kept/);
  });
});
