import { type Kysely, sql } from 'kysely';
import type { JobRecord, WorkerRecord } from '../core/cluster.ts';
import type { Store } from '../core/store.ts';
import { type Database, readJson } from './schema.ts';
import type { StoreDialect } from './store-dialect.ts';

type WorkerQueries = Pick<Store, 'putWorker' | 'workers' | 'putJob' | 'jobs'>;

/** Who works on runs, and which jobs were submitted for them. */
export function createWorkerQueries(db: Kysely<Database>, dialect: StoreDialect): WorkerQueries {
  return {
    async putWorker(worker) {
      const record = JSON.stringify(worker);
      const now = dialect.clock();
      await db
        .insertInto('worker')
        .values({ id: worker.id, run_id: worker.runId, started_at_ms: now, seen_at_ms: now, record })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ seen_at_ms: dialect.clock(), record }))
        .execute();
    },
    async workers(runId) {
      const query = db.selectFrom('worker').selectAll().where('run_id', '=', runId);
      const rows = await query.orderBy('started_at_ms').orderBy('id').execute();
      return rows.map(({ id, seen_at_ms, record }) => ({
        ...(readJson(record, `worker ${id}`) as WorkerRecord),
        seenAtMs: seen_at_ms,
      }));
    },
    async putJob(job) {
      const record = JSON.stringify(job);
      const next = sql<number>`(select coalesce(max(sequence), -1) + 1 from job where run_id = ${job.runId})`;
      await db
        .insertInto('job')
        .values({ name: job.name, run_id: job.runId, sequence: next, record })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ record }))
        .execute();
    },
    async jobs(runId) {
      const query = db.selectFrom('job').selectAll().where('run_id', '=', runId);
      const rows = await query.orderBy('sequence').orderBy('name').execute();
      return rows.map(({ name, record }) => readJson(record, `job ${name}`) as JobRecord);
    },
  };
}
