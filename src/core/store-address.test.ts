import { expect, it } from 'vitest';
import { UsageError } from './errors.ts';
import { checkStoreAddress, isServerStore, withoutPassword } from './store-address.ts';

it.each([
  ['postgres://me@host/db', true],
  ['PostgreSQL://host', true],
  ['.perbench/perbench.db', false],
  ['postgres.db', false],
  ['/srv/postgres:/x.db', false],
])('tells servers from files: %s', (address, isServer) => {
  expect(isServerStore(address)).toBe(isServer);
});

it.each([
  ['postgres://host/db', 'postgres://host/db'],
  ['postgres://me@host:5432/db?sslmode=require', 'postgres://me@host:5432/db?sslmode=require'],
  ['postgres://host:5432/db?application_name=a@b', 'postgres://host:5432/db?application_name=a@b'],
  ['postgres://me:pw@host/db', 'postgres://me@host/db'],
  ['postgres://me:p%40w@host:5432/db', 'postgres://me@host:5432/db'],
  ['postgresql://:pw@/db?host=/run/postgresql', 'postgresql:///db?host=/run/postgresql'],
  ['postgres://[::1]:5433/a%20b', 'postgres://[::1]:5433/a%20b'],
  ['postgres://', 'postgres://'],
  ['postgres://me@host/db?password=pw&sslmode=require', 'postgres://me@host/db?sslmode=require'],
  ['postgres://me@host/db?sslpassword=pw', 'postgres://me@host/db'],
  ['what?password=pw.db', 'what?password=pw.db'],
  // Not addresses, since their passwords should have been encoded; shown all the same, in errors.
  ['postgres://me:p@w@host/db', 'postgres://me@host/db'],
  ['postgres://me:p/w@host/db', 'postgres://me@host/db'],
  ['postgres://me:p?w@host/db', 'postgres://me@host/db'],
  ['postgres://me:12?w@host/db', 'postgres://me@host/db'],
  ['postgres://me:1/w@host/db', 'postgres://me@host/db'],
])('shows %s without its password', (address, shown) => {
  expect(withoutPassword(address)).toBe(shown);
});

it.each([
  'postgress://owner:secret@host/db',
  'postgres:/owner:secret@host/db',
  'postgresql:owner:secret@host/db',
  'mysql://owner:secret@host/db',
  'jdbc+pg://owner:secret@host/db',
])('takes no address of another kind for a file: %s', (address) => {
  expect(() => checkStoreAddress(address)).toThrow(
    new UsageError('the store is neither a file nor the address of a PostgreSQL database', {
      hint: 'Write postgres://user@host:5432/database, or the path of a file.',
    }),
  );
});

it.each(['postgres://me@host/db', ':memory:', 'postgres.db', './mysql://x.db', 'a:b.db', '/srv/postgres:/x.db'])(
  'takes %s for a file or an address',
  (address) => {
    expect(() => checkStoreAddress(address)).not.toThrow();
  },
);
