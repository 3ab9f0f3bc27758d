import { sql, type Kysely } from 'kysely';
import { migrations } from '../sql/migrations.ts';
import type { Database } from '../sql/schema.ts';
import { applicationId, schemaVersion } from './open-database.ts';

/** Brings the schema up to date in one transaction: of several processes that open a new store, one does it. */
export async function migrate(db: Kysely<Database>): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ readonly user_version: number }>`pragma user_version`.execute(transaction);
    const version = rows[0]?.user_version ?? 0;
    for (const migration of Object.values(migrations).slice(version)) await migration.up(transaction);
    if (version >= schemaVersion) return;
    await sql.raw(`pragma user_version = ${schemaVersion}`).execute(transaction);
    await sql.raw(`pragma application_id = ${applicationId}`).execute(transaction);
  });
}
