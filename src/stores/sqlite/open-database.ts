import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../../core/errors.ts';
import { migrations } from '../sql/migrations.ts';
import { explainSqliteError, isBusy } from './sqlite-error.ts';

/** "PERB": says whose database a file is. */
export const applicationId = 0x50_45_52_42;
export const schemaVersion = Object.keys(migrations).length;

export interface OpenDatabaseOptions {
  readonly file: string;
  /** Longest wait for a lock that another process holds. */
  readonly busyTimeoutMs: number;
}

/**
 * Opens the file, makes sure that it is a store of a version that this program knows, and makes writes durable.
 *
 * @throws {StoreError} if the file can't be used
 */
export async function openDatabase({ file, busyTimeoutMs }: OpenDatabaseOptions): Promise<DatabaseSync> {
  if (file !== ':memory:') createFolder(file);
  const deadlineMs = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      return openOnce(file, busyTimeoutMs);
    } catch (error) {
      // The switch to the write-ahead log doesn't wait when several processes make the store at the same moment.
      if (!isBusy(error) || performance.now() > deadlineMs) throw explainSqliteError(error, file);
    }
    await sleep(25);
  }
}

function createFolder(file: string): void {
  const folder = dirname(file);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError(`${file}: the folder of the store can't be made (${reason})`, {
      hint: 'Choose another file for the store.',
      cause,
    });
  }
}

function openOnce(file: string, busyTimeoutMs: number): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
  try {
    checkOwner(database, file);
    database.exec('pragma journal_mode = wal');
    database.exec('pragma synchronous = full');
    return database;
  } catch (error) {
    database.close();
    throw error;
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
      `${file}: the store is from a newer perbench (schema ${version}, this one knows up to ${schemaVersion})`,
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
