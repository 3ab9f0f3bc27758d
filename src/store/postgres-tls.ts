import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkServerIdentity, type ConnectionOptions, getCACertificates } from 'node:tls';
import { StoreError } from '../core/errors.ts';
import { isSystemError, systemErrorWords } from '../core/system-error.ts';
import { placeOf } from './postgres-error.ts';
import type { PostgresAddress } from './postgres-address.ts';

/**
 * Ways to connect, the first that works counts: TLS with these options, or none. As libpq does it, a file of trusted
 * certificates makes `require` check them, and Unix sockets have no TLS.
 *
 * @throws {StoreError} if the trusted certificates can't be read
 */
export function tlsWays(
  address: PostgresAddress,
  homeFolder: string | undefined,
): readonly (ConnectionOptions | false)[] {
  const { host, tlsMode } = address;
  if (tlsMode === 'disable' || host.startsWith('/')) return [false];
  if (tlsMode === 'prefer') return [{ rejectUnauthorized: false }, false];
  const ca = rootCertificates(address, homeFolder);
  if (ca === undefined) return [{ rejectUnauthorized: false }];
  const isNameChecked = tlsMode === 'verify-full';
  return [
    {
      ca,
      checkServerIdentity: (_, certificate) => (isNameChecked ? checkServerIdentity(host, certificate) : undefined),
    },
  ];
}

function rootCertificates(address: PostgresAddress, homeFolder: string | undefined): string | string[] | undefined {
  const { tlsMode, rootCertificates: named } = address;
  if (named === 'system') return [...getCACertificates('default'), ...getCACertificates('system')];
  const own = homeFolder === undefined ? undefined : join(homeFolder, '.postgresql/root.crt');
  const file = named ?? (own !== undefined && existsSync(own) ? own : undefined);
  if (file === undefined) {
    if (tlsMode === 'require') return undefined;
    throw new StoreError(`${placeOf(address)}: sslmode ${tlsMode} needs the certificates that are trusted`, {
      hint: 'Name their file with sslrootcert, or say sslrootcert=system.',
    });
  }
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw new StoreError(`${file}: the trusted certificates can't be read: ${systemErrorWords(cause)}`, {
      hint: 'Name another file with sslrootcert.',
      cause,
    });
  }
}
