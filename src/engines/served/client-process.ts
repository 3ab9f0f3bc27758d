import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import type { GenerateRequest, Generation, Loglikelihood, LoglikelihoodRequest } from '../../core/engine.ts';
import { ServerError, EngineError } from '../../core/errors.ts';
import type { ClientProcessWindow } from '../../core/load.ts';
import { OpenQuestions, type PoolTurn } from '../request-pool.ts';
import type { RequestSettings } from './generate-request.ts';
import { type ClientSettings, openRequestClient, type RequestClient } from './request-client.ts';

/** A request, and the number that its answer carries. */
interface RequestOrder {
  readonly number: number;
  readonly settings: RequestSettings;
  readonly place: number;
  readonly scheduledMs: number;
}

/** What a client's process is told; the settings come first. */
export type ClientOrder =
  | { readonly type: 'open'; readonly settings: ClientSettings }
  | (RequestOrder & { readonly type: 'generate'; readonly request: GenerateRequest })
  | (RequestOrder & { readonly type: 'score'; readonly request: LoglikelihoodRequest })
  | { readonly type: 'abort'; readonly number: number }
  | { readonly type: 'watch' }
  | { readonly type: 'watch-stop' };

/** An error, as it crosses to another process. */
export interface ClientFailure {
  readonly message: string;
  readonly hint: string | undefined;
  /** Of a `ServerError`; its message then starts with the address. */
  readonly at: ServerError['at'] | undefined;
}

/** What a client's process says. */
export type ClientReport =
  | { readonly type: 'ready' }
  | { readonly type: 'result'; readonly number: number; readonly result: Generation | Loglikelihood }
  | { readonly type: 'failure'; readonly number: number; readonly failure: ClientFailure }
  | { readonly type: 'window'; readonly window: ClientProcessWindow };

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
class ClientProcess implements AsyncDisposable {
  readonly pid: number;
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #questions = new OpenQuestions<number, Result>();
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
      throw new EngineError("a client process can't be started", { hint: 'Lower --client-processes.' });
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
    const number = (this.#requests += 1);
    const answer = this.#questions.wait(number, signal, () => this.#send({ type: 'abort', number }));
    this.#send({ ...request, number });
    return answer;
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
        this.#questions.answer(report.number, report.result);
        return;
      case 'failure':
        this.#questions.fail(report.number, errorOf(report.failure));
        return;
      case 'window':
        this.#window.resolve(report.window);
        return;
      default:
        report satisfies never;
    }
  }

  #fail(how: string): void {
    this.#failure ??= new EngineError(`a client process ${how}`, { hint: 'Resume the run with perbench resume.' });
    this.#questions.failAll(this.#failure);
    this.#window.promise.catch(() => undefined);
    this.#window.reject(this.#failure);
  }
}

async function closeAll(processes: readonly ClientProcess[]): Promise<void> {
  await Promise.all(processes.map((each) => each[Symbol.asyncDispose]()));
}

/**
 * Asks from several processes, each with connections and retries of its own. A place of the pool stays with its process;
 * when a request is due is decided here, so the way to the process counts as latency.
 *
 * @throws {EngineError} if one can't be started
 */
async function openClientProcesses(settings: ClientSettings, count: number): Promise<RequestClient> {
  const processes: ClientProcess[] = [];
  try {
    for (let index = 0; index < count; index += 1) {
      processes.push(new ClientProcess({ ...settings, saltPrefix: `${settings.saltPrefix}-${index}` }));
    }
    await Promise.all(processes.map(({ ready }) => ready));
  } catch (error) {
    await closeAll(processes);
    throw error;
  }
  const ask = async (
    question: Pick<ClientRequest, 'type' | 'request'>,
    { concurrency, reuse, isStreamed }: RequestSettings,
    { place, scheduledMs, signal }: PoolTurn,
  ): Promise<Result> => {
    const process = processes[place % processes.length];
    if (process === undefined) throw new Error('no client process');
    const order = { settings: { concurrency, reuse, isStreamed }, place, scheduledMs };
    return process.ask({ ...question, ...order } as ClientRequest, signal);
  };
  return {
    generate: async (request, pass, turn) => (await ask({ type: 'generate', request }, pass, turn)) as Generation,
    score: async (request, pass, turn) => (await ask({ type: 'score', request }, pass, turn)) as Loglikelihood,
    processes: {
      processIds: processes.map(({ pid }) => pid),
      watch() {
        for (const each of processes) each.watch();
        return { stop: () => Promise.all(processes.map((each) => each.stopWatch())) };
      },
    },
    [Symbol.asyncDispose]: () => closeAll(processes),
  };
}

/** Asks from this process, or from so many others. */
export async function openClient(settings: ClientSettings, processes: number): Promise<RequestClient> {
  return processes > 1 ? openClientProcesses(settings, processes) : openRequestClient(settings);
}
