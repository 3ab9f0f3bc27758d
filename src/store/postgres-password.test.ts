import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { withoutKnownSecrets } from '../core/without-secrets.ts';
import { parsePostgresAddress } from './postgres-address.ts';
import { findPassword, passwordIn } from './postgres-password.ts';

const wanted = { host: 'db', port: 5432, database: 'results', user: 'me' };

describe('a password file', () => {
  it.each([
    ['db:5432:results:me:pw', 'pw'],
    ['*:*:*:*:pw', 'pw'],
    ['other:*:*:*:no\ndb:*:*:*:first\n*:*:*:*:second', 'first'],
    ['#db:5432:results:me:no\ndb:5432:results:me:pw\r\n', 'pw'],
    [String.raw`db:5432:results:me:a\:b\\c`, String.raw`a:b\c`],
    ['db:5432:results:me:a:b', 'a:b'],
    ['db:5432:results:me: pw ', ' pw '],
    ['db:5433:results:me:no', undefined],
    ['db:5432:result:me:no', undefined],
    ['db:5432:results:you:no', undefined],
    [String.raw`\*:5432:results:me:no`, undefined],
    ['db*:5432:results:me:no', undefined],
    ['db:5432:results', undefined],
    ['', undefined],
  ])('is read as libpq reads it: %j', (content, expected) => {
    expect(passwordIn(content, wanted)).toBe(expected);
  });

  it('takes escapes in names, and localhost for the usual socket', () => {
    expect(passwordIn(String.raw`d\:b:*:*:*:pw`, { ...wanted, host: 'd:b' })).toBe('pw');
    expect(passwordIn('localhost:*:*:*:pw', { ...wanted, host: '/var/run/postgresql' })).toBe('pw');
    expect(passwordIn('localhost:*:*:*:pw', { ...wanted, host: '/srv/socket' })).toBeUndefined();
  });
});

function homeWith(line: string, mode = 0o600): string {
  const home = mkdtempSync(join(tmpdir(), 'perbench-home-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  writeFileSync(join(home, '.pgpass'), line);
  chmodSync(join(home, '.pgpass'), mode);
  return home;
}

const find = async (address: string, environment = {}, home?: string): Promise<string> =>
  findPassword(parsePostgresAddress(address, environment, 'me'), environment, home);

describe('the password of a store', () => {
  it('is that of the address, then of the environment, then of the file', async () => {
    const home = homeWith('*:*:*:*:of-the-file');
    const environment = { PGPASSWORD: 'of-the-environment' };
    expect(await find('postgres://me:of-the-address@db', environment, home)).toBe('of-the-address');
    expect(await find('postgres://me@db', environment, home)).toBe('of-the-environment');
    expect(await find('postgres://me@db', {}, home)).toBe('of-the-file');
    expect(await find('postgres://me@db', { PGPASSFILE: join(home, '.pgpass') })).toBe('of-the-file');
  });

  it.each([
    ['postgres://me:Tr0ub4dor%26one@db', {}, 'Tr0ub4dor&one'],
    ['postgres://me@db', { PGPASSWORD: 'Tr0ub4dor&two' }, 'Tr0ub4dor&two'],
  ])('is removed from every text from then on: %s', async (address, environment, password) => {
    await find(address, environment);
    expect(withoutKnownSecrets(`it is ${password}!`)).toBe('it is [removed]!');
  });

  it('is said to be missing, with where it was looked for', async () => {
    const start = 'db:5432: the server wants a password for user "me": ';
    const open = homeWith('*:*:*:*:pw', 0o640);
    const other = homeWith('elsewhere:*:*:*:pw');
    await expect(find('postgres://me@db')).rejects.toThrow(`${start}none is given`);
    await expect(find('postgres://me@db', {}, open)).rejects.toThrow(
      `${start}${open}/.pgpass isn't used, as others may read it (chmod 600 it)`,
    );
    await expect(find('postgres://me@db', {}, other)).rejects.toThrow(
      `${start}no line of ${other}/.pgpass is for it, and PGPASSWORD isn't set`,
    );
    await expect(find('postgres://me@db', {}, '/nowhere')).rejects.toThrow(
      `${start}there is no /nowhere/.pgpass, and PGPASSWORD isn't set`,
    );
    await expect(find('postgres://me@db', { PGPASSFILE: tmpdir() })).rejects.toThrow(start);
  });
});
