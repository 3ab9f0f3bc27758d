import type { Kysely, UpdateObject } from 'kysely';
import { FencedError } from '../core/errors.ts';
import type { Claim } from '../core/store.ts';
import { openStates } from './conditions.ts';
import type { Database } from './schema.ts';

/**
 * Writes into a cell in the name of a claim; first statement of every transaction that needs one.
 *
 * @throws {FencedError} if the cell isn't running under this claim: another process took it over, or it has ended
 */
export async function updateClaimed(
  db: Kysely<Database>,
  claim: Claim,
  columns: UpdateObject<Database, 'cell'>,
): Promise<void> {
  if (claim.block !== undefined) throw new Error('a claim on a block is none on its cell');
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

type Held = Pick<
  UpdateObject<Database, 'cell'> & UpdateObject<Database, 'block'>,
  'state' | 'owner' | 'lease_until_ms'
>;

/**
 * Writes into what a claim is on, a cell or a block, in its name.
 *
 * @throws {FencedError} if another process has it now, or it has ended
 */
export async function updateHeld(db: Kysely<Database>, claim: Claim, columns: Held): Promise<void> {
  return claim.block === undefined ? updateClaimed(db, claim, columns) : updateBlock(db, claim, columns);
}

/**
 * Writes into a block in the name of a claim, which holds as long as its cell is open.
 *
 * @throws {FencedError} as {@link updateHeld}
 */
export async function updateBlock(
  db: Kysely<Database>,
  { cellId, block, attempt, owner }: Claim,
  columns: UpdateObject<Database, 'block'>,
): Promise<void> {
  if (block === undefined) throw new Error('a claim on a cell is none on a block');
  const { numUpdatedRows } = await db
    .updateTable('block')
    .set(columns)
    .where('cell_id', '=', cellId)
    .where('block', '=', block)
    .where('attempt', '=', attempt)
    .where('owner', '=', owner)
    .where((eb) =>
      eb.exists(eb.selectFrom('cell').select('id').where('id', '=', cellId).where('state', 'in', openStates)),
    )
    .executeTakeFirstOrThrow();
  if (Number(numUpdatedRows) > 0) return;
  throw new FencedError(`attempt ${attempt} may no longer write into block ${block} of cell ${cellId}`, {
    hint: 'Another perbench process answers these items now, or the cell has ended.',
  });
}
