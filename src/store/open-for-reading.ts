import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { StoreError } from '../core/errors.ts';
import { isUnwritable } from './sqlite-error.ts';

/** What was opened, after a first look at it; closed again where that fails, since it would keep others out. */
export function prepared(database: DatabaseSync, look: (database: DatabaseSync) => void): DatabaseSync {
  try {
    look(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Opens a store that can't be written, to read it. A write-ahead log wants an index in a file beside it, also for
 * readers; a full disk or a folder without rights has no place for one.
 *
 * @param check makes sure that it is a store
 * @param refusal why it couldn't be opened for writing
 * @throws what `check` throws; {@link StoreError} if a part of the store would be missing
 */
export function openForReading(file: string, check: (database: DatabaseSync) => void, refusal: unknown): DatabaseSync {
  const ways: readonly (() => DatabaseSync)[] = [
    // Alone with the file, SQLite keeps the index in memory: for full disks.
    () =>
      prepared(new DatabaseSync(file), (database) => {
        database.exec('pragma locking_mode = exclusive');
        check(database);
      }),
    () => prepared(new DatabaseSync(file, { readOnly: true }), check),
    // As a file that nobody changes: without a log, and so with all that there is only where that is empty.
    ...(hasLog(file) ? [] : [() => prepared(new DatabaseSync(immutable(file), { readOnly: true }), check)]),
  ];
  for (const way of ways) {
    try {
      return way();
    } catch (error) {
      if (!isUnwritable(error)) throw error;
    }
  }
  if (!hasLog(file)) throw refusal;
  throw new StoreError(
    `${file}: a part of it is in ${file}-wal, which can't be read where its folder can't be written`,
    {
      hint: 'Copy both files into another folder, and name the copy with --store.',
      cause: refusal,
    },
  );
}

function hasLog(file: string): boolean {
  return (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

function immutable(file: string): URL {
  const url = pathToFileURL(file);
  url.searchParams.set('immutable', '1');
  return url;
}
