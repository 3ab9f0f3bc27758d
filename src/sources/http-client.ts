import { randomInt } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Dispatcher } from 'undici';
import { DownloadError, PerbenchError } from '../core/errors.ts';
import { isLoopbackHost, proxyFor } from '../core/proxy.ts';
import { errorCode, passingCode, PassingFault, retryPauseMs } from '../core/retry.ts';
import type { SourceSettings, NetworkLimits } from './source-settings.ts';

const maxRedirects = 10;
const redirectCodes = new Set([301, 302, 303, 307, 308]);

export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable & Dispatcher.ResponseData['body'];
  /** Address that answered, after redirects, without its query: signed addresses carry keys there. */
  readonly url: string;
}

export interface HttpRequest {
  readonly url: string;
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** `relative` stops at a redirect to another host, whose headers are the ones wanted. */
  readonly follow?: 'all' | 'relative';
}

/** Speaks HTTP with one set of connections; disposing it closes them. */
export interface HttpClient extends AsyncDisposable {
  /** One request with its redirects; any status code is an answer. The caller reads or dumps the body. */
  send(request: HttpRequest): Promise<HttpAnswer>;
}

/** One header's value; the first where it came several times. */
export function headerValue(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** An address that may stand in errors and logs. */
function publicUrl({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`;
}

function requireSafe(url: URL, previous: URL): void {
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname))) return;
  const why = url.protocol === 'http:' ? 'plain http is refused' : 'that is no address on the web';
  throw new DownloadError(`${publicUrl(previous)} redirects to ${publicUrl(url)}: ${why}`);
}

/** Keys are for the host that they were given for. */
function withoutAuthorization(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !['authorization', 'cookie'].includes(name.toLowerCase())),
  );
}

type Settings = Pick<SourceSettings, 'proxy' | 'network'>;

/** Imported on first use: undici takes long to load, and most commands ask nobody. */
async function openConnections({ proxy, network }: Settings) {
  const { Agent, ProxyAgent, request } = await import('undici');
  const options = {
    connect: { timeout: network.connectMs },
    headersTimeout: network.idleMs,
    bodyTimeout: network.idleMs,
  };
  const agents = new Map<string | undefined, Dispatcher>();
  return {
    request,
    /** The connections of an address: its proxy's, or its own. */
    agentFor(url: URL): Dispatcher {
      const uri = proxyFor(url.href, proxy)?.href;
      const agent = agents.get(uri) ?? (uri === undefined ? new Agent(options) : new ProxyAgent({ ...options, uri }));
      agents.set(uri, agent);
      return agent;
    },
    async destroy() {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    },
  };
}

export function openHttpClient(settings: Settings): HttpClient {
  let connections: ReturnType<typeof openConnections> | undefined;
  return {
    async send({ url, method = 'GET', headers = {}, signal, follow = 'all' }) {
      let current = new URL(url);
      const open = await (connections ??= openConnections(settings));
      // Compressed bytes would fit neither a range nor a checksum.
      let sent: Record<string, string> = { 'user-agent': 'perbench', 'accept-encoding': 'identity', ...headers };
      for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
        const answer = await open.request(current, {
          method,
          headers: sent,
          dispatcher: open.agentFor(current),
          signal: signal ?? null,
        });
        const location = redirectCodes.has(answer.statusCode) ? headerValue(answer.headers, 'location') : undefined;
        const next = location === undefined ? null : URL.parse(location, current.href);
        if (next === null || (follow === 'relative' && next.origin !== current.origin)) {
          return { statusCode: answer.statusCode, headers: answer.headers, body: answer.body, url: publicUrl(current) };
        }
        await answer.body.dump();
        requireSafe(next, current);
        if (next.origin !== current.origin) sent = withoutAuthorization(sent);
        current = next;
      }
      throw new DownloadError(`${publicUrl(new URL(url))}: more than ${maxRedirects} redirects`);
    },
    async [Symbol.asyncDispose]() {
      await (await connections)?.destroy();
    },
  };
}

/** What passes for a download beside the usual: names that can't be found for a while, transfers that were cut here. */
const passingToo = new Set(['ENOTFOUND', 'UND_ERR_ABORTED']);

/** Whether trying again can help: cut connections and busy servers, never a refusal, never a bug. */
export function isPassing(error: unknown, signal: AbortSignal | undefined): boolean {
  if (signal?.aborted === true || error instanceof PerbenchError) return false;
  const code = errorCode(error);
  return error instanceof PassingFault || passingCode(code) !== undefined || passingToo.has(code ?? '');
}

export function describeNetworkError(error: unknown): string {
  const code = errorCode(error);
  const message = error instanceof Error && error.message !== '' ? error.message : undefined;
  if (code === undefined) return message ?? String(error);
  return message === undefined || message.includes(code) ? (message ?? code) : `${message} (${code})`;
}

/** Waits before the next try; `failures` counts from 1. A server is waited for no longer than the limits say. */
export async function pauseBeforeRetry(
  failures: number,
  error: unknown,
  limits: NetworkLimits,
  signal: AbortSignal | undefined,
): Promise<void> {
  const askedMs = error instanceof PassingFault ? error.retryAfterMs : undefined;
  const cappedMs = askedMs === undefined ? undefined : Math.min(limits.maxBackoffMs, askedMs);
  const pauseMs = retryPauseMs(failures, cappedMs, limits, () => randomInt(2 ** 32) / 2 ** 32);
  await sleep(pauseMs, undefined, { signal });
}
