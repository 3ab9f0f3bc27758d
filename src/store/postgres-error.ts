import { StoreError } from '../core/errors.ts';
import { isSystemError, systemErrorWords } from '../core/system-error.ts';
import type { PostgresAddress } from './postgres-address.ts';

/** What PostgreSQL answers when it refuses; `code` is an SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html. */
interface ServerAnswer extends Error {
  readonly code: string;
  readonly severity: string;
}

export function isServerAnswer(error: unknown): error is ServerAnswer {
  return error instanceof Error && 'severity' in error && 'code' in error && /^[\dA-Z]{5}$/.test(String(error.code));
}

/** Connections that failed or were ended, servers that stop or start, none left for now, and idle ones that were ended. */
const passingStates = /^(?:08...|57P0[1235]|53300|25P03)$/;

/** What `pg` says where a connection breaks, which the system has no code for. */
const brokenConnection =
  /^(?:Connection terminated|Client has encountered a connection error|Client was closed|timeout expired|Query read timeout)/;

/** Whether the connection or the server is gone for now, so that it may work again later. */
export function isLostConnection(error: unknown): boolean {
  if (isServerAnswer(error)) return passingStates.test(error.code);
  return isSystemError(error) || (error instanceof Error && brokenConnection.test(error.message));
}

/** Whether the server has undone a transaction since another one was in its way. */
export function isUndone(error: unknown): boolean {
  return isServerAnswer(error) && ['40001', '40P01'].includes(error.code);
}

/** Of the answer to a request for TLS. */
const noTls = 'The server does not support SSL connections';

/** Whether TLS is what the server doesn't offer, or doesn't take from this machine. */
export function isWithoutTls(error: unknown): boolean {
  return (error instanceof Error && error.message === noTls) || (isServerAnswer(error) && error.code === '28000');
}

interface Explanation {
  readonly message: string;
  readonly hint: string;
}

/** What the user must know about a failure of PostgreSQL; anything else comes back as it is: it is a bug of ours. */
export function explainPostgresError(error: unknown, address: PostgresAddress): unknown {
  if (error instanceof StoreError || !(error instanceof Error)) return error;
  const explanation = isServerAnswer(error) ? explainAnswer(error, address) : explainConnection(error, address);
  if (explanation === undefined) return error;
  const { message, hint } = explanation;
  return new StoreError(`${placeOf(address)}: ${message}`, { hint, cause: error });
}

export function placeOf({ host, port, database }: Pick<PostgresAddress, 'host' | 'port' | 'database'>): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;
}

const unreachable = 'Start the server, or check host and port of the store.';

function explainConnection(error: Error, { tlsMode, connectTimeoutMs }: PostgresAddress): Explanation | undefined {
  if (error.message === noTls) {
    return {
      message: `the server offers no TLS, and sslmode is ${tlsMode}`,
      hint: 'Turn TLS on in the server, or use sslmode=prefer where the network is trusted.',
    };
  }
  if ('code' in error && /CERT|SIGNATURE|ISSUER|^ERR_(?:TLS|SSL|OSSL)/.test(String(error.code))) {
    return {
      message: `the server's certificate is not trusted (${error.message})`,
      hint: 'Name the file of its certificate authority with sslrootcert, and the server as its certificate does.',
    };
  }
  if (isSystemError(error)) {
    return { message: `the store can't be reached: ${systemErrorWords(error)}`, hint: unreachable };
  }
  if (error.message.startsWith('There was an error establishing an SSL connection')) {
    return { message: 'what listens there is no PostgreSQL server', hint: unreachable };
  }
  if (error.message.startsWith('timeout expired')) {
    return { message: `the store can't be reached: no answer within ${connectTimeoutMs / 1000} s`, hint: unreachable };
  }
  if (error.message.startsWith('SASL: ')) {
    return { message: `the log-in failed (${error.message})`, hint: 'Check that this is the server that you mean.' };
  }
  if (brokenConnection.test(error.message)) {
    return { message: `the connection broke (${error.message})`, hint: unreachable };
  }
  return undefined;
}

const free = 'Free some space there, then run the same command again: it resumes where it stopped.';

function explainAnswer(error: ServerAnswer, { host, port, user, database }: PostgresAddress): Explanation | undefined {
  const said = error.message;
  switch (error.code) {
    case '28P01':
      return {
        message: `the server refuses user "${user}" with this password`,
        hint: 'Set PGPASSWORD, or mend the line of ~/.pgpass.',
      };
    case '28000':
      return { message: `the server refuses user "${user}" (${said})`, hint: 'Check user and sslmode of the store.' };
    case '3D000':
      return {
        message: `there is no database "${database}"`,
        hint: `Make it: createdb --host ${host} --port ${port} --username ${user} ${database}`,
      };
    case '42501':
      return {
        message: `user "${user}" lacks a right (${said})`,
        hint: `Let the owner of the database run: GRANT ALL ON SCHEMA public TO ${user}; GRANT ALL ON ALL TABLES IN SCHEMA public TO ${user}`,
      };
    case '42P01':
      return { message: `a part of the store is gone (${said})`, hint: 'Restore the database from a backup.' };
    case '53100':
      return { message: 'the disk of the server is full; everything saved so far is kept', hint: free };
    case '53300':
      return {
        message: `the server has no connection left (${said})`,
        hint: 'Raise max_connections in the server, or put a pooler before it.',
      };
    case '25006':
      return { message: `the server can only be read (${said})`, hint: 'Name the primary server as the store.' };
    default:
      // Wrong SQL and broken constraints are bugs of ours.
      return /^(?:2[23]|42)/.test(error.code)
        ? undefined
        : { message: `PostgreSQL says: ${said} (${error.code})`, hint: "See the server's log." };
  }
}
