import type { Store } from '../core/store.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';

/** Opens the store behind a path. A module of its own, so that commands without a store don't load a database. */
export async function openStoreFile(file: string): Promise<Store> {
  return openSqliteStore({ file });
}
