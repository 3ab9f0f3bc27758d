import { readSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../core/errors.ts';
import { isSystemError } from '../core/system-error.ts';
import { renameSynced } from '../files/replace-file.ts';
import { applicationId } from './sqlite-file.ts';
import { inodeAt, keepFile, type KeptFile } from './kept-descriptors.ts';
import { hasBothEnds, isWholeLog, readLogIndex, type LogIndex } from './write-ahead-log.ts';

const fileMagic = Buffer.from('SQLite format 3\0');
const ownerAt = 68;
const headerBytes = 100;
/** Frames of the log that make it worth copying into the store's file; SQLite's own limit. */
const manyFrames = 1_000;
/** Another process changes the index in no time. */
const indexTries = 50;

/**
 * Watches that an open store is still what is on disk under its name. SQLite wouldn't notice: it goes on writing into a
 * file that was deleted or replaced, and copies a damaged log into the store.
 */
export class StoreWatch implements Disposable {
  readonly #database: DatabaseSync;
  readonly #file: KeptFile;
  readonly #log: KeptFile | undefined;
  readonly #index: KeptFile | undefined;
  readonly #owner: number;
  #fault: StoreError | undefined;

  private constructor(database: DatabaseSync, file: KeptFile) {
    this.#database = database;
    this.#file = file;
    this.#log = keepFile(`${file.path}-wal`);
    this.#index = keepFile(`${file.path}-shm`);
    this.#owner = this.#header()?.readUInt32BE(ownerAt) ?? 0;
  }

  /** Undefined of a store in memory. */
  static of(database: DatabaseSync, path: string): StoreWatch | undefined {
    const file = path === ':memory:' ? undefined : keepFile(path);
    return file && new StoreWatch(database, file);
  }

  /** What was found once holds for good. */
  blame(fault: StoreError): void {
    this.#fault ??= fault;
  }

  /** What has become of the store; undefined while it is whole, as far as a look at names and ends can tell. */
  find(): StoreError | undefined {
    const what = this.#fault === undefined ? this.#look() : undefined;
    if (what !== undefined) this.#fault = this.#error(what);
    return this.#fault;
  }

  /** @throws {StoreError} as `find()` returns it */
  check(): void {
    const fault = this.find();
    if (fault !== undefined) throw fault;
  }

  /** Like `check()`, and reads the whole log. The connection must be in no transaction. */
  checkWhole(): void {
    this.check();
    if (this.isLogWhole()) return;
    this.#fault = this.#error(`the store's log (${this.#log?.path}) was damaged`);
    throw this.#fault;
  }

  /** Whether all that was committed is in the log as it was written. The connection must be in no transaction. */
  isLogWhole(): boolean {
    if (this.#log === undefined) return true;
    this.#database.exec('begin immediate');
    try {
      const index = this.#readIndex();
      return index === undefined || isWholeLog(this.#log.descriptor, index);
    } finally {
      this.#database.exec('rollback');
    }
  }

  /** The log has grown so long that it is time to copy it into the store's file. */
  get isLogLong(): boolean {
    const index = this.#index && readLogIndex(this.#index.descriptor);
    return index !== undefined && index.frames - index.copied >= manyFrames;
  }

  /** The store's file itself is the one that was opened, so that what is in it can be used. */
  get isFileThere(): boolean {
    return this.#lookAtFile() === undefined;
  }

  /**
   * Clears the place of a lost store: SQLite would take its log for that of whatever lies or comes there, and damage it.
   * Does nothing while the store's file is there, or where log and index are no longer those of the lost store.
   *
   * @param aside where the log goes; undefined deletes it
   */
  async clearPlace(aside: string | undefined): Promise<void> {
    if (this.isFileThere) return;
    for (const part of [this.#index, this.#log]) {
      if (part === undefined || inodeAt(part.path) !== part.id) continue;
      try {
        if (part === this.#log && aside !== undefined) await renameSynced(part.path, aside);
        else rmSync(part.path, { force: true });
      } catch (error) {
        // The rescue is written, and what it says is what counts.
        if (!isSystemError(error)) throw error;
      }
    }
  }

  [Symbol.dispose](): void {
    for (const file of [this.#index, this.#log, this.#file]) file?.[Symbol.dispose]();
  }

  #error(what: string): StoreError {
    return new StoreError(`${this.#file.path}: ${what} while it was in use`, {
      hint: 'Leave the store alone while perbench runs, and restore it from a backup.',
    });
  }

  #header(): Buffer | undefined {
    const bytes = Buffer.alloc(headerBytes);
    return readSync(this.#file.descriptor, bytes, 0, headerBytes, 0) === headerBytes ? bytes : undefined;
  }

  #look(): string | undefined {
    return this.#lookAtFile() ?? this.#lookAtLog();
  }

  #lookAtFile(): string | undefined {
    const now = inodeAt(this.#file.path);
    if (now === undefined) return 'the store was moved or deleted';
    if (now !== this.#file.id) return 'another file took the place of the store';
    const header = this.#header();
    if (header === undefined) return 'the store was emptied';
    // A new store says whose it is once its log was copied into its file.
    const owners = [applicationId, this.#owner];
    const isOurs =
      header.subarray(0, fileMagic.length).equals(fileMagic) && owners.includes(header.readUInt32BE(ownerAt));
    return isOurs ? undefined : 'the store was overwritten';
  }

  #lookAtLog(): string | undefined {
    if (this.#log === undefined || this.#index === undefined) return undefined;
    for (const { path, id } of [this.#log, this.#index]) {
      const now = inodeAt(path);
      if (now !== id) return `the store's log (${path}) was ${now === undefined ? 'deleted' : 'replaced'}`;
    }
    // Another process may begin the log anew between two looks.
    for (let tries = 0; tries < indexTries; tries += 1) {
      const index = this.#readIndex();
      if (index === undefined || hasBothEnds(this.#log.descriptor, index)) return undefined;
    }
    return `the store's log (${this.#log.path}) was damaged`;
  }

  #readIndex(): LogIndex | undefined {
    for (let tries = 0; this.#index !== undefined && tries < indexTries; tries += 1) {
      const index = readLogIndex(this.#index.descriptor);
      if (index !== undefined) return index;
    }
    return undefined;
  }
}
