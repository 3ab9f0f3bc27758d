import type {
  Capabilities,
  GenerateRequest,
  Generation,
  LoadedModel,
  Loglikelihood,
  LoglikelihoodRequest,
  ModelInfo,
  PassOptions,
} from '../../core/engine.ts';
import { EngineError } from '../../core/errors.ts';
import type { MemoryReading } from '../../core/memory.ts';
import { resetMemoryPeak } from '../../meters/process-memory.ts';
import { checkConcurrency, llamaMaxConcurrency } from '../shared/concurrency.ts';
import { readSplitMemory } from './memory-reading.ts';
import { PassStream } from './pass-stream.ts';
import type { ContextBytes, EngineRequest, EngineResult, PassKind, WorkerReport } from './worker-messages.ts';
import type { WorkerProcess } from './worker-process.ts';

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
