import { type InsertObject, type Kysely, sql } from 'kysely';
import type { JobRecord, WorkerRecord } from '../core/cluster.ts';
import type { Store } from '../core/store.ts';
import { type Database, readJson } from './schema.ts';
import type { StoreDialect } from './store-dialect.ts';

type WorkerQueries = Pick<Store, 'putWorker' | 'workers' | 'putJob' | 'claimJob' | 'jobs'>;

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
      const query = db
        .selectFrom('worker')
        .select(['id', 'seen_at_ms', 'record', dialect.clock().as('now_ms')])
        .where('run_id', '=', runId);
      const rows = await query.orderBy('started_at_ms').orderBy('id').execute();
      return rows.map(({ id, seen_at_ms, now_ms, record }) => ({
        ...(readJson(record, `worker ${id}`) as WorkerRecord),
        seenAtMs: seen_at_ms,
        silentMs: now_ms - seen_at_ms,
      }));
    },
    async putJob(job) {
      const row = newJob(job, dialect);
      const { record } = row;
      await db
        .insertInto('job')
        .values(row)
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ record }))
        .execute();
    },
    claimJob: (job, leaseMs) =>
      dialect.transact(db, async (transaction) => claimJob(transaction, dialect, job, leaseMs)),
    async jobs(runId) {
      const query = db
        .selectFrom('job')
        .select(['name', 'claimed_at_ms', 'record', dialect.clock().as('now_ms')])
        .where('run_id', '=', runId);
      const rows = await query.orderBy('sequence').orderBy('name').execute();
      return rows.map(({ name, claimed_at_ms, now_ms, record }) => ({
        ...(readJson(record, `job ${name}`) as JobRecord),
        ageMs: now_ms - claimed_at_ms,
      }));
    },
  };
}

function newJob(job: JobRecord, dialect: StoreDialect): InsertObject<Database, 'job'> & { readonly record: string } {
  const sequence = sql<number>`(select coalesce(max(sequence), -1) + 1 from job where run_id = ${job.runId})`;
  const record = JSON.stringify(job);
  return { name: job.name, run_id: job.runId, sequence, claimed_at_ms: dialect.clock(), record };
}

async function claimJob(
  db: Kysely<Database>,
  dialect: StoreDialect,
  job: JobRecord,
  leaseMs: number,
): Promise<boolean> {
  // One after the other: a row that isn't there yet can't be locked.
  if (dialect.locksRows) await db.selectFrom('run').select('id').where('id', '=', job.runId).forNoKeyUpdate().execute();
  const known = await db
    .selectFrom('job')
    .select(['claimed_at_ms', 'record', dialect.clock().as('now_ms')])
    .where('name', '=', job.name)
    .executeTakeFirst();
  const row = newJob(job, dialect);
  if (known === undefined) {
    await db.insertInto('job').values(row).execute();
    return true;
  }
  const { handle, state } = readJson(known.record, `job ${job.name}`) as JobRecord;
  const ageMs = known.now_ms - known.claimed_at_ms;
  // One of the future was claimed by a clock that was ahead.
  const isHeld = state === 'pending' && ageMs >= 0 && ageMs < leaseMs;
  if (handle !== undefined || isHeld) return false;
  const { claimed_at_ms, record } = row;
  await db.updateTable('job').set({ claimed_at_ms, record }).where('name', '=', job.name).execute();
  return true;
}
