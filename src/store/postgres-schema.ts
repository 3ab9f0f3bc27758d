import { type DataTypeNode, type Kysely, PostgresDialect, PostgresQueryCompiler, sql } from 'kysely';
import type { ClientBase } from 'pg';
import { NoStoreError, StoreError } from '../core/errors.ts';
import { type Database, migrations, schemaVersion } from './schema.ts';
import type { StoreAccess } from './sqlite-file.ts';

/** What the server and the database say of themselves. */
export interface DatabaseFacts {
  readonly serverVersion: number;
  readonly encoding: string;
  /** Of the schema in which tables are made; null where there is none. */
  readonly schema: string | null;
  /** Of the store; undefined where there is none, and 0 where its table doesn't tell. */
  readonly version: number | undefined;
  /** Tables and views of whoever. */
  readonly others: number;
}

interface Row {
  readonly server: string;
  readonly encoding: string;
  readonly schema: string | null;
  readonly is_store: boolean;
  readonly others: string;
}

export async function readFacts(client: ClientBase): Promise<DatabaseFacts> {
  const { rows } = await client.query<Row>(
    `select current_setting('server_version_num') as server, current_setting('server_encoding') as encoding,
      current_schema() as schema, to_regclass('perbench_store') is not null as is_store,
      (select count(*) from pg_class join pg_namespace on pg_namespace.oid = relnamespace
        where nspname = current_schema() and relkind in ('r', 'p', 'v', 'm', 'f')
        and not exists (select 1 from pg_depend where objid = pg_class.oid and deptype = 'e')) as others`,
  );
  const { server, encoding, schema, is_store: isStore, others } = rows[0] ?? {};
  return {
    serverVersion: Number(server),
    encoding: String(encoding),
    schema: schema ?? null,
    version: isStore === true ? await readVersion(client) : undefined,
    others: Number(others),
  };
}

async function readVersion(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ readonly version: number }>('select version from perbench_store');
  return rows[0]?.version ?? 0;
}

/** Earlier servers round numbers when they write them. */
const leastServer = 120_000;

/**
 * @param place of the database, for messages
 * @throws {StoreError} if it can't be a store of this version
 */
export function checkFacts(facts: DatabaseFacts, place: string, access: StoreAccess): void {
  const { serverVersion, encoding, schema, version, others } = facts;
  if (serverVersion < leastServer) {
    throw new StoreError(`${place}: PostgreSQL ${Math.floor(serverVersion / 10_000)} is too old; a store needs 12`, {
      hint: 'Update the server, or name another one.',
    });
  }
  if (encoding !== 'UTF8') {
    throw new StoreError(`${place}: the database can't hold all text: its encoding is ${encoding}, not UTF8`, {
      hint: 'Make one that can: createdb --encoding UTF8 --template template0 NAME',
    });
  }
  if (version !== undefined && version > schemaVersion) {
    throw new StoreError(
      `${place}: the store is from a newer perbench (schema ${version}, this version supports up to ${schemaVersion})`,
      { hint: 'Update perbench, or name another database.' },
    );
  }
  if (version === 0) {
    throw new StoreError(`${place}: the store is damaged: its table perbench_store has no version`, {
      hint: 'Restore the database from a backup, or name another one.',
    });
  }
  if (version !== undefined) return;
  if (others > 0) {
    throw new StoreError(`${place}: this database belongs to another program`, {
      hint: 'Make one of its own for perbench: createdb perbench',
    });
  }
  if (access === 'read') {
    throw new NoStoreError(`${place}: there is no store in this database yet`, { hint: 'perbench run makes it.' });
  }
  if (schema === null) {
    throw new StoreError(`${place}: there is no schema in which tables could be made`, {
      hint: "Mend the user's search_path, or run: CREATE SCHEMA public",
    });
  }
}

/** Of those that migrate at once one does it, and the others wait for it. "PERB" */
const migrationLock = 0x50_45_52_42;

/** Brings the schema up to date, in one transaction. */
export async function migratePostgres(db: Kysely<Database>): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(${migrationLock})`.execute(transaction);
    await sql`create table if not exists perbench_store (version integer not null)`.execute(transaction);
    // The last transaction of each process that writes; postgres-pool.ts says what for.
    await sql`create table if not exists perbench_writer
      (id text primary key, sequence bigint not null, seen timestamptz not null)`.execute(transaction);
    const found = await sql<{ readonly version: number }>`select version from perbench_store`.execute(transaction);
    const version = found.rows[0]?.version ?? 0;
    if (version >= schemaVersion) return;
    for (const migration of Object.values(migrations).slice(version)) await migration.up(transaction);
    await sql`delete from perbench_store`.execute(transaction);
    await sql`insert into perbench_store (version) values (${schemaVersion})`.execute(transaction);
  });
}

/** Texts are in the order of their characters' numbers, as in SQLite, whatever the language of the database. */
class PlainOrderCompiler extends PostgresQueryCompiler {
  protected override visitDataType(node: DataTypeNode): void {
    super.visitDataType(node);
    if (node.dataType === 'text') this.append(' collate "C"');
  }
}

export class StorePostgresDialect extends PostgresDialect {
  override createQueryCompiler(): PostgresQueryCompiler {
    return new PlainOrderCompiler();
  }
}
