import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { databaseOf, storeRefusal } from '../../test/setup/store-refusal.ts';
import { usePostgres } from '../../test/setup/use-postgres.ts';
import { openPostgresStore } from './postgres-store.ts';

const server = usePostgres();
const isWithOpenssl = spawnSync('openssl', ['version']).status === 0;

const place = (name: string): string => `127.0.0.1:${server().port}/${name}`;

describe('TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'perbench-tls-'));

  it('that is wanted and not offered is named', async () => {
    const address = server().address(databaseOf(await server().newDatabase()), { parameters: 'sslmode=require' });
    expect(await storeRefusal({ address })).toMatch(
      /: the server offers no TLS, and sslmode is require \[Turn TLS on in the server, or use sslmode=prefer where the network is trusted\.\]$/,
    );
  });

  it('needs the certificates that are trusted, where they count', async () => {
    const parameters = 'sslmode=verify-full';
    expect(await storeRefusal({ address: server().address('x', { parameters }) })).toBe(
      `PB_STORE ${place('x')}: sslmode verify-full needs the certificates that are trusted ` +
        '[Name their file with sslrootcert, or say sslrootcert=system.]',
    );
    expect(
      await storeRefusal({ address: server().address('x', { parameters: `${parameters}&sslrootcert=/no/ca.pem` }) }),
    ).toBe(
      "PB_STORE /no/ca.pem: the trusted certificates can't be read: no such file [Name another file with sslrootcert.]",
    );
  });

  describe('of a server that has it', () => {
    beforeAll(async () => {
      if (!isWithOpenssl) return;
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
      const name = databaseOf(await server().newDatabase());
      const address = server().address(name, { host, parameters });
      const refused = await storeRefusal({ address });
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

    it.for([
      ['127.0.0.1', '', true],
      ['127.0.0.1', 'sslmode=disable', false],
      ['127.0.0.1', 'sslmode=require', true],
      ['127.0.0.1', `sslmode=require&sslrootcert=${own}`, true],
      ['127.0.0.1', `sslmode=verify-ca&sslrootcert=${own}`, true],
      ['localhost', `sslmode=verify-full&sslrootcert=${own}`, true],
    ] as const)('is used as asked for: %s, %s', async ([host, parameters, expected], { skip }) => {
      if (!isWithOpenssl) skip('openssl is not installed');
      expect(await isEncrypted(host, parameters)).toBe(expected);
    });

    it.for([
      ['127.0.0.1', `sslmode=verify-full&sslrootcert=${own}`],
      ['127.0.0.1', `sslmode=require&sslrootcert=${other}`],
      ['localhost', `sslmode=verify-ca&sslrootcert=${other}`],
      ['localhost', 'sslmode=verify-full&sslrootcert=system'],
    ] as const)('refuses a server that it should not trust: %s, %s', async ([host, parameters], { skip }) => {
      if (!isWithOpenssl) skip('openssl is not installed');
      expect(await isEncrypted(host, parameters)).toMatch(
        /^PB_STORE \S+: the server's certificate is not trusted \(.*\) \[Name the file of its certificate authority/,
      );
    });
  });
});
