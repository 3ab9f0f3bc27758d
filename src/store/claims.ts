import type { Expression, Kysely, Selectable } from 'kysely';
import type { Cell, CellError, CellMeasurements, PassResult } from '../core/cell.ts';
import { StoreError } from '../core/errors.ts';
import type { Claim, Store } from '../core/store.ts';
import { isOneOf, openStates } from './conditions.ts';
import { updateClaimed, updateHeld } from './fenced-writes.ts';
import { readJson, type CellTable, type Database } from './schema.ts';
import { isClaimable, leaseEnd, type StoreDialect } from './store-dialect.ts';

type CellQueries = Pick<
  Store,
  | 'cells'
  | 'claimCell'
  | 'claimModel'
  | 'setCellKey'
  | 'setCellItems'
  | 'appendPassResult'
  | 'endCell'
  | 'resetFailed'
  | 'passResults'
>;

const unowned = { owner: null, lease_until_ms: null } as const;

export function createCellQueries(db: Kysely<Database>, dialect: StoreDialect): CellQueries {
  return {
    async cells(runId) {
      const query = db.selectFrom('cell').selectAll().where('run_id', '=', runId);
      return (await query.orderBy('position').orderBy('id').execute()).map(readCell);
    },
    claimCell: (cellId, owner, leaseMs) =>
      // Only with the lock in hand it is known what time it is: others may have claimed it while this one waited.
      dialect.transact(db, async (transaction) => claimCell(transaction, dialect, cellId, owner, leaseMs)),
    claimModel: (runId, owner, leaseMs, models) =>
      dialect.transact(db, async (transaction) => claimModel(transaction, dialect, { runId, owner, leaseMs, models })),
    setCellKey: (claim, key, earlier) =>
      dialect.transact(db, async (transaction) => agreeOnKey(transaction, claim, key, earlier)),
    setCellItems: (claim, items) => updateClaimed(db, claim, { items }),
    appendPassResult: (claim, result) => appendPassResult(db, dialect, claim, result),
    endCell: (claim, { state, measurements, error }) =>
      dialect.transact(db, async (transaction) =>
        updateClaimed(transaction, claim, {
          ...unowned,
          state,
          measurements: JSON.stringify(measurements),
          error: error === undefined ? null : JSON.stringify(error),
        }),
      ),
    resetFailed: (runId) => resetFailed(db, dialect, runId),
    async passResults(cellId) {
      const query = db.selectFrom('pass_result').select('result').where('cell_id', '=', cellId).orderBy('sequence');
      return (await query.execute()).map((row) => readJson(row.result, `pass_result of cell ${cellId}`) as PassResult);
    },
  };
}

/** Takes those of some cells that can be claimed, in their order. */
async function claimCells(
  db: Kysely<Database>,
  dialect: StoreDialect,
  cellIds: readonly string[] | Expression<string>,
  owner: string,
  leaseMs: number,
): Promise<readonly Claim[]> {
  const rows = await db
    .updateTable('cell')
    .set(({ eb }) => ({
      state: 'running',
      attempt: eb('attempt', '+', 1),
      owner,
      lease_until_ms: leaseEnd(dialect, leaseMs),
      error: null,
    }))
    .where('id', 'in', cellIds)
    .where(isClaimable('cell', dialect, leaseMs))
    .returning(['id', 'attempt', 'position'])
    .execute();
  const inOrder = rows.toSorted((left, right) => left.position - right.position || (left.id < right.id ? -1 : 1));
  return inOrder.map(({ id, attempt }) => ({ cellId: id, attempt, owner }));
}

interface ModelClaim {
  readonly runId: string;
  readonly owner: string;
  readonly leaseMs: number;
  readonly models: readonly string[] | undefined;
}

async function claimModel(
  db: Kysely<Database>,
  dialect: StoreDialect,
  { runId, owner, leaseMs, models }: ModelClaim,
): Promise<readonly Claim[]> {
  // One after the other: those that claim at once would else share a model.
  if (dialect.locksRows) await db.selectFrom('run').select('id').where('id', '=', runId).forNoKeyUpdate().execute();
  const open = db
    .selectFrom('cell')
    .where('run_id', '=', runId)
    .where('state', 'in', openStates)
    .where(isClaimable('cell', dialect, leaseMs))
    .orderBy('position')
    .orderBy('id');
  const first = open
    .select('model')
    .$if(models !== undefined, (query) => query.where(isOneOf('model', models ?? [])))
    .limit(1);
  // In one statement: while others wait for their turn, each way to the server counts. Rows in the middle of somebody's
  // write are waited for, since leaving them out would part the model; no transaction holds more than one of them.
  const ids = open.select('id').where('model', '=', first);
  return claimCells(db, dialect, ids.$asScalar(), owner, leaseMs);
}

async function claimCell(
  db: Kysely<Database>,
  dialect: StoreDialect,
  cellId: string,
  owner: string,
  leaseMs: number,
): Promise<Claim | undefined> {
  const [claim] = await claimCells(db, dialect, [cellId], owner, leaseMs);
  if (claim !== undefined) return claim;
  const exists = await db.selectFrom('cell').select('id').where('id', '=', cellId).executeTakeFirst();
  if (exists === undefined) throw new StoreError(`no cell ${cellId} in the store`);
  return undefined;
}

async function appendPassResult(
  db: Kysely<Database>,
  dialect: StoreDialect,
  claim: Claim,
  result: PassResult,
): Promise<void> {
  await dialect.transact(db, async (transaction) => {
    // Also locks the cell's row, so that two writers can't take the same sequence number.
    await updateClaimed(transaction, claim, { state: 'running' });
    const { last } = await transaction
      .selectFrom('pass_result')
      .select(({ fn }) => fn.max('sequence').as('last'))
      .where('cell_id', '=', claim.cellId)
      .$castTo<{ readonly last: number | null }>()
      .executeTakeFirstOrThrow();
    await insertPassResult(transaction, claim, (last ?? -1) + 1, result);
  });
}

export async function insertPassResult(
  db: Kysely<Database>,
  { cellId, attempt }: Pick<Claim, 'cellId' | 'attempt'>,
  sequence: number,
  result: PassResult,
): Promise<void> {
  const row = { cell_id: cellId, sequence, attempt, result: JSON.stringify(result) };
  await db.insertInto('pass_result').values(row).execute();
}

/** Answers that failed in the engine are forgotten, so that they are asked again; all others stay. */
async function resetFailed(db: Kysely<Database>, dialect: StoreDialect, runId: string): Promise<number> {
  return dialect.transact(db, async (transaction) => {
    const rows = await transaction
      .updateTable('cell')
      .set({ ...unowned, state: 'pending', error: null, measurements: '{}' })
      .where('run_id', '=', runId)
      .where('state', '=', 'failed')
      .returning('id')
      .execute();
    for (const { id } of rows) {
      await transaction.deleteFrom('sample').where('cell_id', '=', id).where('failure_reason', '=', 'engine').execute();
    }
    return rows.length;
  });
}

function readCell(row: Selectable<CellTable>): Cell {
  return {
    id: row.id,
    runId: row.run_id,
    model: row.model,
    taskId: row.task_id,
    protocol: row.protocol as Cell['protocol'],
    position: row.position,
    state: row.state as Cell['state'],
    attempt: row.attempt,
    items: row.items,
    key: row.key ?? undefined,
    error: row.error === null ? undefined : (readJson(row.error, `cell ${row.id}, error`) as CellError),
    measurements: readJson(row.measurements, `cell ${row.id}, measurements`) as CellMeasurements,
  };
}

/** The first answers begin a cell: all others of it must come from the same model, engine build and data. */
async function agreeOnKey(
  db: Kysely<Database>,
  claim: Claim,
  key: string,
  earlier: string | undefined,
): Promise<boolean> {
  await updateHeld(db, claim, { state: 'running' });
  const { numUpdatedRows } = await db
    .updateTable('cell')
    .set({ key })
    .where('id', '=', claim.cellId)
    .where((eb) => eb('key', 'is', null).or('key', 'in', [key, earlier ?? key]))
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows) > 0;
}
