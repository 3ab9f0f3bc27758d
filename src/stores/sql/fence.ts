import type { Kysely } from 'kysely';
import { FencedError } from '../../core/errors.ts';
import type { Claim } from '../../core/store.ts';
import type { CellTable, Database } from './schema.ts';

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
    hint: 'Another perbench process works on this store; let one of them finish.',
  });
}
