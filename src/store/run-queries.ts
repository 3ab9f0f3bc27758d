import { sql, type Kysely, type Selectable } from 'kysely';
import { StoreError, UsageError } from '../core/errors.ts';
import type { Manifest } from '../core/manifest.ts';
import type { Cell } from '../core/cell.ts';
import type { Block, NewCell, NewRun, RunCost, RunRecord, RunStatus, Store } from '../core/store.ts';
import { valueWithoutSecrets } from '../core/without-secrets.ts';
import { containing, isOneOf } from './conditions.ts';
import { readJson, type Database, type RunTable } from './schema.ts';
import type { StoreDialect } from './store-dialect.ts';

type RunQueries = Pick<
  Store,
  | 'createRun'
  | 'listRuns'
  | 'countRuns'
  | 'runHeads'
  | 'getRun'
  | 'latestRun'
  | 'setRunStatus'
  | 'changeManifest'
  | 'requestStop'
>;

export function createRunQueries(db: Kysely<Database>, dialect: StoreDialect): RunQueries {
  return {
    createRun: (run, cells) => createRun(db, dialect, run, cells),
    async listRuns({ search, limit } = {}) {
      const query = newestFirst(runsWith(db, search)).selectAll();
      return (await (limit === undefined ? query : query.limit(limit)).execute()).map(readRun);
    },
    async countRuns({ search } = {}) {
      const { count } = await runsWith(db, search)
        .select(({ fn }) => fn.countAll().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    async runHeads() {
      const rows = await newestFirst(runsWith(db)).select(['id', 'name', 'created_at_ms', 'status']).execute();
      return rows.map(({ id, name, created_at_ms, status }) => ({
        id,
        name,
        createdAtMs: created_at_ms,
        status: status as RunStatus,
      }));
    },
    getRun: (idOrPrefix) => getRun(db, idOrPrefix),
    async latestRun(filter = {}) {
      let query = newestFirst(runsWith(db))
        .selectAll()
        .limit(1)
        .offset(filter.skip ?? 0);
      if (filter.suiteKey !== undefined) query = query.where('suite_key', '=', filter.suiteKey);
      if (filter.status !== undefined) query = query.where(isOneOf('status', filter.status));
      const row = await query.executeTakeFirst();
      return row && readRun(row);
    },
    setRunStatus: (runId, status, cost) =>
      updateRun(db, runId, cost === undefined ? { status } : { status, cost: JSON.stringify(cost) }),
    changeManifest: (runId, change) =>
      dialect.transact(db, async (transaction) => {
        const row = await transaction
          .selectFrom('run')
          .select('manifest')
          .where('id', '=', runId)
          .$if(dialect.locksRows, (query) => query.forUpdate())
          .executeTakeFirst();
        if (row === undefined) throw missingRun(runId);
        const manifest = change(readManifest(row.manifest, runId));
        await updateRun(transaction, runId, { manifest: JSON.stringify(manifestWithoutSecrets(manifest)) });
      }),
    requestStop: (runId, isStopRequested) => updateRun(db, runId, { stop_requested: Number(isStopRequested) }),
  };
}

/** Runs whose id, name or models contain some words; all without any. */
function runsWith(db: Kysely<Database>, search = '') {
  const runs = db.selectFrom('run');
  if (search === '') return runs;
  return runs.where(
    sql<boolean>`(${containing('run.id', search)} or ${containing('run.name', search)}
      or exists (select 1 from cell where cell.run_id = run.id and ${containing('cell.model', search)}))`,
  );
}

function newestFirst(runs: ReturnType<typeof runsWith>) {
  return runs.orderBy('created_at_ms', 'desc').orderBy('id', 'desc');
}

async function createRun(
  db: Kysely<Database>,
  dialect: StoreDialect,
  run: NewRun,
  cells: readonly NewCell[],
): Promise<void> {
  await dialect.transact(db, async (transaction) => {
    await insertRun(transaction, run, { status: 'running', cost: undefined });
    await insertCells(transaction, run.id, cells, () => untouched);
    for (const { id, blocks = 0 } of cells) {
      await insertBlocks(
        transaction,
        id,
        Array.from({ length: blocks }, (_, index) => ({ ...untouched, index, result: undefined })),
      );
    }
  });
}

type RunProgress = Pick<RunRecord, 'status' | 'cost'>;
type CellProgress = Pick<Cell, 'state' | 'attempt' | 'key' | 'error' | 'measurements'>;

const untouched = { state: 'pending', attempt: 0, key: undefined, error: undefined, measurements: {} } as const;

/** @throws {StoreError} if it is there already */
export async function insertRun(db: Kysely<Database>, run: NewRun, progress: RunProgress): Promise<void> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('run')
    .values(runRow(run, progress))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirstOrThrow();
  if (Number(numInsertedOrUpdatedRows) === 0) throw new StoreError(`run ${run.id} already exists`);
}

/** Cells of one insert: a run may have thousands, and each statement is a way to a server and back. */
const cellsAtOnce = 500;

/**
 * Cells that nobody holds.
 *
 * @throws {StoreError} if one is there already
 */
export async function insertCells<Each extends NewCell>(
  db: Kysely<Database>,
  runId: string,
  cells: readonly Each[],
  progressOf: (cell: Each) => CellProgress,
): Promise<void> {
  for (let start = 0; start < cells.length; start += cellsAtOnce) {
    const some = cells.slice(start, start + cellsAtOnce);
    const inserted = await db
      .insertInto('cell')
      .values(some.map((cell) => cellRow(runId, cell, progressOf(cell))))
      .onConflict((conflict) => conflict.column('id').doNothing())
      .returning('id')
      .execute();
    const ids = new Set(inserted.map(({ id }) => id));
    for (const { id } of some) if (!ids.delete(id)) throw new StoreError(`cell ${id} already exists`);
  }
}

function cellRow(runId: string, cell: NewCell, { state, attempt, key, error, measurements }: CellProgress) {
  return {
    id: cell.id,
    run_id: runId,
    model: cell.model,
    task_id: cell.taskId,
    protocol: cell.protocol,
    position: cell.position,
    state,
    attempt,
    items: cell.items,
    key: key ?? null,
    error: error === undefined ? null : JSON.stringify(error),
    measurements: JSON.stringify(measurements),
  };
}

export async function insertBlocks(
  db: Kysely<Database>,
  cellId: string,
  blocks: readonly Omit<Block, 'cellId' | 'isClaimable'>[],
): Promise<void> {
  if (blocks.length === 0) return;
  const rows = blocks.map(({ index, state, attempt, result }) => ({
    cell_id: cellId,
    block: index,
    state,
    attempt,
    result: result === undefined ? null : JSON.stringify(result),
  }));
  await db.insertInto('block').values(rows).execute();
}

/** Secrets are only where servers are said; labels and columns of tasks may have the same names. */
function suiteWithoutSecrets(suite: RunRecord['suite']): RunRecord['suite'] {
  return { ...suite, models: valueWithoutSecrets(suite.models) };
}

function manifestWithoutSecrets(manifest: Manifest): Manifest {
  const { commandLine, models } = manifest;
  return { ...manifest, ...valueWithoutSecrets({ commandLine, models }) };
}

function runRow(run: NewRun, { status, cost }: RunProgress): RunTable {
  return {
    id: run.id,
    name: run.name,
    created_at_ms: run.createdAtMs,
    status,
    suite: JSON.stringify(suiteWithoutSecrets(run.suite)),
    suite_key: run.suiteKey,
    protocol: run.protocol,
    manifest: JSON.stringify(manifestWithoutSecrets(run.manifest)),
    cost: cost === undefined ? null : JSON.stringify(cost),
    stop_requested: 0,
  };
}

async function getRun(db: Kysely<Database>, idOrPrefix: string): Promise<RunRecord | undefined> {
  if (idOrPrefix === '') return undefined;
  const exact = await db.selectFrom('run').selectAll().where('id', '=', idOrPrefix).executeTakeFirst();
  if (exact !== undefined) return readRun(exact);
  // Not LIKE: `_` and `%` would be wildcards.
  const matches = await newestFirst(runsWith(db))
    .selectAll()
    .where(sql<boolean>`substr(id, 1, ${idOrPrefix.length}) = ${idOrPrefix}`)
    .limit(4)
    .execute();
  const [only, ...others] = matches;
  if (others.length > 0) {
    const shown = matches.slice(0, 3).map((row) => row.id);
    throw new UsageError(
      `several runs begin with "${idOrPrefix}": ${shown.join(', ')}${matches.length > 3 ? ', …' : ''}`,
      { hint: 'Use more characters of the id.' },
    );
  }
  return only && readRun(only);
}

async function updateRun(
  db: Kysely<Database>,
  runId: string,
  columns: Partial<Pick<RunTable, 'status' | 'cost' | 'manifest' | 'stop_requested'>>,
): Promise<void> {
  const { numUpdatedRows } = await db.updateTable('run').set(columns).where('id', '=', runId).executeTakeFirstOrThrow();
  if (Number(numUpdatedRows) === 0) throw missingRun(runId);
}

function missingRun(runId: string): StoreError {
  return new StoreError(`no run ${runId} in the store`);
}

function readManifest(text: string, runId: string): Manifest {
  return manifestWithoutSecrets(readJson(text, `run ${runId}, manifest`) as Manifest);
}

function readRun(row: Selectable<RunTable>): RunRecord {
  return {
    id: row.id,
    name: row.name,
    createdAtMs: row.created_at_ms,
    status: row.status as RunStatus,
    // Stores of earlier versions have secrets.
    suite: suiteWithoutSecrets(readJson(row.suite, `run ${row.id}, suite`) as RunRecord['suite']),
    suiteKey: row.suite_key,
    protocol: row.protocol as RunRecord['protocol'],
    manifest: readManifest(row.manifest, row.id),
    cost: row.cost === null ? undefined : (readJson(row.cost, `run ${row.id}, cost`) as RunCost),
    ...(row.stop_requested === 1 && { isStopRequested: true }),
  };
}
