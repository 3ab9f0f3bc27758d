import type { Store } from '../core/store.ts';
import type { StoreAccess } from './sqlite-file.ts';
import { openSqliteStore } from './sqlite-store.ts';

/** Where a store is, as a user names it. */
export type StoreAddress =
  | { readonly kind: 'file'; readonly file: string }
  /** `url` has no password. */
  | { readonly kind: 'server'; readonly url: string };

/** What people write for stores on a server. */
export const isServerStore = (address: string): boolean => /^postgres(ql)?:\/\//i.test(address);

export interface OpenStoreOptions {
  /** A path, `:memory:`, or `postgres://user@host:port/database`. */
  readonly address: string;
  /** `read` for a store that is there, and need not be writable; default `write`. */
  readonly access?: StoreAccess | undefined;
  /** For PostgreSQL: `PGPASSWORD` and its other variables; without it nothing of the environment is read. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** For `~/.pgpass`. */
  readonly homeFolder?: string | undefined;
}

/**
 * Opens a store wherever it is.
 *
 * @throws {StoreError} if it can't be reached, isn't one, or is from a newer version; {UsageError} if the address is none
 */
export async function openStore({ address, ...options }: OpenStoreOptions): Promise<Store> {
  if (!isServerStore(address)) return openSqliteStore({ file: address, access: options.access });
  const { openPostgresStore } = await import('./postgres-store.ts');
  return openPostgresStore({ address, ...options });
}
