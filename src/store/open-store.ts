import { NoStoreError } from '../core/errors.ts';
import { checkStoreAddress, isServerStore } from '../core/store-address.ts';
import type { Store } from '../core/store.ts';
import { isThere } from '../files/if-there.ts';
import type { StoreAccess } from './sqlite-file.ts';
import { openSqliteStore } from './sqlite-store.ts';

export interface OpenStoreOptions {
  /** A path, `:memory:`, or `postgres://user@host:port/database`. */
  readonly address: string;
  /** `read` for a store that is there, and need not be writable; what can be written of it still is. Default `write`. */
  readonly access?: StoreAccess | undefined;
  /** For PostgreSQL: `PGPASSWORD` and its other variables; without it nothing of the environment is read. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** For `~/.pgpass`. */
  readonly homeFolder?: string | undefined;
}

/**
 * Opens a store wherever it is. For writing, it is made where there is none.
 *
 * @throws {NoStoreError} if it is to be read, and there is none yet
 * @throws {StoreError} if it can't be reached, isn't one, or is from a newer version; {UsageError} if the address is none
 */
export async function openStore({ address, ...options }: OpenStoreOptions): Promise<Store> {
  checkStoreAddress(address);
  if (isServerStore(address)) {
    const { openPostgresStore } = await import('./postgres-store.ts');
    return openPostgresStore({ address, ...options });
  }
  const { access } = options;
  if (access === 'read' && !(await isThere(address))) {
    throw new NoStoreError(`${address} does not exist`, { hint: 'Start a run first, or name another store.' });
  }
  return openSqliteStore({ file: address, access });
}
