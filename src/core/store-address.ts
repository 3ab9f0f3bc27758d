import { UsageError } from './errors.ts';
import { isSecretName } from './without-secrets.ts';

/** Whether a store is on a server: `postgres://…`. Anything else names a file. */
export function isServerStore(address: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(address);
}

/**
 * Refuses what was meant as an address of a server and isn't one, such as `postgress://…`: taken as a file, it would have its
 * password in the names of folders. Nothing of it is in the message.
 *
 * @throws {UsageError}
 */
export function checkStoreAddress(address: string): void {
  if (isServerStore(address) || !/^(?:[a-z][a-z\d+.-]*:\/\/|postgres(?:ql)?:)/i.test(address)) return;
  throw new UsageError('the store is neither a file nor the address of a PostgreSQL database', {
    hint: 'Write postgres://user@host:5432/database, or the path of a file.',
  });
}

/** User and password of an address. Of a password that should have been encoded, all up to the last `@`. */
const userPassword = /^([a-z]+:\/\/)([^/?#:@]*):(?:[^?]*|(?!\d*(?:[/#,]|\?[^@]*(?:=|$)|$)).*)@/i;

/** A store as it may be shown, kept and typed: without a password in its address, which then comes from elsewhere. */
export function withoutPassword(address: string): string {
  if (!isServerStore(address)) return address;
  const withoutUserPassword = address.replace(
    userPassword,
    (_, scheme: string, user: string) => scheme + (user === '' ? '' : `${user}@`),
  );
  const [place = '', query] = withoutUserPassword.split(/\?(.*)/s);
  const kept = query?.split('&').filter((entry) => !isSecretName(entry.split('=')[0] ?? ''));
  return kept === undefined || kept.length === 0 ? place : `${place}?${kept.join('&')}`;
}
