import { describe, expect, it } from 'vitest';
import { UsageError } from '../core/errors.ts';
import { withoutPassword } from '../core/store-address.ts';
import { parsePostgresAddress } from './postgres-address.ts';

const bare = {
  host: 'localhost',
  port: 5432,
  user: 'me',
  database: 'me',
  password: undefined,
  tlsMode: 'prefer',
  rootCertificates: undefined,
  connectTimeoutMs: 10_000,
};

const read = (address: string, environment = {}): unknown => parsePostgresAddress(address, environment, 'me');

describe('the address of a store on a server', () => {
  it.each([
    ['postgres://', {}],
    ['postgresql:///results', { database: 'results' }],
    ['POSTGRES://db.example', { host: 'db.example' }],
    ['postgres://db:6543/results', { host: 'db', port: 6543, database: 'results' }],
    ['postgres://you@db/results', { host: 'db', user: 'you', database: 'results' }],
    ['postgres://you:pw@db', { host: 'db', user: 'you', password: 'pw', database: 'you' }],
    ['postgres://you:p%40w%3A%2F%25@db/a%20b', { host: 'db', user: 'you', password: 'p@w:/%', database: 'a b' }],
    ['postgres://you:p@w:x@db/results', { host: 'db', user: 'you', password: 'p@w:x', database: 'results' }],
    ['postgres://[::1]:5433/results', { host: '::1', port: 5433, database: 'results' }],
    ['postgres://you@%2Frun%2Fpostgresql/results', { host: '/run/postgresql', user: 'you', database: 'results' }],
    ['postgres://you@/results?host=/run/postgresql', { host: '/run/postgresql', user: 'you', database: 'results' }],
    ['postgres:///x?dbname=results&user=you&port=1', { database: 'results', user: 'you', port: 1 }],
    ['postgres://?password=a=b+c', { password: 'a=b+c' }],
    ['postgres://?sslmode=verify-full&sslrootcert=system', { tlsMode: 'verify-full', rootCertificates: 'system' }],
    ['postgres://?connect_timeout=3', { connectTimeoutMs: 3_000 }],
  ])('is read: %s', (address, expected) => {
    expect(read(address)).toEqual({ ...bare, ...expected });
  });

  it("takes what it leaves out from libpq's variables, where they are given", () => {
    const environment = {
      PGHOST: 'db',
      PGPORT: '6543',
      PGUSER: 'you',
      PGPASSWORD: 'pw',
      PGDATABASE: 'results',
      PGSSLMODE: 'require',
      PGSSLROOTCERT: '/ca.pem',
      PGCONNECT_TIMEOUT: '2',
    };
    const expected = {
      host: 'db',
      port: 6543,
      user: 'you',
      password: 'pw',
      database: 'results',
      tlsMode: 'require',
      rootCertificates: '/ca.pem',
      connectTimeoutMs: 2_000,
    };
    expect(read('postgres://', environment)).toEqual(expected);
    expect(read('postgres://she:her@there:1/hers?sslmode=disable', environment)).toEqual({
      ...expected,
      host: 'there',
      port: 1,
      user: 'she',
      password: 'her',
      database: 'hers',
      tlsMode: 'disable',
    });
    expect(read('postgres://', { PGHOST: '' })).toEqual(bare);
  });

  it.each([
    'postgres:/db/results',
    'postgres://you:s3cretword/x@db/results',
    'postgres://you:s3cretword#x@db/results',
    'postgres://you:s3cret%word@db/results',
    'postgres://you:12?s3cretword@db/results',
    'postgres://db-1,db-2/results',
    'postgres://db:port/results',
  ])('is refused without a word of it: %s', (address) => {
    const hint =
      'Write postgres://user@host:5432/database, with / ? # @ : and % in a name or password as %2F %3F %23 %40 %3A %25.';
    const refusal = new UsageError('the address of the store is none of a PostgreSQL database', { hint });
    expect(() => read(address)).toThrow(refusal);
    expect(withoutPassword(address)).not.toContain('s3cret');
  });

  it.each([
    ['postgres://db:0/x', 'port of the store must be a whole number from 1 to 65535, got "0"'],
    ['postgres://db:65536/x', 'port of the store must be a whole number from 1 to 65535, got "65536"'],
    [
      'postgres://db/x?sslmode=maybe',
      'sslmode of the store must be one of disable, prefer, require, verify-ca, verify-full, got "maybe"',
    ],
    [
      'postgres://db/x?schema=public',
      'unknown parameter "schema" in the address of the store; known: host, port, user, password, dbname, sslmode, ' +
        'sslrootcert, connect_timeout',
    ],
  ])('names what is wrong in %s', (address, message) => {
    expect(() => read(address)).toThrow(new UsageError(message));
  });
});
