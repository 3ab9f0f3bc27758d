import { PerbenchError } from '../../src/core/errors.ts';
import { openPostgresStore, type PostgresStoreOptions } from '../../src/store/postgres-store.ts';
import { newRun } from '../conformance/store-records.ts';

/** Code, message and hint of the error with which a store can't be opened, read or written. */
export async function storeRefusal(options: PostgresStoreOptions): Promise<string> {
  try {
    await using store = await openPostgresStore({ patienceMs: 0, ...options });
    if (options.access === 'read') await store.listRuns();
    else await store.createRun(newRun('run-x'), []);
  } catch (error) {
    if (!(error instanceof PerbenchError)) throw error;
    return `${error.code} ${error.message} [${error.hint}]`;
  }
  return 'the store was opened and written';
}

export const databaseOf = (address: string): string => new URL(address).pathname.slice(1);
