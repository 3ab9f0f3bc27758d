import type {
  PassOptions,
  Capabilities,
  GenerateRequest,
  Generation,
  LoadedModel,
  Loglikelihood,
  LoglikelihoodRequest,
  ModelInfo,
} from '../../core/engine.ts';
import { EngineError } from '../../core/errors.ts';
import type { MemoryReading } from '../../core/memory.ts';
import { resetMemoryPeak } from '../../meters/processes.ts';
import { checkConcurrency, llamaMaxConcurrency } from '../concurrency.ts';
import { readSplitMemory } from './llama-memory.ts';
import type {
  EngineRequest,
  EngineResult,
  WorkerOrder,
  WorkerReport,
  ContextBytes,
  PassKind,
} from './worker-messages.ts';
import type { WorkerProcess } from './worker-process.ts';

/** Requests that wait beside those in flight, so that prefixes can be shared. */
const sortedWindow = 256;

/** Where a pass sends its orders. */
export interface PassChannel {
  send(order: WorkerOrder): void;
}

/**
 * How many requests may be at the engine: those in flight, and as many that wait, so that a free sequence finds work
 * at once. One at a time is strict: the next is fetched when the result is out.
 */
function windowOf(pass: PassOptions): number {
  if (pass.reuse === 'prefix') return Math.max(sortedWindow, pass.concurrency * 2);
  return pass.concurrency === 1 ? 1 : pass.concurrency * 2;
}

/** One pass as the caller sees it: requests are fetched as there is room, results are handed on as they come. */
export class PassStream<Request extends EngineRequest, Result extends EngineResult> {
  readonly id: number;
  readonly #channel: PassChannel;
  readonly #window: number;
  readonly #results: Result[] = [];
  #outstanding = 0;
  #isOver = false;
  #failure: Error | undefined;
  /** Resolved whenever something has changed that the reader or the feeder waits for. */
  #change = Promise.withResolvers<void>();

  constructor(id: number, channel: PassChannel, pass: PassOptions) {
    this.id = id;
    this.#channel = channel;
    this.#window = windowOf(pass);
  }

  hear(report: Extract<WorkerReport, { readonly pass: number }>, toError: (message: string) => EngineError): void {
    if (report.type === 'results') {
      // The pass was started with the kind of requests whose results these are.
      this.#results.push(...(report.results as readonly Result[]));
      this.#outstanding -= report.results.length;
    } else if (report.type === 'pass-end') this.#isOver = true;
    else this.#failure ??= toError(report.message);
    this.#wake();
  }

  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  /** Ends the results early; what is in flight is dropped. */
  abort(): void {
    if (!this.#isOver) this.#channel.send({ type: 'pass-abort', pass: this.id });
    this.#isOver = true;
    this.#wake();
  }

  /** Fetches requests and sends them while there is room. */
  async feed(requests: AsyncIterable<Request>): Promise<void> {
    const iterator = requests[Symbol.asyncIterator]();
    try {
      while (!this.#isDone()) {
        if (this.#outstanding >= this.#window) {
          await this.#change.promise;
          continue;
        }
        // An aborted pass must not wait for a request that never comes.
        const next = await Promise.race([iterator.next(), this.#untilDone()]);
        if (next === undefined || this.#isDone()) break;
        if (next.done === true) {
          this.#channel.send({ type: 'requests-end', pass: this.id });
          return;
        }
        this.#outstanding += 1;
        this.#channel.send({ type: 'requests', pass: this.id, requests: [next.value] });
      }
      // A generator that is waiting itself would let this wait with it; what it throws after the end concerns nobody.
      iterator.return?.().then(undefined, () => undefined);
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error), { cause: error }));
    }
  }

  async *results(): AsyncGenerator<Result> {
    for (;;) {
      while (this.#results.length > 0 && !(this.#isOver && this.#failure !== undefined)) {
        const result = this.#results.shift();
        if (result !== undefined) yield result;
      }
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#isOver) return;
      await this.#change.promise;
    }
  }

  #isDone(): boolean {
    return this.#isOver || this.#failure !== undefined;
  }

  async #untilDone(): Promise<undefined> {
    while (!this.#isDone()) await this.#change.promise;
    return undefined;
  }

  #wake(): void {
    const { resolve } = this.#change;
    this.#change = Promise.withResolvers<void>();
    resolve();
  }
}

/** A GGUF model in its process. */
export class LoadedLlama implements LoadedModel {
  readonly info: ModelInfo;
  readonly capabilities: Capabilities;
  readonly watch = undefined;
  readonly clients = undefined;
  readonly #name: string;
  readonly #worker: WorkerProcess;
  #contextBytes: ContextBytes = { kvBytes: 0, computeBytes: 0 };
  #isPeakReset = false;
  #passes = 0;
  #stream: PassStream<EngineRequest, EngineResult> | undefined;
  #failure: EngineError | undefined;
  #isDisposed = false;

  constructor(name: string, worker: WorkerProcess, info: ModelInfo, prefixReuse: boolean) {
    this.info = info;
    this.capabilities = {
      generate: true,
      loglikelihood: true,
      prefixReuse,
      usage: true,
      memory: true,
      isTimedByClient: false,
      whyNoLoglikelihood: undefined,
      isLoglikelihoodDetour: false,
    };
    this.#name = name;
    this.#worker = worker;
  }

  generate(requests: AsyncIterable<GenerateRequest>, pass: PassOptions): AsyncIterable<Generation> {
    return this.#run<GenerateRequest, Generation>('generate', requests, pass);
  }

  loglikelihood(requests: AsyncIterable<LoglikelihoodRequest>, pass: PassOptions): AsyncIterable<Loglikelihood> {
    return this.#run<LoglikelihoodRequest, Loglikelihood>('loglikelihood', requests, pass);
  }

  async resetMemoryPeak(): Promise<void> {
    this.#throwIfGone();
    this.#isPeakReset = resetMemoryPeak([this.#worker.pid]);
  }

  async memory(): Promise<MemoryReading> {
    this.#throwIfGone();
    const weightsBytes = this.info.weightsBytes ?? 0;
    return readSplitMemory(this.#worker.pid, this.#isPeakReset, { weightsBytes, ...this.#contextBytes });
  }

  hear(report: WorkerReport): void {
    if (report.type === 'context') this.#contextBytes = report.bytes;
    if (!('pass' in report) || this.#stream?.id !== report.pass) return;
    this.#stream.hear(report, (message) => new EngineError(`${this.#name}: ${message}`));
  }

  /** The process has ended: whatever is asked of it fails from now on. */
  fail(error: EngineError): void {
    this.#failure = error;
    this.#stream?.fail(error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#stream?.fail(new EngineError(`${this.#name}: the model was closed during a pass`));
    await this.#worker.stop();
  }

  #throwIfGone(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isDisposed) throw new EngineError(`${this.#name}: the model was closed`);
  }

  async *#run<Request extends EngineRequest, Result extends EngineResult>(
    kind: PassKind,
    requests: AsyncIterable<Request>,
    pass: PassOptions,
  ): AsyncGenerator<Result> {
    const { concurrency, reuse, signal } = pass;
    checkConcurrency(concurrency, llamaMaxConcurrency);
    this.#throwIfGone();
    if (this.#stream !== undefined) throw new EngineError(`${this.#name}: another pass is running on this model`);
    if (signal.aborted) return;
    this.#passes += 1;
    const stream = new PassStream<Request, Result>(this.#passes, this.#worker, pass);
    this.#stream = stream as unknown as PassStream<EngineRequest, EngineResult>;
    const onAbort = (): void => stream.abort();
    signal.addEventListener('abort', onAbort, { once: true });
    this.#worker.work();
    this.#worker.send({ type: 'pass-start', pass: stream.id, kind, settings: { concurrency, reuse } });
    const feeding = stream.feed(requests);
    try {
      yield* stream.results();
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#stream = undefined;
      stream.abort();
      this.#worker.rest();
      await feeding;
    }
  }
}
