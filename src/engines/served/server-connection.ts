import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Dispatcher, Pool, ProxyAgent } from 'undici';
import { nowMs } from '../../core/clock.ts';
import { ServerError } from '../../core/errors.ts';
import { shownProxy } from '../../core/proxy.ts';
import { errorCode, passingCode, type PassingFault, retryPauseMs } from '../../core/retry.ts';
import { passingFault, RetryHistory, type RetryLimits, retryVerdict, untilTimeIsUp } from './retry-policy.ts';
import { RequestFault } from './request-fault.ts';
import { secretsOf, type ServerLink } from './server-link.ts';
import { networkError, proxyHint, proxyRefusal, type ServerReply } from './server-reply.ts';

export interface ConnectionOptions extends ServerLink {
  /** A request without any byte for so long has hung. */
  readonly hangMs: number;
  readonly retry: RetryLimits;
  /** What to do if the server answers nobody; by default what helps in the middle of a run. */
  readonly deadHint?: string;
  /** Monotonic, in milliseconds. */
  readonly now?: () => number;
  /** In [0, 1); spreads retries. */
  readonly random?: () => number;
}

/** What an exchange gave, and what it took. */
export interface Asked<Value> {
  readonly value: Value;
  readonly retries: number;
  /** When the try that was answered began. */
  readonly startedMs: number;
}

/** The address without `/v1`: where servers keep what the protocol doesn't know. */
function rootPath(path: string): string {
  return path.replace(/\/v1$/, '');
}

/** Speaks to one server over as many connections as are needed; closing it ends them all. */
export class ServerConnection implements AsyncDisposable {
  readonly baseUrl: string;
  readonly hangMs: number;
  readonly now: () => number;
  readonly #dispatcher: Dispatcher;
  readonly #origin: string;
  readonly #path: string;
  readonly #query: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #secrets: readonly string[];
  /** Undefined where the server is asked directly. */
  readonly #proxy: URL | undefined;
  readonly #retry: RetryLimits;
  readonly #deadHint: string | undefined;
  readonly #random: () => number;
  /** While the server is asked whether it answers at all. */
  #isAnswering: Promise<boolean> | undefined;
  #lastSuccessMs = -Infinity;

  constructor(options: ConnectionOptions) {
    const { baseUrl, query = '', apiKey, headers, proxy, hangMs, retry, deadHint, now, random } = options;
    const url = new URL(baseUrl);
    this.baseUrl = baseUrl;
    this.hangMs = hangMs;
    this.now = now ?? nowMs;
    this.#origin = url.origin;
    this.#path = url.pathname === '/' ? '' : url.pathname;
    this.#query = query;
    this.#secrets = secretsOf(options);
    this.#retry = retry;
    this.#deadHint = deadHint;
    this.#random = random ?? (() => randomInt(2 ** 32) / 2 ** 32);
    this.#headers = {
      'content-type': 'application/json',
      'user-agent': 'perbench',
      ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
      ...Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
    };
    this.#proxy = proxy === undefined ? undefined : new URL(proxy);
    const connect = { timeout: Math.min(10_000, hangMs) };
    this.#dispatcher =
      this.#proxy === undefined
        ? new Pool(url.origin, { connect })
        : new ProxyAgent({ uri: this.#proxy.href, connect, proxyTls: connect, requestTls: connect });
  }

  /** One request under the base address, without retries; any status is a reply. The caller reads its body. */
  async send(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<ServerReply> {
    return this.#send(method, this.#path + path, body, signal);
  }

  /** The same at the server's root: `/props`, `/version`, `/tokenize`. */
  async sendToRoot(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<ServerReply> {
    return this.#send(method, rootPath(this.#path) + path, body, signal);
  }

  /**
   * Tries an exchange until it is answered, or can't be any more.
   *
   * @param harmless an exchange of the same sort that is answered if any is: tells one that breaks from a server that does
   * @throws {RequestFault} if this request alone can't be answered
   * @throws {ServerError} if the server doesn't answer at all, or refuses for good
   */
  async ask<Value>(
    exchange: () => Promise<Value>,
    signal: AbortSignal,
    harmless?: () => Promise<unknown>,
  ): Promise<Asked<Value>> {
    const past = new RetryHistory();
    for (;;) {
      const startedMs = this.now();
      try {
        const value = await exchange();
        this.#lastSuccessMs = this.now();
        return { value, retries: past.failures, startedMs };
      } catch (error) {
        signal.throwIfAborted();
        // An answer that refuses one request shows that the server lives.
        if (error instanceof RequestFault) this.#lastSuccessMs = this.now();
        const fault = passingFault(error, this.hangMs);
        if (fault === undefined) throw this.#withoutKey(await this.#lasting(error, signal, harmless));
        past.add(fault.kind, this.now());
        const pauseMs = retryPauseMs(past.failures, fault.retryAfterMs, this.#retry, this.#random);
        const state = past.state(fault.kind, this.#lastSuccessMs, this.now() + pauseMs);
        let verdict = retryVerdict(fault.kind, state, this.#retry);
        if (verdict === 'ask') {
          verdict = (await this.#isAlive(harmless)) ? 'again' : untilTimeIsUp(state, this.#retry);
          signal.throwIfAborted();
        }
        const tries = past.failures === 1 ? 'one try' : `${past.failures} tries`;
        const told = `${fault.message}, after ${tries}`;
        if (verdict === 'alone') throw this.#withoutKey(new RequestFault('engine', told));
        if (verdict === 'nobody') throw this.#deadServer(told + this.#askedPause(fault), fault, error);
        await sleep(pauseMs, undefined, { signal });
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #send(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<ServerReply> {
    const timeouts = { headersTimeout: this.hangMs, bodyTimeout: this.hangMs };
    const request = {
      origin: this.#origin,
      method,
      path: path + this.#query,
      headers: this.#headers,
      signal,
      ...timeouts,
    };
    try {
      const reply = await this.#dispatcher.request({ ...request, ...(body !== undefined && { body }) });
      const { statusCode, headers, body: stream } = reply;
      return { statusCode, headers, body: stream, hangMs: this.hangMs, redact: (text) => this.#clean(text) };
    } catch (error) {
      throw (this.#proxy && proxyRefusal(error, this.#proxy, this.baseUrl)) ?? error;
    }
  }

  /**
   * What an error means that won't pass. One odd answer says nothing of the others: if something harmless is answered, this
   * request fails alone.
   */
  async #lasting(
    error: unknown,
    signal: AbortSignal,
    harmless: (() => Promise<unknown>) | undefined,
  ): Promise<unknown> {
    const known = networkError(error, this.baseUrl, this.#proxy) ?? error;
    const isAnswer = known instanceof ServerError && known.at.statusCode !== undefined;
    if (!isAnswer || !(await this.#isAlive(harmless))) return known;
    signal.throwIfAborted();
    return new RequestFault('engine', known.message.slice(known.at.url.length + 2));
  }

  /** A server that asks for more time than there is isn't waited for. */
  #askedPause({ retryAfterMs }: PassingFault): string {
    const { retryMs } = this.#retry;
    if (retryAfterMs === undefined || retryAfterMs <= retryMs) return '';
    const seconds = (ms: number): string => `${Math.ceil(ms / 1000)} s`;
    return `; it asks to wait ${seconds(retryAfterMs)} (Retry-After), longer than retrySeconds allows (${seconds(retryMs)})`;
  }

  /** Requests that fail at the same time share one question. */
  async #isAlive(harmless: (() => Promise<unknown>) | undefined): Promise<boolean> {
    if (harmless === undefined) return false;
    this.#isAnswering ??= harmless()
      .then(
        () => {
          this.#lastSuccessMs = this.now();
          return true;
        },
        // Whatever went wrong, it wasn't answered.
        () => false,
      )
      .finally(() => {
        this.#isAnswering = undefined;
      });
    return this.#isAnswering;
  }

  #deadServer(message: string, { kind, statusCode }: PassingFault, cause: unknown): ServerError {
    const inRun =
      kind === 'timeout'
        ? 'Check the server; if its answers take this long, raise --hang-seconds.'
        : 'Check that the server is running and has capacity, then run perbench resume.';
    const code = errorCode(cause);
    // Through a proxy, only the proxy itself can be without an answer to a connection.
    const hint = this.#proxy !== undefined && passingCode(code) === 'busy' ? proxyHint : (this.#deadHint ?? inRun);
    const options = { hint, cause: code };
    const way = this.#proxy === undefined ? '' : ` (through the proxy ${shownProxy(this.#proxy)})`;
    return new ServerError(this.#clean(message) + way, { url: this.baseUrl, statusCode }, options);
  }

  /** Servers like to repeat the key that they refuse. */
  #withoutKey(error: unknown): unknown {
    if (!(error instanceof Error) || this.#clean(error.message) === error.message) return error;
    if (error instanceof ServerError)
      return new ServerError(this.#clean(error.message).slice(error.at.url.length + 2), error.at, { hint: error.hint });
    if (error instanceof RequestFault)
      return new RequestFault(error.reason, this.#clean(error.message), error.promptTokens, error);
    return new Error(this.#clean(error.message));
  }

  #clean(text: string): string {
    return this.#secrets.reduce(
      // JSON may write a slash as `\/`.
      (left, secret) => left.replaceAll(secret, '[key]').replaceAll(secret.replaceAll('/', String.raw`\/`), '[key]'),
      text,
    );
  }
}
