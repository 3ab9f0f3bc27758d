import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Kysely, sql, type SqliteDatabase, type SqliteStatement } from 'kysely';
import { StoreError } from '../core/errors.ts';
import { withoutKnownSecrets } from '../core/without-secrets.ts';
import { isSystemError, systemErrorWords } from '../core/system-error.ts';
import { makeFolder } from '../files/make-folder.ts';
import { notAFileError } from '../files/read-file.ts';
import { type Database, migrations, schemaVersion } from './schema.ts';
import { openForReading, prepared } from './open-for-reading.ts';
import { explainSqliteError, isBusy, isUnwritable } from './sqlite-error.ts';

/** "PERB": says whose database a file is. */
export const applicationId = 0x50_45_52_42;
/** What a command is going to do with a store. */
export type StoreAccess = 'read' | 'write';

/**
 * Opens the file, makes sure that it is a store of a version that this program knows, and makes writes durable.
 *
 * @param busyTimeoutMs longest wait for a lock that another process holds
 * @param access `read`: it is there, and need not be writable
 * @throws {StoreError} if the file can't be used
 */
export async function openDatabase(file: string, busyTimeoutMs: number, access: StoreAccess): Promise<DatabaseSync> {
  if (file !== ':memory:') {
    requireFile(file);
    if (access === 'write') await createFolder(file);
  }
  const deadlineMs = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      return openOnce(file, busyTimeoutMs, access);
    } catch (error) {
      // The switch to the write-ahead log doesn't wait when several processes make the store at the same moment.
      if (!isBusy(error) || performance.now() > deadlineMs) throw explainSqliteError(error, file, access);
    }
    await sleep(25);
  }
}

/** SQLite waits for the other end of a pipe for ever, and says nothing of links that lead nowhere. */
function requireFile(file: string): void {
  try {
    const there = statSync(file);
    if (!there.isFile()) throw notAFileError(file, there);
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    if (cause.code === 'ENOENT') return;
    throw new StoreError(`${file}: cannot be a store: ${systemErrorWords(cause)}`, {
      hint: 'Choose another file for the store.',
      cause,
    });
  }
}

async function createFolder(file: string): Promise<void> {
  const folder = dirname(file);
  try {
    await makeFolder(folder);
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw new StoreError(`${file}: cannot create the folder of the store: ${systemErrorWords(cause)}`, {
      hint: 'Choose another file for the store.',
      cause,
    });
  }
}

function openOnce(file: string, busyTimeoutMs: number, access: StoreAccess): DatabaseSync {
  try {
    const options = { timeout: busyTimeoutMs, enableForeignKeyConstraints: true };
    return prepared(new DatabaseSync(file, options), (database) => {
      checkOwner(database, file);
      database.exec('pragma journal_mode = wal');
      database.exec('pragma synchronous = full');
      // The store copies its log into its file itself, once it has looked at what it copies.
      database.exec('pragma wal_autocheckpoint = 0');
    });
  } catch (error) {
    if (access === 'write' || !isUnwritable(error)) throw error;
    return openForReading(file, (database) => checkOwner(database, file), error);
  }
}

function checkOwner(database: DatabaseSync, file: string): void {
  // One view of the file: another process may be making it a store just now.
  database.exec('begin');
  const owner = readNumber(database, 'pragma application_id');
  const tables = readNumber(database, 'select count(*) from sqlite_schema');
  const version = readSchemaVersion(database);
  database.exec('commit');
  const isFresh = owner === 0 && tables === 0;
  if (!isFresh && owner !== applicationId) {
    throw new StoreError(`${file}: this database belongs to another program`, {
      hint: 'Choose another file for the store.',
    });
  }
  if (version > schemaVersion) {
    throw new StoreError(
      `${file}: the store is from a newer perbench (schema ${version}, this version supports up to ${schemaVersion})`,
      { hint: 'Update perbench, or choose another file for the store.' },
    );
  }
}

export function readSchemaVersion(database: DatabaseSync): number {
  return readNumber(database, 'pragma user_version');
}

function readNumber(database: DatabaseSync, query: string): number {
  const [value] = Object.values(database.prepare(query).get() ?? {});
  return Number(value);
}

/** Brings the schema up to date in one transaction: of several processes that open a new store, one does it. */
export async function migrate(db: Kysely<Database>): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ readonly user_version: number }>`pragma user_version`.execute(transaction);
    const version = rows[0]?.user_version ?? 0;
    for (const migration of Object.values(migrations).slice(version)) await migration.up(transaction);
    if (version >= schemaVersion) return;
    await sql.raw(`pragma user_version = ${schemaVersion}`).execute(transaction);
    await sql.raw(`pragma application_id = ${applicationId}`).execute(transaction);
  });
}

/** Statements kept compiled; inserts of many sizes have as many texts. */
const cachedStatements = 100;

/** Gives `node:sqlite` the shape that Kysely's SQLite dialect drives, and explains its errors. */
export function createKyselyDatabase(database: DatabaseSync, file: string): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close() {
      database.close();
    },
    prepare(text) {
      const known = statements.get(text);
      if (known !== undefined) return known;
      const statement =
        text === 'rollback' ? rollbackStatement(database, file) : prepareStatement(database, text, file);
      const oldest = statements.size >= cachedStatements ? statements.keys().next().value : undefined;
      if (oldest !== undefined) statements.delete(oldest);
      statements.set(text, statement);
      return statement;
    },
  };
}

function explained<Value>(file: string, action: () => Value): Value {
  try {
    return action();
  } catch (error) {
    throw explainSqliteError(error, file);
  }
}

function prepareStatement(database: DatabaseSync, text: string, file: string): SqliteStatement {
  // Every transaction here writes. One that began by reading would fail at once, without waiting, if another process
  // wrote in between.
  const statement = explained(file, () => database.prepare(text === 'begin' ? 'begin immediate' : text));
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => explained(file, () => statement.all(...bindable(parameters))),
    run: (parameters) => explained(file, () => statement.run(...bindable(parameters))),
    iterate: (parameters) => statement.iterate(...bindable(parameters)),
  };
}

/** A full disk makes SQLite roll back on its own; a second rollback would fail and hide why. */
function rollbackStatement(database: DatabaseSync, file: string): SqliteStatement {
  return {
    reader: false,
    all: () => [],
    run() {
      explained(file, () => {
        if (database.isTransaction) database.exec('rollback');
      });
      return { changes: 0, lastInsertRowid: 0 };
    },
    iterate: () => [].values(),
  };
}

// Kysely doesn't type parameters; the table types allow text, numbers and null alone.
function bindable(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters.map((value) => (typeof value === 'string' ? withoutKnownSecrets(value) : value)) as SQLInputValue[];
}
