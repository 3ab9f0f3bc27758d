import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import type { Generation, Loglikelihood } from '../../core/engine.ts';
import { EngineError, ServerError } from '../../core/errors.ts';
import type { ClientProcessWindow } from '../../core/load.ts';
import type { ClientFailure, ClientOrder, ClientReport } from './client-messages.ts';
import type { ClientSettings } from './request-client.ts';

/** A request without the number that its process gives it. */
export type ClientRequest =
  Extract<ClientOrder, { readonly type: 'generate' | 'score' }> extends infer Order
    ? Order extends unknown
      ? Omit<Order, 'number'>
      : never
    : never;

type Result = Generation | Loglikelihood;

function errorOf({ message, hint, at }: ClientFailure): Error {
  return at === undefined
    ? new EngineError(message, { hint })
    : new ServerError(message.slice(at.url.length + 2), at, { hint });
}

/** One process that asks for this one; the requests of one that ends fail. */
export class ClientProcess implements AsyncDisposable {
  readonly pid: number;
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #waiting = new Map<number, PromiseWithResolvers<Result>>();
  #window = Promise.withResolvers<ClientProcessWindow>();
  #failure: EngineError | undefined;
  #requests = 0;

  /** @throws {EngineError} if it can't be started */
  constructor(settings: ClientSettings) {
    const entry = join(import.meta.dirname, `worker${extname(import.meta.filename)}`);
    const child = fork(entry, [], {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child = child;
    this.#closed = once(child, 'close').catch(() => undefined);
    if (child.pid === undefined) {
      child.once('error', () => undefined);
      throw new EngineError("a client process can't be started", { hint: 'Ask from fewer with --client-processes.' });
    }
    this.pid = child.pid;
    const opened = Promise.withResolvers<void>();
    this.ready = opened.promise;
    this.ready.catch(() => undefined);
    child.on('message', (report: ClientReport) => {
      if (report.type === 'ready') opened.resolve();
      else this.#hear(report);
    });
    child.on('error', (error) => this.#fail(error.message));
    child.on('close', (code, signal) => {
      this.#fail(signal === null ? `exited with code ${code}` : `was killed by ${signal}`);
      if (this.#failure !== undefined) opened.reject(this.#failure);
    });
    this.#send({ type: 'open', settings });
  }

  /** @throws {ServerError} as the engine does; {EngineError} if the process ends */
  async ask(request: ClientRequest, signal: AbortSignal): Promise<Result> {
    if (this.#failure !== undefined) throw this.#failure;
    signal.throwIfAborted();
    const number = (this.#requests += 1);
    const waiting = Promise.withResolvers<Result>();
    this.#waiting.set(number, waiting);
    const onAbort = (): void => {
      this.#send({ type: 'abort', number });
      waiting.reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#send({ ...request, number });
    try {
      return await waiting.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#waiting.delete(number);
    }
  }

  /** Starts a window; what is asked after it falls into it, since messages keep their order. */
  watch(): void {
    this.#send({ type: 'watch' });
  }

  async stopWatch(): Promise<ClientProcessWindow> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#window = Promise.withResolvers();
    this.#send({ type: 'watch-stop' });
    return this.#window.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }

  #send(order: ClientOrder): void {
    // A process that is gone says so by closing.
    if (this.#child.connected) this.#child.send(order, () => undefined);
  }

  #hear(report: Exclude<ClientReport, { readonly type: 'ready' }>): void {
    switch (report.type) {
      case 'result':
        this.#waiting.get(report.number)?.resolve(report.result);
        return;
      case 'failure':
        this.#waiting.get(report.number)?.reject(errorOf(report.failure));
        return;
      case 'window':
        this.#window.resolve(report.window);
        return;
      default:
        report satisfies never;
    }
  }

  #fail(how: string): void {
    this.#failure ??= new EngineError(`a client process ${how}`, { hint: 'perbench resume goes on.' });
    for (const waiting of [...this.#waiting.values(), this.#window]) {
      waiting.promise.catch(() => undefined);
      waiting.reject(this.#failure);
    }
  }
}
