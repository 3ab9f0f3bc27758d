import { UsageError } from '../core/errors.ts';

/** Which values of `sslmode` there are, as libpq means them: https://www.postgresql.org/docs/current/libpq-ssl.html. */
export const tlsModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type TlsMode = (typeof tlsModes)[number];

/** Where a database is, and how it is reached. */
export interface PostgresAddress {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Of the address or the environment; never shown. */
  readonly password: string | undefined;
  readonly tlsMode: TlsMode;
  /** A file with the certificates that are trusted, or `system`. */
  readonly rootCertificates: string | undefined;
  readonly connectTimeoutMs: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const shape =
  /^(?<scheme>postgres(?:ql)?:\/\/)(?:(?<user>[^:/?#]*?)(?::(?<password>[^/?#]*))?@)?(?<host>\[[^\]/?#]*\]|[^:/?#@,]*)(?::(?<port>\d*))?(?:\/(?<database>[^?#]*))?(?:\?(?<query>[^#]*))?$/i;

/** Parameters behind the question mark, with the variable that each has in libpq. */
const parameters = {
  host: 'PGHOST',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  dbname: 'PGDATABASE',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  connect_timeout: 'PGCONNECT_TIMEOUT',
} as const;
type Parameter = keyof typeof parameters;

const isParameter = (name: string): name is Parameter => Object.hasOwn(parameters, name);

/**
 * Reads the address of a store on a server, `postgres://user:password@host:port/database?sslmode=require`. What it leaves
 * out is taken from libpq's variables, then from its defaults; the host is `localhost` by default.
 *
 * @param userName of the system
 * @throws {UsageError} if it isn't one
 */
export function parsePostgresAddress(address: string, environment: Environment, userName: string): PostgresAddress {
  const values = valuesOf(piecesOf(address));
  const value = (name: Parameter): string | undefined => values[name] || environment[parameters[name]] || undefined;
  const user = value('user') ?? userName;
  return {
    host: value('host') ?? 'localhost',
    port: wholeNumber('port', value('port') ?? '5432', 1, 65_535),
    user,
    database: value('dbname') ?? user,
    password: value('password'),
    tlsMode: tlsModeOf(value('sslmode') ?? 'prefer'),
    rootCertificates: value('sslrootcert'),
    connectTimeoutMs: 1000 * wholeNumber('connect_timeout', value('connect_timeout') ?? '10', 1, 3600),
  };
}

/** Neither the address nor a part of it is in the message: what is misplaced may be the password. */
function unreadable(): UsageError {
  return new UsageError('the address of the store is none of a PostgreSQL database', {
    hint: 'Write postgres://user@host:5432/database, with / ? # @ : and % in a name or password as %2F %3F %23 %40 %3A %25.',
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    if (!(cause instanceof URIError)) throw cause;
    throw unreadable();
  }
}

/** As written. */
type Pieces = Readonly<Record<string, string | undefined>>;

function piecesOf(address: string): Pieces {
  const found = shape.exec(address)?.groups;
  if (found === undefined) throw unreadable();
  return found;
}

function valuesOf({ user, password, host, port, database, query = '' }: Pieces): Partial<Record<Parameter, string>> {
  const values: Partial<Record<Parameter, string>> = {};
  const own = { user, password, host: host?.replace(/^\[(.*)\]$/, '$1'), port, dbname: database };
  for (const [name, text = ''] of Object.entries(own)) values[name as Parameter] = decoded(text);
  for (const each of query.split('&').filter((text) => text !== '')) {
    const [name = '', ...rest] = each.split('=');
    if (!isParameter(name)) {
      // What isn't a name may be a part of a password.
      if (!/^[a-z_]+$/.test(name)) throw unreadable();
      const known = Object.keys(parameters).join(', ');
      throw new UsageError(`unknown parameter "${name}" in the address of the store; known: ${known}`);
    }
    values[name] = decoded(rest.join('='));
  }
  return values;
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`${name} of the store must be a whole number from ${least} to ${most}, got "${text}"`);
}

function tlsModeOf(text: string): TlsMode {
  const mode = tlsModes.find((each) => each === text);
  if (mode !== undefined) return mode;
  throw new UsageError(`sslmode of the store must be one of ${tlsModes.join(', ')}, got "${text}"`);
}
