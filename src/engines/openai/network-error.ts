import { ServerError } from '../../core/errors.ts';
import { errorCode } from './retry-policy.ts';

const certificate =
  'Check the certificate and the name in the address; NODE_EXTRA_CA_CERTS names a file with an authority of your own.';
const tooManyConnections = 'Ask with less concurrency, or raise the limit of open files (ulimit -n).';

/** What to do about errors of the network that won't pass by themselves; the first pattern that fits. */
const hints: readonly (readonly [RegExp, string])[] = [
  [/^ENOTFOUND$/, 'Check the host in the address.'],
  [/CERT|SIGNATURE|^ERR_TLS/, certificate],
  [/^EPROTO$|SSL/, 'Check whether the server speaks https; if it does not, the address begins with http://.'],
  [/^E[MN]FILE$/, tooManyConnections],
  [/^EADDRNOTAVAIL$/, 'Ask with less concurrency: this machine has no port left for another connection.'],
];

/** An error that the network or the system gave a code, as one line for people; undefined for what may be a bug. */
export function networkError(error: unknown, url: string): ServerError | undefined {
  // Node gives its complaints about wrong arguments codes too.
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return undefined;
  const code = errorCode(error);
  if (code === undefined || code.startsWith('PB_')) return undefined;
  const [line = ''] = error.message.trim().split('\n');
  const hint = hints.find(([pattern]) => pattern.test(code))?.[1] ?? 'Check the address and the network.';
  return new ServerError(`no connection (${code}): ${line.replace(/:$/, '')}`, { url }, { hint, cause: code });
}
