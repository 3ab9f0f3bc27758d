import { type AddressInfo, createServer, type Socket } from 'node:net';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { mustClaim } from '../../test/conformance/open-store.ts';
import { newCell, newRun, sampleAt } from '../../test/conformance/store-records.ts';
import { postgresPassword } from '../../test/setup/postgres.ts';
import { databaseOf, storeRefusal } from '../../test/setup/store-refusal.ts';
import { usePostgres } from '../../test/setup/use-postgres.ts';
import { openPostgresStore } from './postgres-store.ts';

const server = usePostgres();

const place = (name: string): string => `127.0.0.1:${server().port}/${name}`;

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
    expect(await storeRefusal({ address })).toBe(
      "PB_STORE 127.0.0.1:1/x: the store can't be reached: connection refused (ECONNREFUSED) " +
        '[Start the server, or check host and port of the store.]',
    );
  });

  it('is named where it says nothing', async () => {
    const port = await listen(() => undefined);
    const address = server().address('x', { port, parameters: 'connect_timeout=1' });
    expect(await storeRefusal({ address })).toBe(
      `PB_STORE 127.0.0.1:${port}/x: the store can't be reached: no answer within 1 s ` +
        '[Start the server, or check host and port of the store.]',
    );
  });

  it('is named where it is another program', async () => {
    const port = await listen((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    expect(await storeRefusal({ address: server().address('x', { port }) })).toBe(
      `PB_STORE 127.0.0.1:${port}/x: what listens there is no PostgreSQL server ` +
        '[Start the server, or check host and port of the store.]',
    );
  });

  it('is named where it hangs up', async () => {
    const port = await listen((socket) => socket.once('data', () => socket.destroy()));
    expect(await storeRefusal({ address: server().address('x', { port, parameters: 'sslmode=disable' }) })).toMatch(
      new RegExp(`^PB_STORE 127.0.0.1:${port}/x: (?:the connection broke|the store can't be reached)`),
    );
  });

  it('is named where its socket is not there', async () => {
    expect(await storeRefusal({ address: 'postgres://me@/x?host=/nowhere' })).toMatch(
      /^PB_STORE \/nowhere:5432\/x: the store can't be reached: no such file/,
    );
  });
});

describe('a log-in', () => {
  it('is refused with a wrong password, which is not shown', async () => {
    const address = server().address('postgres', { password: 'S3cret-and-wrong' });
    const text = await storeRefusal({ address });
    expect(text).not.toContain('S3cret');
    expect(text).toBe(
      `PB_STORE ${place('postgres')}: the server refuses user "owner" with this password ` +
        '[Set PGPASSWORD, or mend the line of ~/.pgpass.]',
    );
  });

  it('is refused without a password', async () => {
    expect(await storeRefusal({ address: server().address('postgres', { password: undefined }) })).toBe(
      `PB_STORE 127.0.0.1:${server().port}: the server wants a password for user "owner": none is given ` +
        '[Set PGPASSWORD, or put a line host:port:database:user:password into ~/.pgpass (mode 600).]',
    );
  });

  it('takes the password of the environment, and the way through a socket', async () => {
    const name = databaseOf(await server().newDatabase());
    const address = server().address(name, { host: server().socketFolder, password: undefined });
    await using store = await openPostgresStore({ address, environment: { PGPASSWORD: postgresPassword } });
    expect(await store.listRuns()).toEqual([]);
  });

  it('is refused to a database that is not there', async () => {
    expect(await storeRefusal({ address: server().address('nowhere') })).toBe(
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
    const name = databaseOf(await server().newDatabase());
    const address = server().address(name, { user: 'guest', password: 'guest-of-9' });
    expect(await storeRefusal({ address })).toBe(
      `PB_STORE ${place(name)}: user "guest" lacks a right (permission denied for schema public) ` +
        `[Let the owner of the database run: ${grants}]`,
    );
    await server().query(grants, name);
    expect(await storeRefusal({ address })).toBe('the store was opened and written');
  });

  it('to read are enough for those who read', async () => {
    const made = await server().newDatabase();
    await fill(made, 3);
    await server().query('grant select on all tables in schema public to guest', databaseOf(made));
    const address = server().address(databaseOf(made), { user: 'guest', password: 'guest-of-9' });
    await using store = await openPostgresStore({ address, access: 'read' });
    expect((await store.finishedItemIds('cell-0')).size).toBe(3);
    expect(await storeRefusal({ address })).toContain('user "guest" lacks a right (permission denied for table ');
    await server().query(grants, databaseOf(made));
    expect(await storeRefusal({ address })).toBe('the store was opened and written');
  });
});
