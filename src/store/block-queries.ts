import type { Kysely } from 'kysely';
import type { PassResult } from '../core/cell.ts';
import { type Block, type Claim, longestLeaseMs, type OpenWork, type Store } from '../core/store.ts';
import { isOneOf, openStates } from './conditions.ts';
import { updateBlock, updateHeld } from './fenced-writes.ts';
import { type Database, readJson } from './schema.ts';
import { isClaimable, leaseEnd, type StoreDialect } from './store-dialect.ts';

type BlockQueries = Pick<Store, 'claimBlock' | 'endBlock' | 'blocks' | 'openWork' | 'renewLease' | 'releaseCell'>;

const unowned = { owner: null, lease_until_ms: null } as const;

export function createBlockQueries(db: Kysely<Database>, dialect: StoreDialect): BlockQueries {
  return {
    claimBlock: (runId, owner, leaseMs, of = {}) =>
      dialect.transact(db, async (transaction) => claimBlock(transaction, dialect, { runId, owner, leaseMs, ...of })),
    renewLease: (claim, leaseMs) => updateHeld(db, claim, { lease_until_ms: leaseEnd(dialect, leaseMs) }),
    releaseCell: (claim) =>
      dialect.transact(db, async (transaction) => updateHeld(transaction, claim, { ...unowned, state: 'pending' })),
    endBlock: (claim, result) =>
      dialect.transact(db, async (transaction) =>
        updateBlock(transaction, claim, {
          ...unowned,
          state: 'done',
          result: result === undefined ? null : JSON.stringify(result),
        }),
      ),
    async blocks(cellId) {
      const rows = await db
        .selectFrom('block')
        .selectAll()
        .select(({ eb }) => eb.and([isClaimable('block', dialect, longestLeaseMs)]).as('isClaimable'))
        .where('cell_id', '=', cellId)
        .orderBy('block')
        .execute();
      return rows.map(({ cell_id, block, state, attempt, result, ...row }) => ({
        cellId: cell_id,
        index: block,
        state: state as Block['state'],
        // SQLite has no booleans.
        isClaimable: Boolean(row.isClaimable),
        attempt,
        result: result === null ? undefined : (readJson(result, `block ${block} of cell ${cell_id}`) as PassResult),
      }));
    },
    openWork: (runId, leaseMs, models) => openWork(db, dialect, { runId, leaseMs, models }),
  };
}

/** In one question, and one pass over the cells: idle workers ask it all the time. */
async function openWork(db: Kysely<Database>, dialect: StoreDialect, search: BlockSearch): Promise<OpenWork> {
  const { runId, leaseMs, models } = search;
  const blocks = openBlocks(db, dialect, search).select(({ fn }) => fn.countAll().as('count'));
  const run = db.selectFrom('run').select('stop_requested').where('id', '=', runId);
  const found = await db
    .selectFrom('cell')
    .where('run_id', '=', runId)
    .where('state', 'in', openStates)
    .$if(models !== undefined, (query) => query.where(isOneOf('model', models ?? [])))
    .select(({ fn }) => [
      fn.countAll().as('open'),
      fn
        .countAll()
        .filterWhere(isClaimable('cell', dialect, leaseMs))
        .as('claimable'),
      blocks.as('claimableBlocks'),
      run.as('stopRequested'),
    ])
    .executeTakeFirstOrThrow();
  const claimable = Number(found.claimable);
  return {
    claimable,
    held: Number(found.open) - claimable,
    claimableBlocks: Number(found.claimableBlocks),
    isStopRequested: found.stopRequested === 1,
  };
}

interface BlockSearch {
  readonly runId: string;
  readonly leaseMs: number;
  readonly models?: readonly string[] | undefined;
  readonly cellId?: string | undefined;
}

/** Blocks that can be claimed, of cells that have not ended. */
function openBlocks(db: Kysely<Database>, dialect: StoreDialect, { runId, leaseMs, models, cellId }: BlockSearch) {
  return db
    .selectFrom('block')
    .innerJoin('cell', 'cell.id', 'block.cell_id')
    .where('cell.run_id', '=', runId)
    .where('cell.state', 'in', openStates)
    .where(isClaimable('block', dialect, leaseMs))
    .$if(models !== undefined, (query) => query.where(isOneOf('cell.model', models ?? [])))
    .$if(cellId !== undefined, (query) => query.where('cell.id', '=', cellId ?? ''));
}

async function claimBlock(
  db: Kysely<Database>,
  dialect: StoreDialect,
  { owner, ...search }: BlockSearch & { readonly owner: string },
): Promise<Claim | undefined> {
  const found = await openBlocks(db, dialect, search)
    .select(['block.cell_id', 'block.block'])
    .orderBy('cell.position')
    .orderBy('block.block')
    .limit(1)
    .$if(dialect.locksRows, (query) => query.forUpdate(['block']).skipLocked())
    .executeTakeFirst();
  if (found === undefined) return undefined;
  const { attempt } = await db
    .updateTable('block')
    .set(({ eb }) => ({
      state: 'running',
      attempt: eb('attempt', '+', 1),
      owner,
      lease_until_ms: leaseEnd(dialect, search.leaseMs),
    }))
    .where('cell_id', '=', found.cell_id)
    .where('block', '=', found.block)
    .returning('attempt')
    .executeTakeFirstOrThrow();
  return { cellId: found.cell_id, block: found.block, attempt, owner };
}
