import { UsageError } from './errors.ts';

/** Proxies as the environment names them; undefined where it names none. */
export interface ProxySettings {
  readonly http: string | undefined;
  readonly https: string | undefined;
  /** Hosts that are asked directly, joined by commas or spaces. */
  readonly none: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The lower-case variable goes first, as in curl; an empty one turns the other off. */
function variable(environment: Environment, name: string): string | undefined {
  const value = environment[name.toLowerCase()] ?? environment[name];
  return value?.trim() === '' ? undefined : value?.trim();
}

/** What `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say, in lower or upper case. */
export function proxySettings(environment: Environment): ProxySettings {
  const all = variable(environment, 'ALL_PROXY');
  const http = variable(environment, 'HTTP_PROXY') ?? all;
  return {
    http,
    https: variable(environment, 'HTTPS_PROXY') ?? all ?? http,
    none: variable(environment, 'NO_PROXY'),
  };
}

export function isLoopbackHost(hostname: string): boolean {
  return /^(?:localhost|\[::1\]|127(?:\.\d{1,3}){3})$/i.test(hostname);
}

const bareHost = (hostname: string): string =>
  hostname
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^\[(.+)\]$/, '$1');

/** The bits of an IP address; undefined for another host. */
function addressBits(host: string): string | undefined {
  const bits = (parts: readonly string[], radix: number, width: number): string =>
    parts.map((part) => Number.parseInt(part, radix).toString(2).padStart(width, '0')).join('');
  if (/^(?:\d{1,3}\.){3}\d{1,3}$/.test(host)) return bits(host.split('.'), 10, 8);
  if (!/^[\da-f]*:[\da-f:]*$/i.test(host)) return undefined;
  const [before = [], after = []] = host.split('::').map((half) => half.split(':').filter((part) => part !== ''));
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return bits([...before, ...zeros, ...after], 16, 16);
}

/** Whether a host is an address in a range such as `10.0.0.0/8` or `fd00::/8`. */
function isInRange(host: string, range: string): boolean {
  const [network = '', length = ''] = range.split('/');
  const [own, other] = [addressBits(host), addressBits(bareHost(network))];
  if (own === undefined || own.length !== other?.length || !/^\d+$/.test(length)) return false;
  return Number(length) <= own.length && other.startsWith(own.slice(0, Number(length)));
}

/** `host`, `host:port`, `.domain`, `*.domain`, `*` or a range of addresses: a domain holds for what is below it. */
function isExcepted({ hostname, port, protocol }: URL, entry: string): boolean {
  if (entry.includes('/')) return isInRange(bareHost(hostname), entry);
  const [, written = '', ownPort] = /^(\[[^\]]*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(entry) ?? [];
  const usedPort = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  if (ownPort !== undefined && ownPort !== usedPort) return false;
  if (written === '*') return true;
  const domain = bareHost(written.replace(/^\*?\./, ''));
  const host = bareHost(hostname);
  return (host === domain && !written.startsWith('*.')) || host.endsWith(`.${domain}`);
}

/**
 * The proxy through which an address is asked; undefined where it is asked directly: loopback always is, as what listens
 * there is this machine's own.
 *
 * @throws {UsageError} if the environment names what is no proxy; its password is not shown
 */
export function proxyFor(url: string, { http, https, none }: ProxySettings): URL | undefined {
  const target = new URL(url);
  const text = target.protocol === 'https:' ? https : http;
  if (text === undefined || isLoopbackHost(target.hostname)) return undefined;
  const exceptions = (none ?? '').split(/[\s,]+/).filter((entry) => entry !== '');
  if (exceptions.some((entry) => isExcepted(target, entry))) return undefined;
  const proxy = URL.parse(/^[a-z\d+.-]+:\/\//i.test(text) ? text : `http://${text}`);
  if (proxy !== null && /^(?:https?|socks5h?):$/.test(proxy.protocol)) return proxy;
  // A text that is no address may hold a password anywhere.
  const shown = proxy === null ? '' : `: ${shownProxy(proxy)}`;
  throw new UsageError(`the proxy for ${target.origin} is no address${shown}`, {
    hint: 'Write http://host:port into HTTP_PROXY and HTTPS_PROXY, or the host that is to be asked directly into NO_PROXY.',
  });
}

/** The address of a proxy without its user and password. */
export function shownProxy({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}
