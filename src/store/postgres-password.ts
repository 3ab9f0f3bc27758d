import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '../core/errors.ts';
import { isSystemError, systemErrorWords } from '../core/system-error.ts';
import { rememberSecrets } from '../core/without-secrets.ts';
import type { Environment, PostgresAddress } from './postgres-address.ts';

const defaultSocketFolders = ['/var/run/postgresql', '/run/postgresql', '/tmp'];

/**
 * The password for a server, asked for only when the server asks: that of the address or `PGPASSWORD`, else of the
 * password file (https://www.postgresql.org/docs/current/libpq-pgpass.html). It is removed from every text from now on.
 *
 * @throws {StoreError} if there is none
 */
export async function findPassword(
  address: PostgresAddress,
  environment: Environment,
  homeFolder: string | undefined,
): Promise<string> {
  const password = address.password ?? (await passwordInFile(address, environment, homeFolder));
  rememberSecrets([password]);
  return password;
}

async function passwordInFile(
  address: PostgresAddress,
  environment: Environment,
  homeFolder: string | undefined,
): Promise<string> {
  const file = environment['PGPASSFILE'] || (homeFolder === undefined ? undefined : join(homeFolder, '.pgpass'));
  const found = file === undefined ? { reason: 'none is given' } : await lookUp(file, address);
  if (typeof found === 'string') return found;
  const { host, port, user } = address;
  throw new StoreError(`${host}:${port}: the server wants a password for user "${user}": ${found.reason}`, {
    hint: 'Set PGPASSWORD, or put a line host:port:database:user:password into ~/.pgpass (mode 600).',
  });
}

interface Missing {
  readonly reason: string;
}

async function lookUp(file: string, address: PostgresAddress): Promise<string | Missing> {
  try {
    // libpq doesn't read it then either.
    const isOpen = process.platform !== 'win32' && ((await stat(file)).mode & 0o077) !== 0;
    if (isOpen) return { reason: `${file} isn't used, as others may read it (chmod 600 it)` };
    const password = passwordIn(await readFile(file, 'utf8'), address);
    return password ?? { reason: `no line of ${file} is for it, and PGPASSWORD isn't set` };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const reason = error.code === 'ENOENT' ? 'there is no' : `${systemErrorWords(error)}:`;
    return { reason: `${reason} ${file}, and PGPASSWORD isn't set` };
  }
}

const passFileLine = /^((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):(.*)$/;

/**
 * The password of the first line that fits: `host:port:database:user:password`, where `*` fits everything and a backslash
 * takes the character behind it as it is.
 */
export function passwordIn(
  content: string,
  { host, port, database, user }: Pick<PostgresAddress, 'host' | 'port' | 'database' | 'user'>,
): string | undefined {
  const hosts = defaultSocketFolders.includes(host) ? [host, 'localhost'] : [host];
  const wanted: readonly (readonly string[])[] = [hosts, [String(port)], [database], [user]];
  for (const line of content.split(/\r?\n/)) {
    const [, ...fields] = (line.startsWith('#') ? null : passFileLine.exec(line)) ?? [];
    const fits = wanted.every((values, index) => {
      const field = fields[index];
      return field !== undefined && (field === '*' || values.includes(plain(field)));
    });
    if (fits) return plain(fields[4] ?? '');
  }
  return undefined;
}

const plain = (field: string): string => field.replaceAll(/\\(.)/g, '$1');
