import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { EnvironmentError } from '../core/errors.ts';
import { makeFolder } from './disk-error.ts';
import type { Pull } from './pull.ts';

const pollMs = 100;
const busyCode = 5;

function tryLock(path: string): DatabaseSync | undefined {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === busyCode) return undefined;
    throw error;
  }
}

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once when another process holds the lock. */
  readonly onWait?: () => void;
}

/**
 * Waits until this process alone may write `target`; disposing lets the next one in.
 *
 * Node has no file locks of its own. An exclusive transaction on an empty SQLite file is one: the operating system holds
 * it, and drops it when the process dies in any way, so a lock is never stale.
 *
 * @throws {EnvironmentError} if the lock file can't be made
 */
export async function lockTarget(
  cacheDir: string,
  target: string,
  options: LockOptions = {},
): Promise<AsyncDisposable> {
  const locksDir = join(cacheDir, 'locks');
  await makeFolder(locksDir);
  const path = join(locksDir, `${createHash('sha256').update(target).digest('hex').slice(0, 32)}.lock`);
  for (let hasWaited = false; ; hasWaited = true) {
    options.signal?.throwIfAborted();
    let lock: DatabaseSync | undefined;
    try {
      lock = tryLock(path);
    } catch (error) {
      throw new EnvironmentError(`cannot lock ${path}: ${error instanceof Error ? error.message : String(error)}`, {
        hint: 'Make the cache folder writable, or set XDG_CACHE_HOME to another folder.',
        cause: error,
      });
    }
    if (lock !== undefined) {
      const held = lock;
      return {
        async [Symbol.asyncDispose]() {
          held.close();
        },
      };
    }
    if (!hasWaited) options.onWait?.();
    await sleep(pollMs, undefined, { signal: options.signal });
  }
}

/** The lock on what is about to be fetched; progress says that another process has it. */
export async function lockForPull(
  target: string,
  file: string,
  bytesTotal: number | undefined,
  { settings, signal, onProgress }: Pull,
): Promise<AsyncDisposable> {
  const onWait = (): void => onProgress?.({ phase: 'wait', file, bytesDone: 0, bytesTotal });
  return lockTarget(settings.cacheDir, target, { signal, onWait });
}
