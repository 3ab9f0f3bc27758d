import { afterAll, beforeAll } from 'vitest';
import { openPostgresStore } from '../../src/store/postgres-store.ts';
import { type PostgresOptions, type PostgresServer, startPostgres } from './postgres.ts';

/** A PostgreSQL server for all tests of a file, which is there when they run. */
export function usePostgres(options?: PostgresOptions): () => PostgresServer {
  let server: PostgresServer | undefined;
  beforeAll(async () => {
    server = await startPostgres(options);
  }, 60_000);
  afterAll(async () => server?.[Symbol.asyncDispose]());
  return () => {
    if (server === undefined) throw new Error('the server is started before the first test');
    return server;
  };
}

/** A database that is as empty for each of the tests of a file as a new one, but for the tables of a store: its address. */
export function usePostgresDatabase(server: () => PostgresServer): () => Promise<string> {
  let address: string | undefined;
  return async () => {
    if (address === undefined) {
      // Whose order of texts is another than that of SQLite.
      address = await server().newDatabase("template template0 locale_provider icu icu_locale 'en'");
      await using _ = await openPostgresStore({ address });
    }
    await server().query('truncate run, prompt cascade', new URL(address).pathname.slice(1));
    return address;
  };
}
