import { closeSync, openSync, statSync } from 'node:fs';

/** A file as it was when it was opened; `id` is that of its inode. */
export interface KeptFile extends Disposable {
  readonly path: string;
  readonly id: string;
  readonly descriptor: number;
}

/**
 * By inode. POSIX drops every lock that a process has on a file as soon as it closes any descriptor of it, so the files
 * that SQLite locks are opened once and stay open for as long as any store of this process uses them.
 */
const kept = new Map<string, { readonly descriptor: number; users: number }>();

/** What is at a path now; undefined where nothing is. */
export function inodeAt(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`;
}

/**
 * Keeps a file open for reading, beside SQLite; undefined where there is none. To be disposed after SQLite has closed it.
 */
export function keepFile(path: string): KeptFile | undefined {
  const id = inodeAt(path);
  if (id === undefined) return undefined;
  const entry = kept.get(id) ?? { descriptor: openSync(path, 'r'), users: 0 };
  entry.users += 1;
  kept.set(id, entry);
  return {
    path,
    id,
    descriptor: entry.descriptor,
    [Symbol.dispose]() {
      entry.users -= 1;
      if (entry.users > 0) return;
      kept.delete(id);
      closeSync(entry.descriptor);
    },
  };
}
