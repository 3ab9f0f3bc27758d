import { dirname, resolve } from 'node:path';
import { checkStoreAddress, isServerStore, withoutPassword } from '../core/store-address.ts';
import { defaultStore } from './tables/global-options.ts';

/** Where a store is. */
export interface StorePlace {
  /** What opens it: an absolute path, or an address of a server, which may have a password. */
  readonly address: string;
  /** The same to show, to store and to pass on: without a password. */
  readonly shown: string;
  /** On a server, which other machines reach too. */
  readonly isServer: boolean;
  /** Absolute, on this machine: `runs` in it has the logs of servers and the pages of runs. */
  readonly folder: string;
}

/**
 * What a user calls a store, by a path from the working folder on or by its address.
 *
 * @throws {UsageError} if it is neither
 */
export function storePlace(named: string, workingFolder: string): StorePlace {
  checkStoreAddress(named);
  if (!isServerStore(named)) {
    const file = resolve(workingFolder, named);
    return { address: file, shown: file, isServer: false, folder: dirname(file) };
  }
  const folder = dirname(resolve(workingFolder, defaultStore));
  return { address: named, shown: withoutPassword(named), isServer: true, folder };
}
