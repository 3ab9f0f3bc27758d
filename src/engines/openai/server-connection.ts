import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { nowMs } from '../../core/clock.ts';
import { ServerError } from '../../core/errors.ts';
import { errorCode, passingFault, type RetryLimits, retryPauseMs, retryVerdict } from './retry-policy.ts';
import { RequestFault, type ServerReply } from './server-reply.ts';

export interface ConnectionOptions {
  /** Ends with `/v1` mostly, never with a slash. */
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  /** A request without any byte for so long has hung. */
  readonly hangMs: number;
  readonly retry: RetryLimits;
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
  readonly #pool: Pool;
  readonly #path: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #apiKey: string | undefined;
  readonly #retry: RetryLimits;
  readonly #random: () => number;
  #lastSuccessMs = -Infinity;

  constructor({ baseUrl, apiKey, hangMs, retry, now, random }: ConnectionOptions) {
    const url = new URL(baseUrl);
    this.baseUrl = baseUrl;
    this.hangMs = hangMs;
    this.now = now ?? nowMs;
    this.#path = url.pathname === '/' ? '' : url.pathname;
    this.#apiKey = apiKey;
    this.#retry = retry;
    this.#random = random ?? (() => randomInt(2 ** 32) / 2 ** 32);
    this.#headers = {
      'content-type': 'application/json',
      'user-agent': 'perbench',
      ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
    };
    this.#pool = new Pool(url.origin, {
      headersTimeout: hangMs,
      bodyTimeout: hangMs,
      connect: { timeout: Math.min(10_000, hangMs) },
    });
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
   * @throws {RequestFault} if this request alone can't be answered
   * @throws {ServerError} if the server doesn't answer at all, or refuses for good
   */
  async ask<Value>(exchange: () => Promise<Value>, signal: AbortSignal): Promise<Asked<Value>> {
    let failures = 0;
    let firstFailureMs = 0;
    for (;;) {
      const startedMs = this.now();
      try {
        const value = await exchange();
        this.#lastSuccessMs = this.now();
        return { value, retries: failures, startedMs };
      } catch (error) {
        signal.throwIfAborted();
        // An answer that refuses one request shows that the server lives.
        if (error instanceof RequestFault) this.#lastSuccessMs = this.now();
        const fault = passingFault(error, this.hangMs);
        if (fault === undefined) throw this.#withoutKey(error);
        if (failures === 0) firstFailureMs = this.now();
        failures += 1;
        const pauseMs = retryPauseMs(failures, fault, this.#retry, this.#random);
        const state = { failures, firstFailureMs, lastSuccessMs: this.#lastSuccessMs, nextMs: this.now() + pauseMs };
        const verdict = retryVerdict(fault.kind, state, this.#retry);
        const tries = failures === 1 ? 'one try' : `${failures} tries`;
        if (verdict === 'alone') throw this.#withoutKey(new RequestFault('engine', `${fault.message}, after ${tries}`));
        if (verdict === 'nobody') throw this.#deadServer(`${fault.message}, after ${tries}`, fault.kind, error);
        await sleep(pauseMs, undefined, { signal });
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }

  async #send(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<ServerReply> {
    const {
      statusCode,
      headers,
      body: stream,
    } = await this.#pool.request({
      method,
      path,
      headers: this.#headers,
      ...(body !== undefined && { body }),
      signal,
    });
    return { statusCode, headers, body: stream };
  }

  #deadServer(message: string, kind: string, cause: unknown): ServerError {
    const hint =
      kind === 'timeout'
        ? 'Look at the server; if its answers take so long, raise --hang-seconds.'
        : 'Look whether the server runs and has room; then perbench resume goes on.';
    return new ServerError(this.#clean(message), { url: this.baseUrl }, { hint, cause: errorCode(cause) });
  }

  /** Servers like to repeat the key that they refuse. */
  #withoutKey(error: unknown): unknown {
    if (!(error instanceof Error) || this.#apiKey === undefined || !error.message.includes(this.#apiKey)) return error;
    if (error instanceof ServerError)
      return new ServerError(this.#clean(error.message).slice(error.at.url.length + 2), error.at, { hint: error.hint });
    if (error instanceof RequestFault)
      return new RequestFault(error.reason, this.#clean(error.message), error.promptTokens);
    return new Error(this.#clean(error.message));
  }

  #clean(text: string): string {
    return this.#apiKey === undefined ? text : text.replaceAll(this.#apiKey, '[key]');
  }
}
