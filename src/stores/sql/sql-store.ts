import type { Kysely } from 'kysely';
import type { Store } from '../../core/store.ts';
import { createCellQueries } from './cell-queries.ts';
import { createItemQueries } from './item-queries.ts';
import { replaceScores } from './replace-scores.ts';
import { createRunQueries } from './run-queries.ts';
import { createSampleQueries } from './sample-queries.ts';
import type { Database } from './schema.ts';

export interface SqlStoreOptions {
  /** Unix time in milliseconds; decides about leases. */
  readonly now: () => number;
  readonly close: () => Promise<void>;
}

/** The store on any SQL database whose dialect Kysely speaks and whose schema is current. */
export function createSqlStore(db: Kysely<Database>, { now, close }: SqlStoreOptions): Store {
  let closing: Promise<void> | undefined;
  return {
    ...createRunQueries(db),
    ...createCellQueries(db, now),
    ...createSampleQueries(db, now),
    ...createItemQueries(db),
    replaceScores: (cellId, scores, measurements) => replaceScores(db, cellId, scores, measurements, now()),
    async [Symbol.asyncDispose]() {
      closing ??= close();
      await closing;
    },
  };
}
