import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { StoreError } from '../core/errors.ts';
import { retryPauseMs } from '../core/retry.ts';
import { withoutKnownSecrets } from '../core/without-secrets.ts';
import type { PostgresAddress } from './postgres-address.ts';
import { explainPostgresError, isLostConnection, isServerAnswer, isUndone } from './postgres-error.ts';
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
 * again by {@link persist}, unless its mark says that it had been committed before the connection broke.
 */
export class PersistentPool implements PostgresPool {
  readonly options = {};
  readonly #pool: Pool;
  readonly #address: PostgresAddress;
  readonly #patienceMs: number;
  readonly #pending = new Set<Promise<unknown>>();
  readonly #id = randomUUID();
  readonly #freeWriters: string[] = [];
  #writers = 0;
  #transactions = 0;

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
    await this.#forgetMarks();
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

  /** Whether a transaction was committed whose connection broke while it was; waits for one that still hangs. */
  async isCommitted({ writer, sequence }: TransactionMark): Promise<boolean> {
    return this.persist(async () => {
      const client = await this.take();
      let isBroken = true;
      try {
        const { rows } = await this.tell(async () => client.query<{ readonly sequence: number }>(readMark, [writer]));
        isBroken = false;
        return rows[0]?.sequence === sequence;
      } finally {
        client.release(isBroken);
      }
    });
  }

  /** A mark for a transaction that begins now. No other that is open has its writer. */
  takeMark(): TransactionMark {
    this.#transactions += 1;
    const free = this.#freeWriters.pop() ?? `${this.#id}-${(this.#writers += 1)}`;
    return { writer: free, sequence: this.#transactions };
  }

  giveMark({ writer }: TransactionMark): void {
    this.#freeWriters.push(writer);
  }

  /** Forgets the marks of this process. */
  async #forgetMarks(): Promise<void> {
    if (this.#freeWriters.length === 0) return;
    try {
      await this.#pool.query(forgetMarks, [this.#freeWriters]);
    } catch (error) {
      // They are a few bytes in the way of nobody.
      if (!isLostConnection(error) && !isServerAnswer(error)) throw error;
    }
  }
}

/**
 * What a transaction leaves behind where it is committed, and only there. Numbers that the server itself gives to
 * transactions don't tell as much: after a crash it gives those that weren't written yet to others.
 */
interface TransactionMark {
  /** Of this process; one for each of its transactions at a time. */
  readonly writer: string;
  readonly sequence: number;
}

/** A process that hangs in the middle of a transaction, or the way to which is cut, doesn't keep its locks for longer. */
const longestPauseMs = 10_000;

function beginWith({ writer, sequence }: TransactionMark): string {
  return `begin; set local idle_in_transaction_session_timeout = ${longestPauseMs};
    insert into perbench_writer (id, sequence, seen) values ('${writer}', ${sequence}, now())
    on conflict (id) do update set sequence = excluded.sequence, seen = excluded.seen`;
}

// Writing makes it wait for a transaction that has written the same row and isn't at its end.
const readMark = `insert into perbench_writer (id, sequence, seen) values ($1, -1, now())
  on conflict (id) do update set seen = excluded.seen returning sequence`;

const forgetMarks = "delete from perbench_writer where id = any($1) or seen < now() - interval '30 days'";

function ignore(): void {}

class PersistentClient implements PostgresPoolClient {
  readonly #owner: PersistentPool;
  readonly #released: () => void;
  /** Undefined once it is lost. */
  #client: PoolClient | undefined;
  #loss: unknown;
  /** Of the transaction that is open. */
  #mark: TransactionMark | undefined;

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
        return this.#begin();
      case 'commit':
        return this.#commit();
      case 'rollback':
        return this.#rollback();
      default:
        if (this.#mark !== undefined) return this.#send(sql, parameters);
        return this.#owner.persist(async () => this.#send(sql, parameters));
    }
  }

  release(isBroken = false): void {
    this.#client?.release(isBroken);
    this.#released();
  }

  async #send(sql: string, parameters: readonly unknown[]): Promise<unknown> {
    // A transaction doesn't go on on another connection.
    if (this.#client === undefined && this.#mark !== undefined) throw new Undone(this.#loss);
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
    const mark = this.#owner.takeMark();
    try {
      await this.#owner.persist(async () => this.#send(beginWith(mark), []));
    } catch (error) {
      this.#owner.giveMark(mark);
      throw error;
    }
    this.#mark = mark;
    return noRows('COMMIT');
  }

  async #commit(): Promise<unknown> {
    const mark = this.#mark;
    try {
      return await this.#send('commit', []);
    } catch (error) {
      if (!(error instanceof Undone) || mark === undefined || !(await this.#owner.isCommitted(mark))) throw error;
      return noRows('COMMIT');
    } finally {
      this.#endTransaction();
    }
  }

  async #rollback(): Promise<unknown> {
    this.#endTransaction();
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

  #endTransaction(): void {
    if (this.#mark !== undefined) this.#owner.giveMark(this.#mark);
    this.#mark = undefined;
  }
}

function noRows(command: 'COMMIT' | 'ROLLBACK'): PostgresQueryResult<never> {
  return { command, rowCount: 0, rows: [] };
}

function bound(value: unknown): unknown {
  return typeof value === 'string' ? storedText(withoutKnownSecrets(value)) : value;
}
