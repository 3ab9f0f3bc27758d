import type { DatabaseSync } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import { StoreError } from '../core/errors.ts';
import type { Store } from '../core/store.ts';
import { createQueries } from './create-queries.ts';
import { rescue } from './rescue.ts';
import { type Database, schemaVersion } from './schema.ts';
import { explainSqliteError, isDamage, isSqliteError } from './sqlite-error.ts';
import { createKyselyDatabase, migrate, openDatabase, readSchemaVersion, type StoreAccess } from './sqlite-file.ts';
import { ownClock } from './store-dialect.ts';
import { StoreWatch } from './store-watch.ts';
import { checkedWrites } from './checked-writes.ts';
import { remembering, WrittenResults } from './written-results.ts';

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
    if (readSchemaVersion(database) < schemaVersion) {
      await migrate(db);
      // The file itself says then whose it is.
      database.exec('pragma wal_checkpoint(passive)');
    }
  } catch (error) {
    database.close();
    throw explainSqliteError(error, file);
  }
  const watch = StoreWatch.of(database, file);
  const written = new WrittenResults();
  let closing: Promise<void> | undefined;
  const queries = createQueries(db, {
    clock: ownClock(now),
    locksRows: false,
    transact: (connected, action) => connected.transaction().execute(action),
  });
  const runOf = async (cellId: string): Promise<string | undefined> =>
    (await db.selectFrom('cell').select('run_id').where('id', '=', cellId).executeTakeFirst())?.run_id;
  return {
    ...(watch === undefined
      ? queries
      : checkedWrites(remembering(queries, written, runOf), { db, file, watch, written })),
    async rescue(error) {
      const fault = watch?.find() ?? (isDamage(error.cause) ? error : undefined);
      if (watch === undefined || fault === undefined) return error;
      abandoned.add(database);
      const openStore = (target: string): Promise<Store> => openSqliteStore({ file: target, now });
      return db.connection().execute(() => rescue({ file, database, watch, written, now, openStore }, fault));
    },
    async [Symbol.asyncDispose]() {
      if (abandoned.has(database)) return;
      closing ??= close({ db, database, watch, hasWritten: !written.isEmpty });
      await closing;
    },
  };
}

/** Connections to lost stores: closing one would copy a damaged log into its store, or delete the log of another. */
const abandoned = new Set<DatabaseSync>();

interface OpenFile {
  readonly db: Kysely<Database>;
  readonly database: DatabaseSync;
  readonly watch: StoreWatch | undefined;
  readonly hasWritten: boolean;
}

/** @throws {StoreError} if the store was lost since the last write */
async function close({ db, database, watch, hasWritten }: OpenFile): Promise<void> {
  // Takes its turn behind what is still being written.
  const fault = await db.connection().execute(async () => emptyWriteAheadLog(database, watch));
  if (fault === undefined) {
    await db.destroy();
    watch?.[Symbol.dispose]();
    return;
  }
  abandoned.add(database);
  if (hasWritten) throw fault;
}

/**
 * Leaves one file behind where no other process has the store open; else the last of them does it. Where it fails, as
 * on a full disk, nothing is lost: the log stays, and counts.
 *
 * @returns what became of a store that was lost
 */
function emptyWriteAheadLog(database: DatabaseSync, watch: StoreWatch | undefined): StoreError | undefined {
  database.exec('pragma busy_timeout = 0');
  try {
    watch?.checkWhole();
    database.exec('pragma wal_checkpoint(truncate)');
  } catch (error) {
    if (error instanceof StoreError) return error;
    if (!isSqliteError(error)) throw error;
  }
  return undefined;
}
