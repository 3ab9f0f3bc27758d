import { isSecretName } from './without-secrets.ts';

/** Whether a store is on a server: `postgres://…`. Anything else names a file. */
export function isServerStore(address: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(address);
}

/** User and password of an address. Of a password that should have been encoded, all up to the last `@`. */
const userPassword = /^([a-z]+:\/\/[^/?#:@]*):(?:[^?]*|(?!\d*(?:[/?#,]|$)).*)@/i;

/** The address of a store as it may be shown, stored and typed: without a password, which then comes from elsewhere. */
export function withoutPassword(address: string): string {
  const [place = '', query] = address.replace(userPassword, '$1@').split(/\?(.*)/s);
  const kept = query?.split('&').filter((entry) => !isSecretName(entry.split('=')[0] ?? ''));
  return kept === undefined || kept.length === 0 ? place : `${place}?${kept.join('&')}`;
}
