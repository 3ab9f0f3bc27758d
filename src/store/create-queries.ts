import type { Kysely } from 'kysely';
import type { Store } from '../core/store.ts';
import { createBlockQueries } from './block-queries.ts';
import { createCellQueries } from './claims.ts';
import { copyRun } from './copy-run.ts';
import { createRunQueries } from './run-queries.ts';
import { createSampleQueries } from './sample-queries.ts';
import { appendSamples, replaceScores } from './sample-rows.ts';
import type { Database } from './schema.ts';
import type { StoreDialect } from './store-dialect.ts';
import { createWorkerQueries } from './worker-queries.ts';

export type StoreQueries = Omit<Store, 'rescue' | typeof Symbol.asyncDispose>;

/** All queries of a store, over whichever database. */
export function createQueries(db: Kysely<Database>, dialect: StoreDialect): StoreQueries {
  return {
    ...createRunQueries(db, dialect),
    copyRun: (run, from) => copyRun(db, dialect, run, from),
    ...createCellQueries(db, dialect),
    ...createBlockQueries(db, dialect),
    ...createWorkerQueries(db, dialect),
    ...createSampleQueries(db),
    appendSamples: (claim, samples, leaseMs) => appendSamples(db, dialect, claim, samples, leaseMs),
    replaceScores: (cellId, scores, measurements) => replaceScores(db, cellId, scores, measurements, dialect),
  };
}
