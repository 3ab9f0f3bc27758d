import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { mustClaim } from '../../test/conformance/open-store.ts';
import { newCell, newRun, sampleAt } from '../../test/conformance/store-records.ts';
import { makeOwn, postgresPassword } from '../../test/setup/postgres.ts';
import { smallDisk } from '../../test/setup/small-disk.ts';
import { usePostgres } from '../../test/setup/use-postgres.ts';
import { PerbenchError } from '../core/errors.ts';
import { openPostgresStore, type PostgresStoreOptions } from './postgres-store.ts';
import { checkFacts } from './postgres-schema.ts';

const server = usePostgres();

const nameOf = (address: string): string => new URL(address).pathname.slice(1);
const place = (name: string): string => `127.0.0.1:${server().port}/${name}`;

/** Code, message and hint of the error with which a store can't be opened or written; never the password. */
async function refusal(options: PostgresStoreOptions): Promise<string> {
  try {
    await using store = await openPostgresStore({ patienceMs: 0, ...options });
    if (options.access === 'read') await store.listRuns();
    else await store.createRun(newRun('run-x'), []);
  } catch (error) {
    if (!(error instanceof PerbenchError)) throw error;
    const text = `${error.code} ${error.message} [${error.hint}]`;
    expect(text).not.toContain(postgresPassword);
    return text;
  }
  return 'the store was opened and written';
}

async function fill(address: string, count = 1): Promise<void> {
  await using store = await openPostgresStore({ address });
  await store.createRun(newRun('run-1'), [newCell('cell-0')]);
  const samples = Array.from({ length: count }, (_, position) => sampleAt(position));
  await store.appendSamples(await mustClaim(store, 'cell-0'), samples, 1_000);
}

/** A server that is none of PostgreSQL; its port. */
async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const other = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => {
    other.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    other.close();
  });
  return (other.address() as AddressInfo).port;
}

describe('a server that cannot be used', () => {
  it('is named where nobody listens', async () => {
    const address = server().address('x', { port: 1 });
    expect(await refusal({ address })).toBe(
      "PB_STORE 127.0.0.1:1/x: the store can't be reached: connection refused (ECONNREFUSED) " +
        '[Start the server, or check host and port of the store.]',
    );
  });

  it('is named where it says nothing', async () => {
    const port = await listen(() => undefined);
    const address = server().address('x', { port, parameters: 'connect_timeout=1' });
    expect(await refusal({ address })).toBe(
      `PB_STORE 127.0.0.1:${port}/x: the store can't be reached: no answer within 1 s ` +
        '[Start the server, or check host and port of the store.]',
    );
  });

  it('is named where it is another program', async () => {
    const port = await listen((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    expect(await refusal({ address: server().address('x', { port }) })).toBe(
      `PB_STORE 127.0.0.1:${port}/x: what listens there is no PostgreSQL server ` +
        '[Start the server, or check host and port of the store.]',
    );
  });

  it('is named where it hangs up', async () => {
    const port = await listen((socket) => socket.once('data', () => socket.destroy()));
    expect(await refusal({ address: server().address('x', { port, parameters: 'sslmode=disable' }) })).toMatch(
      new RegExp(`^PB_STORE 127.0.0.1:${port}/x: (?:the connection broke|the store can't be reached)`),
    );
  });

  it('is named where its socket is not there', async () => {
    expect(await refusal({ address: 'postgres://me@/x?host=/nowhere' })).toMatch(
      /^PB_STORE \/nowhere:5432\/x: the store can't be reached: no such file/,
    );
  });
});

describe('a log-in', () => {
  it('is refused with a wrong password, which is not shown', async () => {
    const address = server().address('postgres', { password: 'S3cret-and-wrong' });
    const text = await refusal({ address });
    expect(text).toBe(
      `PB_STORE ${place('postgres')}: the server refuses user "owner" with this password ` +
        '[Set PGPASSWORD, or mend the line of ~/.pgpass.]',
    );
  });

  it('is refused without a password', async () => {
    expect(await refusal({ address: server().address('postgres', { password: undefined }) })).toBe(
      `PB_STORE 127.0.0.1:${server().port}: the server wants a password for user "owner": none is given ` +
        '[Set PGPASSWORD, or put a line host:port:database:user:password into ~/.pgpass (mode 600).]',
    );
  });

  it('takes the password of the environment, and the way through a socket', async () => {
    const name = nameOf(await server().newDatabase());
    const address = server().address(name, { host: server().socketFolder, password: undefined });
    await using store = await openPostgresStore({ address, environment: { PGPASSWORD: postgresPassword } });
    expect(await store.listRuns()).toEqual([]);
  });

  it('is refused to a database that is not there', async () => {
    expect(await refusal({ address: server().address('nowhere') })).toBe(
      `PB_STORE ${place('nowhere')}: there is no database "nowhere" ` +
        `[Make it: createdb --host 127.0.0.1 --port ${server().port} --username owner nowhere]`,
    );
  });
});

describe('rights', () => {
  beforeAll(async () => {
    await server().query("create role guest login password 'guest-of-9'");
  });

  const grants = 'GRANT ALL ON SCHEMA public TO guest; GRANT ALL ON ALL TABLES IN SCHEMA public TO guest';

  it('are named where no tables may be made, and the hint helps', async () => {
    const name = nameOf(await server().newDatabase());
    const address = server().address(name, { user: 'guest', password: 'guest-of-9' });
    expect(await refusal({ address })).toBe(
      `PB_STORE ${place(name)}: user "guest" lacks a right (permission denied for schema public) ` +
        `[Let the owner of the database run: ${grants}]`,
    );
    await server().query(grants, name);
    expect(await refusal({ address })).toBe('the store was opened and written');
  });

  it('to read are enough for those who read', async () => {
    const made = await server().newDatabase();
    await fill(made, 3);
    await server().query('grant select on all tables in schema public to guest', nameOf(made));
    const address = server().address(nameOf(made), { user: 'guest', password: 'guest-of-9' });
    await using store = await openPostgresStore({ address, access: 'read' });
    expect((await store.finishedItemIds('cell-0')).size).toBe(3);
    expect(await refusal({ address })).toContain('user "guest" lacks a right (permission denied for table ');
    await server().query(grants, nameOf(made));
    expect(await refusal({ address })).toBe('the store was opened and written');
  });
});

describe('a database', () => {
  it('of another program is refused, and left as it was', async () => {
    const address = await server().newDatabase();
    await server().query('create table song (title text)', nameOf(address));
    const expected =
      `PB_STORE ${place(nameOf(address))}: this database belongs to another program ` +
      '[Make one of its own for perbench: createdb perbench]';
    expect(await refusal({ address })).toBe(expected);
    expect(await refusal({ address, access: 'read' })).toBe(expected);
    const tables = await server().query("select tablename from pg_tables where schemaname = 'public'", nameOf(address));
    expect(tables).toEqual([{ tablename: 'song' }]);
  });

  it('with a store of a newer version is refused, and left as it was', async () => {
    const address = await server().newDatabase();
    await fill(address);
    await server().query('update perbench_store set version = 99', nameOf(address));
    for (const access of ['read', 'write'] as const) {
      expect(await refusal({ address, access })).toMatch(
        /: the store is from a newer perbench \(schema 99, this version supports up to \d+\) \[Update perbench, or name another database\.\]$/,
      );
    }
    expect(await server().query('select version from perbench_store', nameOf(address))).toEqual([{ version: 99 }]);
  });

  it('with a store of an earlier version is brought up to date, and loses nothing', async () => {
    const address = await server().newDatabase();
    await fill(address, 3);
    // As the second version left it.
    const earlier = `drop table block, worker, job; drop index cell_open; alter table run drop column stop_requested;
      drop index sample_verdict; alter table sample drop column cut, drop column thinking_tokens, drop column thoughts;
      create index sample_verdict on sample (cell_id, position, item_id, score, is_unparsed, is_truncated);
      update perbench_store set version = 2`;
    await server().query(earlier, nameOf(address));
    await using store = await openPostgresStore({ address });
    expect(await Array.fromAsync(store.samples('cell-0'))).toEqual([sampleAt(0), sampleAt(1), sampleAt(2)]);
    expect(await store.openWork('run-1', 1_000)).toMatchObject({ claimableBlocks: 0 });
  });

  it('that is empty is no store for those who read, and stays empty', async () => {
    const address = await server().newDatabase();
    expect(await refusal({ address, access: 'read' })).toBe(
      `PB_STORE ${place(nameOf(address))}: there is no store in this database yet [perbench run makes it.]`,
    );
    expect(await server().query("select 1 from pg_tables where schemaname = 'public'", nameOf(address))).toEqual([]);
  });

  it('without a place for tables is refused', async () => {
    const address = await server().newDatabase();
    await server().query('drop schema public', nameOf(address));
    expect(await refusal({ address })).toContain('there is no schema in which tables could be made');
  });

  it('that cannot hold all text is refused', async () => {
    const address = await server().newDatabase("encoding 'LATIN1' template template0 locale 'C'");
    expect(await refusal({ address })).toBe(
      `PB_STORE ${place(nameOf(address))}: the database can't hold all text: its encoding is LATIN1, not UTF8 ` +
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
    await server().query(`drop database ${nameOf(address)} with (force)`);
    await expect(store.listRuns()).rejects.toThrow(`there is no database "${nameOf(address)}"`);
  });

  it('that loses its tables while it is in use ends the work, with one line', async () => {
    const address = await server().newDatabase();
    await using store = await openPostgresStore({ address });
    await server().query('drop table run cascade', nameOf(address));
    await expect(store.listRuns()).rejects.toThrow('a part of the store is gone (relation "run" does not exist)');
  });

  it('is used by at most two connections of a process, under its name', async () => {
    const address = await server().newDatabase();
    await using store = await openPostgresStore({ address });
    await Promise.all(Array.from({ length: 12 }, async () => store.listRuns()));
    const connections = await server().query(
      `select application_name from pg_stat_activity where datname = '${nameOf(address)}'`,
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
      `${place(nameOf(address))}: the store can't be reached: connection refused (ECONNREFUSED); ` +
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
  const name = nameOf(address);
  await server().query(`alter database ${name} connection limit 0`);
  await server().query("create role limited login password 'limited-4-now' connection limit 0");
  expect(await refusal({ address: server().address(name, { user: 'limited', password: 'limited-4-now' }) })).toMatch(
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
      `${place(nameOf(address))}: the disk of the server is full; everything saved so far is kept`,
    );
    expect(acknowledged).toBeGreaterThan(20);
    spawnSync('mount', ['-o', 'remount,size=64m', disk.path]);
    await using store = await openPostgresStore({ address });
    expect((await store.finishedItemIds('cell-0')).size).toBe(acknowledged);
  } finally {
    await server().query(`drop database ${nameOf(address)} with (force)`);
    await server().query('drop tablespace small');
  }
});

describe('TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'perbench-tls-'));

  it('that is wanted and not offered is named', async () => {
    const address = server().address(nameOf(await server().newDatabase()), { parameters: 'sslmode=require' });
    expect(await refusal({ address })).toMatch(
      /: the server offers no TLS, and sslmode is require \[Turn TLS on in the server, or use sslmode=prefer where the network is trusted\.\]$/,
    );
  });

  it('needs the certificates that are trusted, where they count', async () => {
    const parameters = 'sslmode=verify-full';
    expect(await refusal({ address: server().address('x', { parameters }) })).toBe(
      `PB_STORE ${place('x')}: sslmode verify-full needs the certificates that are trusted ` +
        '[Name their file with sslrootcert, or say sslrootcert=system.]',
    );
    expect(
      await refusal({ address: server().address('x', { parameters: `${parameters}&sslrootcert=/no/ca.pem` }) }),
    ).toBe(
      "PB_STORE /no/ca.pem: the trusted certificates can't be read: no such file [Name another file with sslrootcert.]",
    );
  });

  describe('of a server that has it', () => {
    beforeAll(async () => {
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
      for (const name of ['server', 'other']) {
        const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.crt`)];
        execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files], {
          stdio: 'ignore',
        });
      }
      const { uid, gid } = statSync(server().dataFolder);
      for (const name of ['server.key', 'server.crt']) {
        copyFileSync(join(folder, name), join(server().dataFolder, name));
        chownSync(join(server().dataFolder, name), uid, gid);
      }
      await server().query('alter system set ssl = on');
      await server().query('select pg_reload_conf()');
      while ((await server().query('show ssl'))[0]?.['ssl'] !== 'on') await sleep(20);
      return () => rmSync(folder, { recursive: true });
    });

    /** Whether a connection to a new database is encrypted; or why there is none. */
    async function isEncrypted(host: string, parameters: string): Promise<unknown> {
      const name = nameOf(await server().newDatabase());
      const address = server().address(name, { host, parameters });
      const refused = await refusal({ address });
      if (refused.startsWith('PB_')) return refused;
      await using store = await openPostgresStore({ address });
      await store.listRuns();
      const rows = await server().query(
        `select ssl from pg_stat_ssl join pg_stat_activity using (pid) where datname = '${name}'`,
      );
      return rows[0]?.['ssl'];
    }

    const own = join(folder, 'server.crt');
    const other = join(folder, 'other.crt');

    it.each([
      ['127.0.0.1', '', true],
      ['127.0.0.1', 'sslmode=disable', false],
      ['127.0.0.1', 'sslmode=require', true],
      ['127.0.0.1', `sslmode=require&sslrootcert=${own}`, true],
      ['127.0.0.1', `sslmode=verify-ca&sslrootcert=${own}`, true],
      ['localhost', `sslmode=verify-full&sslrootcert=${own}`, true],
    ])('is used as asked for: %s, %s', async (host, parameters, expected) => {
      expect(await isEncrypted(host, parameters)).toBe(expected);
    });

    it.each([
      ['127.0.0.1', `sslmode=verify-full&sslrootcert=${own}`],
      ['127.0.0.1', `sslmode=require&sslrootcert=${other}`],
      ['localhost', `sslmode=verify-ca&sslrootcert=${other}`],
      ['localhost', 'sslmode=verify-full&sslrootcert=system'],
    ])('refuses a server that it should not trust: %s, %s', async (host, parameters) => {
      expect(await isEncrypted(host, parameters)).toMatch(
        /^PB_STORE \S+: the server's certificate is not trusted \(.*\) \[Name the file of its certificate authority/,
      );
    });
  });
});
