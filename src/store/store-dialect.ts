import {
  type Expression,
  expressionBuilder,
  type Kysely,
  type RawBuilder,
  sql,
  type SqlBool,
  type Transaction,
} from 'kysely';
import type { Database } from './schema.ts';

/** What the queries of a store must know of the database behind it. */
export interface StoreDialect {
  /** Unix time in milliseconds, which decides about leases; asked anew in each statement. */
  readonly clock: () => RawBuilder<number>;
  /** Rows are locked one by one; otherwise a transaction has the whole store to itself. */
  readonly locksRows: boolean;
  /**
   * Does everything of `action` or nothing. Where the store was lost on the way, does it once more: `action` must do
   * nothing but ask and write through the transaction that it gets.
   */
  readonly transact: <Result>(
    db: Kysely<Database>,
    action: (transaction: Transaction<Database>) => Promise<Result>,
  ) => Promise<Result>;
}

/** A clock of this process. */
export function ownClock(now: () => number): StoreDialect['clock'] {
  return () => sql<number>`cast(${Math.ceil(now())} as bigint)`;
}

/** When a lease ends that is taken now. */
export function leaseEnd({ clock }: Pick<StoreDialect, 'clock'>, leaseMs: number): RawBuilder<number> {
  return sql<number>`${clock()} + cast(${Math.ceil(leaseMs)} as bigint)`;
}

/**
 * Whether nobody holds a cell or a block any more. A lease that ends later than the longest that could be taken now was
 * taken by a clock that was ahead.
 */
export function hasRunOut(
  table: 'cell' | 'block',
  dialect: Pick<StoreDialect, 'clock'>,
  leaseMs: number,
): Expression<SqlBool> {
  const eb = expressionBuilder<Database, 'cell' | 'block'>();
  const lease = `${table}.lease_until_ms` as const;
  return eb.or([eb(lease, '<=', dialect.clock()), eb(lease, '>', leaseEnd(dialect, leaseMs))]);
}

/** Whether a cell or a block can be claimed. */
export function isClaimable(
  table: 'cell' | 'block',
  dialect: Pick<StoreDialect, 'clock'>,
  leaseMs: number,
): Expression<SqlBool> {
  const eb = expressionBuilder<Database, 'cell' | 'block'>();
  const state = `${table}.state` as const;
  return eb.or([eb(state, '=', 'pending'), eb.and([eb(state, '=', 'running'), hasRunOut(table, dialect, leaseMs)])]);
}
