import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { StoreError } from '../core/errors.ts';
import { retryPauseMs } from '../core/retry.ts';
import { withoutKnownSecrets } from '../core/without-secrets.ts';
import type { PostgresAddress } from './postgres-address.ts';
import { explainPostgresError, isLostConnection, isUndone, placeOf } from './postgres-error.ts';
import { storedText } from './postgres-text.ts';

/** What was asked may be asked once more: its transaction left no trace, or it does the same when it is done twice. */
class Undone extends Error {
  override readonly cause: unknown;

  constructor(cause: unknown) {
    super('undone');
    this.cause = cause;
  }
}

const pauses = { backoffMs: 50, maxBackoffMs: 5_000 };
const random = (): number => randomInt(2 ** 32) / 2 ** 32;

export interface PersistentPoolOptions {
  readonly pool: Pool;
  readonly address: PostgresAddress;
  /** How long a lost connection is waited for. */
  readonly patienceMs: number;
}

/**
 * Connections to PostgreSQL as Kysely wants them. One that is lost is made anew, for as long as `patienceMs`:
 * outside of transactions the statement is sent again, so it must be one that may be done twice; a transaction is done
 * again by {@link persist}, unless the server says that it had been committed before the connection broke.
 */
export class PersistentPool implements PostgresPool {
  readonly options = {};
  readonly #pool: Pool;
  readonly #address: PostgresAddress;
  readonly #patienceMs: number;
  readonly #pending = new Set<Promise<unknown>>();

  constructor({ pool, address, patienceMs }: PersistentPoolOptions) {
    this.#pool = pool;
    this.#address = address;
    this.#patienceMs = patienceMs;
    // The pool has let go of an idle connection that broke; one in use tells whoever uses it as well.
    pool.on('error', ignore);
    pool.on('connect', (client) => client.on('error', ignore));
  }

  async connect(): Promise<PostgresPoolClient> {
    const released = Promise.withResolvers<void>();
    this.#track(released.promise);
    try {
      const first = await this.persist(async () => this.take());
      return new PersistentClient(this, first, released.resolve);
    } catch (error) {
      released.resolve();
      throw error;
    }
  }

  async end(): Promise<void> {
    await this.#pool.end();
  }

  /** Resolves when nobody uses a connection or waits for one. */
  async quiet(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
  }

  /** @throws {StoreError} if the server can't be reached for longer than the pool's patience */
  async persist<Value>(action: () => Promise<Value>): Promise<Value> {
    const done = Promise.withResolvers<void>();
    this.#track(done.promise);
    try {
      return await this.#persist(action);
    } finally {
      done.resolve();
    }
  }

  async #persist<Value>(action: () => Promise<Value>): Promise<Value> {
    const endMs = performance.now() + this.#patienceMs;
    for (let failures = 1; ; failures += 1) {
      try {
        return await action();
      } catch (error) {
        if (!(error instanceof Undone)) throw error;
        if (performance.now() > endMs) throw this.#lostForGood(error.cause);
      }
      await sleep(retryPauseMs(failures, undefined, pauses, random));
    }
  }

  #lostForGood(cause: unknown): unknown {
    const explained = explainPostgresError(cause, this.#address);
    if (!(explained instanceof StoreError) || this.#patienceMs === 0) return explained;
    const seconds = Math.round(this.#patienceMs / 1000);
    return new StoreError(`${explained.message}; it was waited for ${seconds} s; everything saved so far is kept`, {
      hint: explained.hint,
      cause,
    });
  }

  #track(promise: Promise<unknown>): void {
    this.#pending.add(promise);
    void promise.finally(() => this.#pending.delete(promise));
  }

  async take(): Promise<PoolClient> {
    return this.tell(async () => this.#pool.connect());
  }

  /** Asks the server, and says of what fails whether it may be asked again, or what the user must know. */
  async tell<Value>(ask: () => Promise<Value>): Promise<Value> {
    try {
      return await ask();
    } catch (error) {
      if (isLostConnection(error) || isUndone(error)) throw new Undone(error);
      throw explainPostgresError(error, this.#address);
    }
  }

  /** Whether a transaction was committed whose connection broke while it was. One that still hangs is ended first. */
  async isCommitted(id: string): Promise<boolean> {
    return this.persist(async () => {
      const client = await this.take();
      let isBroken = true;
      try {
        const status = await this.tell(async () => statusOf(client, id));
        isBroken = false;
        if (status === 'in progress')
          throw new Undone(new StoreError(`${placeOf(this.#address)}: a transaction hangs`));
        return status === 'committed';
      } finally {
        client.release(isBroken);
      }
    });
  }
}

function ignore(): void {}

async function statusOf(client: PoolClient, id: string): Promise<string | null> {
  const { rows } = await client.query<{ readonly status: string | null }>(
    'select txid_status(cast($1 as bigint)) as status',
    [id],
  );
  const status = rows[0]?.status ?? null;
  if (status === 'in progress') {
    const end = 'select pg_terminate_backend(pid) from pg_stat_activity where backend_xid = cast($1 as text)::xid';
    await client.query(end, [String(BigInt(id) % 2n ** 32n)]);
  }
  return status;
}

/** A process that hangs in the middle of a transaction, or the way to which is cut, doesn't keep its locks for longer. */
const longestPauseMs = 60_000;

const begin = `begin; set local idle_in_transaction_session_timeout = ${longestPauseMs}; select txid_current() as id`;

class PersistentClient implements PostgresPoolClient {
  readonly #owner: PersistentPool;
  readonly #released: () => void;
  /** Undefined once it is lost. */
  #client: PoolClient | undefined;
  #loss: unknown;
  /** The server's number of the transaction that is open. */
  #transaction: string | undefined;

  constructor(owner: PersistentPool, client: PoolClient, released: () => void) {
    this.#owner = owner;
    this.#client = client;
    this.#released = released;
  }

  query<Row>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>;
  query(sql: unknown): never;
  async query(sql: string, parameters: readonly unknown[] = []): Promise<unknown> {
    switch (sql) {
      case 'begin':
        return this.#owner.persist(async () => this.#begin());
      case 'commit':
        return this.#commit();
      case 'rollback':
        return this.#rollback();
      default:
        if (this.#transaction !== undefined) return this.#send(sql, parameters);
        return this.#owner.persist(async () => this.#send(sql, parameters));
    }
  }

  release(isBroken = false): void {
    this.#client?.release(isBroken);
    this.#released();
  }

  async #send(sql: string, parameters: readonly unknown[]): Promise<unknown> {
    // A transaction doesn't go on on another connection.
    if (this.#client === undefined && this.#transaction !== undefined) throw new Undone(this.#loss);
    const client = (this.#client ??= await this.#owner.take());
    try {
      return await this.#owner.tell(async () => client.query(sql, parameters.map(bound)));
    } catch (error) {
      if (error instanceof Undone && isLostConnection(error.cause)) this.#drop(client, error.cause);
      throw error;
    }
  }

  #drop(client: PoolClient, loss: unknown): void {
    this.#client = undefined;
    this.#loss = loss;
    client.release(true);
  }

  async #begin(): Promise<PostgresQueryResult<never>> {
    const answers = (await this.#send(begin, [])) as readonly PostgresQueryResult<{ readonly id: number }>[];
    this.#transaction = String(answers.at(-1)?.rows[0]?.id);
    return noRows('COMMIT');
  }

  async #commit(): Promise<unknown> {
    const id = this.#transaction;
    try {
      return await this.#send('commit', []);
    } catch (error) {
      if (!(error instanceof Undone) || id === undefined || !(await this.#owner.isCommitted(id))) throw error;
      return noRows('COMMIT');
    } finally {
      this.#transaction = undefined;
    }
  }

  async #rollback(): Promise<unknown> {
    this.#transaction = undefined;
    const client = this.#client;
    // What is lost with its connection is rolled back already.
    if (client === undefined) return noRows('ROLLBACK');
    try {
      return await client.query('rollback');
    } catch (error) {
      if (!isLostConnection(error)) throw error;
      this.#drop(client, error);
      return noRows('ROLLBACK');
    }
  }
}

function noRows(command: 'COMMIT' | 'ROLLBACK'): PostgresQueryResult<never> {
  return { command, rowCount: 0, rows: [] };
}

function bound(value: unknown): unknown {
  return typeof value === 'string' ? storedText(withoutKnownSecrets(value)) : value;
}
