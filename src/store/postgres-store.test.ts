import { describe } from 'vitest';
import { testStore } from '../../test/conformance/store.ts';
import { usePostgres, usePostgresDatabase } from '../../test/setup/use-postgres.ts';
import { openPostgresStore } from './postgres-store.ts';

const database = usePostgresDatabase(usePostgres());

describe('a store in a PostgreSQL database', () => {
  testStore(async (now) => openPostgresStore({ address: await database(), now }));
});
