import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { mustClaim } from '../../test/conformance/open-store.ts';
import { newCell, newRun, sampleAt } from '../../test/conformance/store-records.ts';
import { makeOwn } from '../../test/setup/postgres.ts';
import { smallDisk } from '../../test/setup/small-disk.ts';
import { databaseOf, storeRefusal } from '../../test/setup/store-refusal.ts';
import { usePostgres } from '../../test/setup/use-postgres.ts';
import { openPostgresStore } from './postgres-store.ts';
import { checkFacts } from './postgres-schema.ts';

const server = usePostgres();

const place = (name: string): string => `127.0.0.1:${server().port}/${name}`;

async function fill(address: string, count = 1): Promise<void> {
  await using store = await openPostgresStore({ address });
  await store.createRun(newRun('run-1'), [newCell('cell-0')]);
  const samples = Array.from({ length: count }, (_, position) => sampleAt(position));
  await store.appendSamples(await mustClaim(store, 'cell-0'), samples, 1_000);
}

describe('a database', () => {
  it('of another program is refused, and left as it was', async () => {
    const address = await server().newDatabase();
    await server().query('create table song (title text)', databaseOf(address));
    const expected =
      `PB_STORE ${place(databaseOf(address))}: this database belongs to another program ` +
      '[Make one of its own for perbench: createdb perbench]';
    expect(await storeRefusal({ address })).toBe(expected);
    expect(await storeRefusal({ address, access: 'read' })).toBe(expected);
    const tables = await server().query(
      "select tablename from pg_tables where schemaname = 'public'",
      databaseOf(address),
    );
    expect(tables).toEqual([{ tablename: 'song' }]);
  });

  it('with a store of a newer version is refused, and left as it was', async () => {
    const address = await server().newDatabase();
    await fill(address);
    await server().query('update perbench_store set version = 99', databaseOf(address));
    for (const access of ['read', 'write'] as const) {
      expect(await storeRefusal({ address, access })).toMatch(
        /: the store is from a newer perbench \(schema 99, this version supports up to \d+\) \[Update perbench, or name another database\.\]$/,
      );
    }
    expect(await server().query('select version from perbench_store', databaseOf(address))).toEqual([{ version: 99 }]);
  });

  it.each(['delete from perbench_store', 'update perbench_store set version = 0'])(
    'whose store tells no version is damaged: %s',
    async (damage) => {
      const address = await server().newDatabase();
      await fill(address);
      await server().query(damage, databaseOf(address));
      for (const access of ['read', 'write'] as const) {
        expect(await storeRefusal({ address, access })).toBe(
          `PB_STORE ${place(databaseOf(address))}: the store is damaged: its table perbench_store has no version ` +
            '[Restore the database from a backup, or name another one.]',
        );
      }
    },
  );

  it('with a store of an earlier version is brought up to date, and loses nothing', async () => {
    const address = await server().newDatabase();
    await fill(address, 3);
    // As the second version left it.
    const earlier = `drop table block, worker, job; drop index cell_open; alter table run drop column stop_requested;
      drop index sample_verdict; alter table sample drop column cut, drop column thinking_tokens, drop column thoughts;
      create index sample_verdict on sample (cell_id, position, item_id, score, is_unparsed, is_truncated);
      update perbench_store set version = 2`;
    await server().query(earlier, databaseOf(address));
    await using store = await openPostgresStore({ address });
    expect(await Array.fromAsync(store.samples('cell-0'))).toEqual([sampleAt(0), sampleAt(1), sampleAt(2)]);
    expect(await store.openWork('run-1', 1_000)).toMatchObject({ claimableBlocks: 0 });
  });

  it('that is empty is no store for those who read, and stays empty', async () => {
    const address = await server().newDatabase();
    expect(await storeRefusal({ address, access: 'read' })).toBe(
      `PB_STORE ${place(databaseOf(address))}: there is no store in this database yet [perbench run makes it.]`,
    );
    expect(await server().query("select 1 from pg_tables where schemaname = 'public'", databaseOf(address))).toEqual(
      [],
    );
  });

  it('without a place for tables is refused', async () => {
    const address = await server().newDatabase();
    await server().query('drop schema public', databaseOf(address));
    expect(await storeRefusal({ address })).toContain('there is no schema in which tables could be made');
  });

  it('that cannot hold all text is refused', async () => {
    const address = await server().newDatabase("encoding 'LATIN1' template template0 locale 'C'");
    expect(await storeRefusal({ address })).toBe(
      `PB_STORE ${place(databaseOf(address))}: the database can't hold all text: its encoding is LATIN1, not UTF8 ` +
        '[Make one that can: createdb --encoding UTF8 --template template0 NAME]',
    );
  });

  it('of a server that is too old is refused', () => {
    const facts = { serverVersion: 110_022, encoding: 'UTF8', schema: 'public', version: undefined, others: 0 };
    expect(() => checkFacts(facts, 'db:5432/x', 'write')).toThrow(
      'db:5432/x: PostgreSQL 11 is too old; a store needs 12',
    );
  });

  it('that is dropped while it is in use ends the work, with one line', async () => {
    const address = await server().newDatabase();
    await using store = await openPostgresStore({ address });
    await store.listRuns();
    await server().query(`drop database ${databaseOf(address)} with (force)`);
    await expect(store.listRuns()).rejects.toThrow(`there is no database "${databaseOf(address)}"`);
  });

  it('that loses its tables while it is in use ends the work, with one line', async () => {
    const address = await server().newDatabase();
    await using store = await openPostgresStore({ address });
    await server().query('drop table run cascade', databaseOf(address));
    await expect(store.listRuns()).rejects.toThrow('a part of the store is gone (relation "run" does not exist)');
  });

  it('is used by at most two connections of a process, under its name', async () => {
    const address = await server().newDatabase();
    await using store = await openPostgresStore({ address });
    await Promise.all(Array.from({ length: 12 }, async () => store.listRuns()));
    const connections = await server().query(
      `select application_name from pg_stat_activity where datname = '${databaseOf(address)}'`,
    );
    expect(connections).toEqual([{ application_name: 'perbench' }, { application_name: 'perbench' }]);
  });
});

it('gives up on a server that stays away, and says for how long it was waited for', async () => {
  const address = await server().newDatabase();
  const store = await openPostgresStore({ address, patienceMs: 1_000 });
  await store.createRun(newRun('run-1'), []);
  await server().stop('fast');
  try {
    await expect(store.setRunStatus('run-1', 'finished')).rejects.toThrow(
      `${place(databaseOf(address))}: the store can't be reached: connection refused (ECONNREFUSED); ` +
        'it was waited for 1 s; everything saved so far is kept',
    );
  } finally {
    await server().start();
  }
  await store.setRunStatus('run-1', 'finished');
  await store[Symbol.asyncDispose]();
});

it('waits while the server has no connection left', async () => {
  const address = await server().newDatabase();
  await using store = await openPostgresStore({ address });
  const name = databaseOf(address);
  await server().query(`alter database ${name} connection limit 0`);
  await server().query("create role limited login password 'limited-4-now' connection limit 0");
  expect(
    await storeRefusal({ address: server().address(name, { user: 'limited', password: 'limited-4-now' }) }),
  ).toMatch(
    /: the server has no connection left \(.*\) \[Raise max_connections in the server, or put a pooler before it\.\]$/,
  );
  expect(await store.listRuns()).toEqual([]);
});

it('loses nothing that was acknowledged when the disk of the server is full', { timeout: 60_000 }, async ({ skip }) => {
  await using disk = await smallDisk(12 * 2 ** 20);
  if (disk === undefined) return skip('no small tmpfs can be mounted here');
  await makeOwn(disk.path);
  await server().query(`create tablespace small location '${disk.path}'`);
  const address = await server().newDatabase('tablespace small');
  let acknowledged = 0;
  async function fillDisk(): Promise<void> {
    await using store = await openPostgresStore({ address });
    await store.createRun(newRun('run-1'), [newCell('cell-0')]);
    const claim = await mustClaim(store, 'cell-0', 'owner-a', 60_000);
    for (;;) {
      // Neither compressed nor kept elsewhere.
      const raw = Array.from({ length: 300 }, () => Math.random().toString(36)).join('');
      await store.appendSamples(claim, [sampleAt(acknowledged, { raw })], 60_000);
      acknowledged += 1;
    }
  }
  try {
    await expect(fillDisk()).rejects.toThrow(
      `${place(databaseOf(address))}: the disk of the server is full; everything saved so far is kept`,
    );
    expect(acknowledged).toBeGreaterThan(20);
    spawnSync('mount', ['-o', 'remount,size=64m', disk.path]);
    await using store = await openPostgresStore({ address });
    expect((await store.finishedItemIds('cell-0')).size).toBe(acknowledged);
  } finally {
    await server().query(`drop database ${databaseOf(address)} with (force)`);
    await server().query('drop tablespace small');
  }
});
