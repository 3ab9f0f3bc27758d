import { isSecretName } from './without-secrets.ts';

/** Whether a store is on a server: `postgres://…`. Anything else names a file. */
export function isServerStore(address: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(address);
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
