import type { DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import type { Store } from '../core/store.ts';
import { createCellQueries, leaseEnd } from './claims.ts';
import { createRunQueries } from './run-queries.ts';
import { createSampleQueries } from './sample-queries.ts';
import { appendSamples, replaceScores } from './sample-rows.ts';
import type { Database } from './schema.ts';
import { explainSqliteError, isSqliteError } from './sqlite-error.ts';
import {
  createKyselyDatabase,
  migrate,
  openDatabase,
  readSchemaVersion,
  schemaVersion,
  type StoreAccess,
} from './sqlite-file.ts';

export interface SqliteStoreOptions {
  /** A path, whose folder is made where it is missing, or `:memory:`. */
  readonly file: string;
  /** Unix time in milliseconds; decides about leases. */
  readonly now?: () => number;
  /** `read` for a store that is there, and is opened also where it can't be written; default `write`. */
  readonly access?: StoreAccess | undefined;
  /** Longest wait for a lock that another process holds. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens a store in a SQLite file on a local disk. Several processes may share it.
 *
 * @throws {StoreError} if the file isn't a store, is damaged, locked, not writable, or from a newer version
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { file, now = Date.now, access = 'write', busyTimeoutMs = 10_000 } = options;
  const database = await openDatabase(file, busyTimeoutMs, access);
  const dialect = new SqliteDialect({ database: createKyselyDatabase(database, file) });
  const db = new Kysely<Database>({ dialect });
  try {
    if (readSchemaVersion(database) < schemaVersion) await migrate(db);
  } catch (error) {
    database.close();
    throw explainSqliteError(error, file);
  }
  let closing: Promise<void> | undefined;
  return {
    ...createRunQueries(db),
    ...createCellQueries(db, now),
    ...createSampleQueries(db),
    appendSamples: (claim, samples, leaseMs) => appendSamples(db, claim, samples, leaseEnd(now(), leaseMs)),
    replaceScores: (cellId, scores, measurements) => replaceScores(db, cellId, scores, measurements, now()),
    async [Symbol.asyncDispose]() {
      closing ??= close(db, database);
      await closing;
    },
  };
}

async function close(db: Kysely<Database>, database: DatabaseSync): Promise<void> {
  // Takes its turn behind what is still being written.
  await db.connection().execute(async () => emptyWriteAheadLog(database));
  await db.destroy();
}

/**
 * Leaves one file behind where no other process has the store open; else the last of them does it. Where it fails, as
 * on a full disk, nothing is lost: the log stays, and counts.
 */
function emptyWriteAheadLog(database: DatabaseSync): void {
  database.exec('pragma busy_timeout = 0');
  try {
    database.exec('pragma wal_checkpoint(truncate)');
  } catch (error) {
    if (!isSqliteError(error)) throw error;
  }
}
