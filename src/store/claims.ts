import { expressionBuilder, type Expression, type Kysely, type Selectable, type SqlBool } from 'kysely';
import type { Cell, CellError, CellMeasurements, PassResult } from '../core/cell.ts';
import { StoreError, FencedError } from '../core/errors.ts';
import type { Claim, Store } from '../core/store.ts';
import { readJson, type CellTable, type Database } from './schema.ts';

type CellQueries = Pick<
  Store,
  | 'cells'
  | 'claimCell'
  | 'renewLease'
  | 'setCellKey'
  | 'setCellItems'
  | 'appendPassResult'
  | 'endCell'
  | 'releaseCell'
  | 'resetFailed'
  | 'passResults'
>;

const unowned = { owner: null, lease_until_ms: null } as const;

export function createCellQueries(db: Kysely<Database>, now: () => number): CellQueries {
  return {
    async cells(runId) {
      const query = db.selectFrom('cell').selectAll().where('run_id', '=', runId);
      return (await query.orderBy('position').orderBy('id').execute()).map(readCell);
    },
    claimCell: (cellId, owner, leaseMs) =>
      // Only with the lock in hand it is known what time it is: others may have claimed it while this one waited.
      db.transaction().execute(async (transaction) => claimCell(transaction, cellId, owner, now(), leaseMs)),
    renewLease: (claim, leaseMs) => updateClaimed(db, claim, { lease_until_ms: leaseEnd(now(), leaseMs) }),
    setCellKey: (claim, key) => updateClaimed(db, claim, { key }),
    setCellItems: (claim, items) => updateClaimed(db, claim, { items }),
    appendPassResult: (claim, result) => appendPassResult(db, claim, result),
    endCell: (claim, { state, measurements, error }) =>
      updateClaimed(db, claim, {
        ...unowned,
        state,
        measurements: JSON.stringify(measurements),
        error: error === undefined ? null : JSON.stringify(error),
      }),
    releaseCell: (claim) => updateClaimed(db, claim, { ...unowned, state: 'pending' }),
    resetFailed: (runId) => resetFailed(db, runId),
    async passResults(cellId) {
      const query = db.selectFrom('pass_result').select('result').where('cell_id', '=', cellId).orderBy('sequence');
      return (await query.execute()).map((row) => readJson(row.result, `pass_result of cell ${cellId}`) as PassResult);
    },
  };
}

async function claimCell(
  db: Kysely<Database>,
  cellId: string,
  owner: string,
  nowMs: number,
  leaseMs: number,
): Promise<Claim | undefined> {
  const row = await db
    .updateTable('cell')
    .set(({ eb }) => ({
      state: 'running',
      attempt: eb('attempt', '+', 1),
      owner,
      lease_until_ms: leaseEnd(nowMs, leaseMs),
      error: null,
    }))
    .where('id', '=', cellId)
    .where((eb) => eb('state', '=', 'pending').or(eb('state', '=', 'running').and(hasRunOut(nowMs, leaseMs))))
    .returning('attempt')
    .executeTakeFirst();
  if (row !== undefined) return { cellId, attempt: row.attempt, owner };
  const exists = await db.selectFrom('cell').select('id').where('id', '=', cellId).executeTakeFirst();
  if (exists === undefined) throw new StoreError(`no cell ${cellId} in the store`);
  return undefined;
}

/**
 * Whether nobody holds a cell any more. A lease that ends later than the longest that could be taken now was taken by a
 * clock that was ahead.
 */
export function hasRunOut(nowMs: number, leaseMs: number): Expression<SqlBool> {
  const eb = expressionBuilder<Database, 'cell'>();
  return eb.or([eb('lease_until_ms', '<=', nowMs), eb('lease_until_ms', '>', leaseEnd(nowMs, leaseMs))]);
}

async function appendPassResult(db: Kysely<Database>, claim: Claim, result: PassResult): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    // Also locks the cell's row, so that two writers can't take the same sequence number.
    await updateClaimed(transaction, claim, { state: 'running' });
    const { last } = await transaction
      .selectFrom('pass_result')
      .select(({ fn }) => fn.max('sequence').as('last'))
      .where('cell_id', '=', claim.cellId)
      .$castTo<{ readonly last: number | null }>()
      .executeTakeFirstOrThrow();
    await transaction
      .insertInto('pass_result')
      .values({
        cell_id: claim.cellId,
        sequence: (last ?? -1) + 1,
        attempt: claim.attempt,
        result: JSON.stringify(result),
      })
      .execute();
  });
}

/** Answers that failed in the engine are forgotten, so that they are asked again; all others stay. */
async function resetFailed(db: Kysely<Database>, runId: string): Promise<number> {
  return db.transaction().execute(async (transaction) => {
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

export function leaseEnd(nowMs: number, leaseMs: number): number {
  return Math.ceil(nowMs + leaseMs);
}

/**
 * Writes into a cell in the name of a claim; first statement of every transaction that needs one.
 *
 * @throws {FencedError} if the cell isn't running under this claim: another process took it over, or it has ended
 */
export async function updateClaimed(
  db: Kysely<Database>,
  claim: Claim,
  columns: Partial<Omit<CellTable, 'id' | 'run_id' | 'attempt'>>,
): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('cell')
    .set(columns)
    .where('id', '=', claim.cellId)
    .where('attempt', '=', claim.attempt)
    // A cell that has ended or was given back has none.
    .where('owner', '=', claim.owner)
    .executeTakeFirstOrThrow();
  if (Number(numUpdatedRows) > 0) return;
  const now = await db
    .selectFrom('cell')
    .select(['attempt', 'state'])
    .where('id', '=', claim.cellId)
    .executeTakeFirst();
  const found = now === undefined ? 'it is gone' : `it is ${now.state} in attempt ${now.attempt}`;
  throw new FencedError(`attempt ${claim.attempt} may no longer write into cell ${claim.cellId}: ${found}`, {
    hint: 'Another perbench process uses this store: let one of them finish.',
  });
}
