import { userInfo } from 'node:os';
import { Kysely, sql } from 'kysely';
import type { ClientConfig, Pool } from 'pg';
import type { Store } from '../core/store.ts';
import { createQueries } from './create-queries.ts';
import { type Environment, parsePostgresAddress, type PostgresAddress } from './postgres-address.ts';
import { explainPostgresError, isWithoutTls, placeOf } from './postgres-error.ts';
import { findPassword } from './postgres-password.ts';
import { PersistentPool } from './postgres-pool.ts';
import { checkFacts, type DatabaseFacts, migratePostgres, readFacts, StorePostgresDialect } from './postgres-schema.ts';
import { readText } from './postgres-text.ts';
import { tlsWays } from './postgres-tls.ts';
import { type Database, schemaVersion } from './schema.ts';
import type { StoreAccess } from './sqlite-file.ts';
import { ownClock, type StoreDialect } from './store-dialect.ts';

export interface PostgresStoreOptions {
  /** `postgres://user:password@host:port/database?sslmode=require`. */
  readonly address: string;
  /** `read` for a store that is there; default `write`. */
  readonly access?: StoreAccess | undefined;
  /** libpq's variables, such as `PGPASSWORD`; none by default. */
  readonly environment?: Environment | undefined;
  /** Where `.pgpass` is; without it, no such file is read. */
  readonly homeFolder?: string | undefined;
  /** Unix time in milliseconds, which decides about leases; by default the server's. */
  readonly now?: (() => number) | undefined;
  /** How long a connection that was lost is waited for. */
  readonly patienceMs?: number;
}

/** Of one process, which has few questions at once. */
const mostConnections = 2;
const idleMs = 10_000;
/** Far longer than any statement takes: this is for networks that swallow packets. */
const longestAnswerMs = 120_000;

/**
 * Opens a store in a PostgreSQL database. Many processes on many machines may share it.
 *
 * @throws {UsageError} if the address is none
 * @throws {StoreError} if the server can't be reached or refuses, or the database is no store of this version
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const { now, patienceMs = 300_000 } = options;
  const { address, config, isCurrent } = await lookAt(options);
  if (!isCurrent) await migrateWith(config, address);
  const pool = new PersistentPool({ pool: await openPool(config), address, patienceMs });
  const db = new Kysely<Database>({ dialect: new StorePostgresDialect({ pool }) });
  const dialect: StoreDialect = {
    clock: now === undefined ? () => serverClock : ownClock(now),
    locksRows: true,
    transact: async (connected, action) => pool.persist(async () => connected.transaction().execute(action)),
  };
  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    await pool.quiet();
    await db.destroy();
  }
  return {
    ...createQueries(db, dialect),
    rescue: async (error) => error,
    async [Symbol.asyncDispose]() {
      closing ??= close();
      await closing;
    },
  };
}

async function migrateWith(config: ClientConfig, address: PostgresAddress): Promise<void> {
  await using db = new Kysely<Database>({ dialect: new StorePostgresDialect({ pool: await openPool(config) }) });
  try {
    await migratePostgres(db);
  } catch (error) {
    throw explainPostgresError(error, address);
  }
}

/** Of the moment, not of the beginning of the transaction. */
const serverClock = sql<number>`cast(floor(extract(epoch from clock_timestamp()) * 1000) as bigint)`;

interface FirstLook {
  readonly address: PostgresAddress;
  /** With which a connection was made. */
  readonly config: ClientConfig;
  readonly isCurrent: boolean;
}

/** Connects once, to find out how, and what is there. */
async function lookAt({
  address: text,
  access = 'write',
  environment = {},
  homeFolder,
}: PostgresStoreOptions): Promise<FirstLook> {
  const address = parsePostgresAddress(text, environment, userInfo().username);
  const password = async (): Promise<string> => findPassword(address, environment, homeFolder);
  const ways = tlsWays(address, homeFolder);
  for (const [index, ssl] of ways.entries()) {
    const config = configOf(address, password, ssl);
    try {
      const facts = await factsWith(config);
      checkFacts(facts, placeOf(address), access);
      return { address, config, isCurrent: facts.version === schemaVersion };
    } catch (error) {
      if (index + 1 < ways.length && isWithoutTls(error)) continue;
      throw explainPostgresError(error, address);
    }
  }
  throw new Error('there is always a way to try');
}

/** All that `pg` would else read from the environment is said. */
function configOf(
  { host, port, user, database, connectTimeoutMs }: PostgresAddress,
  password: () => Promise<string>,
  ssl: ClientConfig['ssl'],
): ClientConfig {
  return {
    host,
    port,
    user,
    database,
    password,
    ssl,
    application_name: 'perbench',
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: longestAnswerMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: idleMs,
  };
}

async function factsWith(config: ClientConfig): Promise<DatabaseFacts> {
  const { Client } = await import('pg');
  const client = new Client(config);
  // Also where it breaks while it waits for nothing.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await readFacts(client);
  } finally {
    await client.end();
  }
}

async function openPool(config: ClientConfig): Promise<Pool> {
  const { Client, Pool: ClientPool, types } = await import('pg');
  const { INT8, TEXT } = types.builtins;
  function reader(...[type, format]: Parameters<typeof types.getTypeParser>): unknown {
    if (type === INT8) return Number;
    return type === TEXT ? readText : types.getTypeParser(type, format);
  }
  class StoreClient extends Client {
    constructor() {
      super({ ...config, types: { getTypeParser: reader } });
    }
  }
  // The pool's own limit on connecting would count the wait for a connection that is in use.
  return new ClientPool({
    Client: StoreClient,
    max: mostConnections,
    idleTimeoutMillis: idleMs,
    allowExitOnIdle: true,
  });
}
