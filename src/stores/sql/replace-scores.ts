import type { Kysely } from 'kysely';
import type { CellMeasurements } from '../../core/cell.ts';
import { StoreError } from '../../core/errors.ts';
import type { ItemScore } from '../../core/task.ts';
import type { Database } from './schema.ts';

interface NewScore {
  readonly itemId: string;
  readonly score: ItemScore;
}

/**
 * Replaces scores and measurements of a cell, all or none.
 *
 * @returns how many samples got another verdict
 */
export async function replaceScores(
  db: Kysely<Database>,
  cellId: string,
  scores: AsyncIterable<NewScore>,
  measurements: CellMeasurements,
  nowMs: number,
): Promise<number> {
  // Collected first: the scores are usually computed from this store's samples, and a transaction on the only
  // connection would wait for itself.
  const collected: NewScore[] = [];
  for await (const score of scores) collected.push(score);
  return db.transaction().execute(async (transaction) => {
    await replaceMeasurements(transaction, cellId, measurements, nowMs);
    let changed = 0;
    for (const entry of collected) changed += await replaceScore(transaction, cellId, entry);
    return changed;
  });
}

async function replaceMeasurements(
  db: Kysely<Database>,
  cellId: string,
  measurements: CellMeasurements,
  nowMs: number,
): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('cell')
    .set({ measurements: JSON.stringify(measurements) })
    .where('id', '=', cellId)
    .where((eb) => eb('state', '<>', 'running').or('lease_until_ms', '<=', nowMs))
    .executeTakeFirstOrThrow();
  if (Number(numUpdatedRows) > 0) return;
  const cell = await db.selectFrom('cell').select('id').where('id', '=', cellId).executeTakeFirst();
  if (cell === undefined) throw new StoreError(`there is no cell ${cellId} in the store`);
  throw new StoreError(`cell ${cellId} is being run by another process`, {
    hint: 'Score it again when that has ended.',
  });
}

async function replaceScore(db: Kysely<Database>, cellId: string, { itemId, score }: NewScore): Promise<number> {
  const columns = {
    score: score.value,
    answer: score.answer ?? null,
    is_unparsed: Number(score.isUnparsed),
    metrics: JSON.stringify(score.metrics),
    detail: JSON.stringify(score.detail ?? {}),
  };
  const before = await db
    .selectFrom('sample')
    .select(['score', 'answer', 'is_unparsed', 'metrics', 'detail'])
    .where('cell_id', '=', cellId)
    .where('item_id', '=', itemId)
    .executeTakeFirst();
  if (before === undefined) throw new StoreError(`there is no sample ${itemId} in cell ${cellId}`);
  if (JSON.stringify(columns) === JSON.stringify(before)) return 0;
  await db.updateTable('sample').set(columns).where('cell_id', '=', cellId).where('item_id', '=', itemId).execute();
  return 1;
}
