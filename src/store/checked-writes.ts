import { DatabaseSync } from 'node:sqlite';
import { sql, type Kysely } from 'kysely';
import { StoreError } from '../core/errors.ts';
import type { Store } from '../core/store.ts';
import type { Database } from './schema.ts';
import { explainSqliteError } from './sqlite-error.ts';
import type { StoreWatch } from './store-watch.ts';
import type { WrittenResults } from './written-results.ts';

const writes = [
  'createRun',
  'copyRun',
  'setRunStatus',
  'changeManifest',
  'requestStop',
  'claimCell',
  'claimModel',
  'claimBlock',
  'renewLease',
  'setCellKey',
  'setCellItems',
  'appendSamples',
  'appendPassResult',
  'endCell',
  'releaseCell',
  'endBlock',
  'putWorker',
  'putJob',
  'claimJob',
  'resetFailed',
  'replaceScores',
] as const satisfies readonly (keyof Store)[];

export interface WatchedDatabase {
  readonly db: Kysely<Database>;
  readonly file: string;
  readonly watch: StoreWatch;
  readonly written: WrittenResults;
}

/**
 * The store, with a look after every write at whether it reached the store that is on disk; when a run ends, what was
 * written is read back.
 */
export function checkedWrites<Whole extends Pick<Store, (typeof writes)[number]>>(
  store: Whole,
  watched: WatchedDatabase,
): Whole {
  async function check(name: (typeof writes)[number], status: unknown): Promise<void> {
    watched.watch.check();
    if (watched.watch.isLogLong) await copyLog(watched);
    if (name === 'setRunStatus' && status !== 'running') await checkAll(watched);
  }
  const checked = writes.map((name) => {
    // Each keeps its own parameters and result.
    const write = store[name] as (...parameters: readonly unknown[]) => Promise<unknown>;
    const checkedWrite = async (...parameters: readonly unknown[]): Promise<unknown> => {
      const result = await write(...parameters);
      await check(name, parameters[1]);
      return result;
    };
    return [name, checkedWrite];
  });
  return { ...store, ...(Object.fromEntries(checked) as Partial<Whole>) };
}

/** Nothing goes from the log into the store's file that isn't as it was written. */
async function copyLog({ db, file, watch }: WatchedDatabase): Promise<void> {
  await db.connection().execute(async (connection) => {
    explained(file, () => watch.checkWhole());
    await sql`pragma wal_checkpoint(passive)`.execute(connection);
  });
}

async function checkAll({ db, file, watch, written }: WatchedDatabase): Promise<void> {
  await db.connection().execute(async () => explained(file, () => watch.checkWhole()));
  explained(file, () => {
    try {
      readBack(file, written);
    } catch (error) {
      if (error instanceof StoreError) watch.blame(error);
      throw error;
    }
  });
}

/** Larger files take seconds to read. */
const mostReadBytes = 256 * 2 ** 20;

/**
 * Reads what was written through the name of the store, as the next process will.
 *
 * @throws {StoreError} if it isn't there
 */
function readBack(file: string, { runs, cells }: WrittenResults): void {
  const database = new DatabaseSync(file, { readOnly: true });
  const number = (query: string, ...parameters: readonly string[]): number =>
    Number(Object.values(database.prepare(query).get(...parameters) ?? {})[0]);
  try {
    const bytes = number('pragma page_count') * number('pragma page_size');
    const [found] =
      bytes > mostReadBytes ? ['ok'] : Object.values(database.prepare('pragma quick_check(1)').get() ?? {});
    if (found !== 'ok') throw lost(file, `SQLite's quick_check says: ${String(found)}`);
    for (const id of runs.keys()) {
      if (number('select count(*) from run where id = ?', id) !== 1) throw lost(file, `run ${id} is gone`);
    }
    for (const [id, { samples }] of cells) {
      // Those that failed in the engine may have been asked again meanwhile.
      const kept = samples.values().reduce((sum, { failure }) => sum + Number(failure?.reason !== 'engine'), 0);
      const query = `select count(*) from sample where cell_id = ? and coalesce(failure_reason, '') <> 'engine'`;
      const stored = number(query, id);
      if (stored < kept) throw lost(file, `${kept} answers were stored in cell ${id}, ${stored} are there`);
    }
  } finally {
    database.close();
  }
}

function lost(file: string, what: string): StoreError {
  return new StoreError(`${file}: the store was damaged while it was in use (${what})`, {
    hint: `Restore it from a backup, or recover what is readable with: sqlite3 ${file} .recover`,
  });
}

function explained(file: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    throw explainSqliteError(error, file);
  }
}
