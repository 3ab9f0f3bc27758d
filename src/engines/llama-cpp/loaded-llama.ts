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
import type { MemoryReading } from '../../core/meter.ts';
import { readProcessMemory, resetMemoryPeak } from '../../meters/processes.ts';
import { llamaMaxConcurrency, ModelPasses, OpenQuestions } from '../request-pool.ts';
import type { DeviceReading } from './device-watch.ts';
import { readLlamaMemory } from './llama-memory.ts';
import type { EngineRequest, EngineResult, LoadedFacts, PassKind, WorkerReport } from './worker-messages.ts';
import type { BufferSize } from './native/library.ts';
import type { WorkerProcess } from './worker-process.ts';

/** Requests that wait beside those in flight, so that prefixes can be shared. */
const sortedWindow = 256;

interface Window {
  /** Requests that may be at the engine. */
  readonly places: number;
  readonly ahead: number | undefined;
}

/**
 * How many requests may be at the engine: those in flight, and as many that wait, so that a free sequence finds work
 * at once. One at a time is strict: the next is fetched when the result is out. Where enough can be had, the engine looks
 * at fewer than are there, so that it needn't wait for those that it looks at.
 */
function windowOf({ concurrency, reuse, ahead }: PassOptions): Window {
  if (reuse === 'none' && concurrency === 1) return { places: 1, ahead: undefined };
  const mostLookedAt = reuse === 'prefix' ? Math.max(sortedWindow, concurrency * 2) : concurrency;
  if (ahead !== undefined) {
    const lookedAt = Math.max(concurrency, Math.min(ahead - concurrency, mostLookedAt));
    return { places: Math.min(ahead, lookedAt + concurrency), ahead: lookedAt };
  }
  return { places: reuse === 'prefix' ? mostLookedAt : concurrency * 2, ahead };
}

/** A GGUF model in its process. */
export class LoadedLlama implements LoadedModel {
  readonly info: ModelInfo;
  readonly capabilities: Capabilities;
  readonly watch = undefined;
  readonly clients = undefined;
  readonly #name: string;
  readonly #worker: WorkerProcess;
  #buffers: readonly BufferSize[] = [];
  readonly #facts: LoadedFacts;
  readonly #deviceQuestions: PromiseWithResolvers<readonly DeviceReading[]>[] = [];
  #isPeakReset = false;
  readonly #passes: ModelPasses;
  readonly #questions = new OpenQuestions<string, EngineResult>();
  /** Number of the pass that runs, or ran last. */
  #pass = 0;
  #onWork: PassOptions['onWork'];
  #failure: EngineError | undefined;

  constructor(name: string, worker: WorkerProcess, info: ModelInfo, facts: LoadedFacts) {
    this.info = info;
    this.#facts = facts;
    this.capabilities = {
      generate: true,
      loglikelihood: true,
      prefixReuse: facts.canCutSequences,
      usage: true,
      memory: true,
      isTimedByClient: false,
      whyNoLoglikelihood: undefined,
      isLoglikelihoodDetour: false,
      structuredOutput: true,
    };
    this.#name = name;
    this.#passes = new ModelPasses(name, llamaMaxConcurrency);
    this.#worker = worker;
  }

  generate(requests: AsyncIterable<GenerateRequest>, pass: PassOptions): AsyncIterable<Generation> {
    return this.#run<GenerateRequest, Generation>('generate', requests, pass);
  }

  loglikelihood(requests: AsyncIterable<LoglikelihoodRequest>, pass: PassOptions): AsyncIterable<Loglikelihood> {
    return this.#run<LoglikelihoodRequest, Loglikelihood>('loglikelihood', requests, pass);
  }

  setThreads(threads: number): void {
    this.#worker.send({ type: 'threads', threads });
  }

  async resetMemoryPeak(): Promise<void> {
    this.#throwIfGone();
    this.#isPeakReset = resetMemoryPeak([this.#worker.pid]);
    await this.#askDevices(true);
  }

  /** Of the GPUs that it is on, or of its process, split by the buffers that its library reports. */
  async memory(): Promise<MemoryReading> {
    this.#throwIfGone();
    const { pid } = this.#worker;
    const resident = readProcessMemory([pid]);
    if (resident === undefined) {
      throw new EngineError(`the memory of process ${pid} can't be read`, {
        hint: 'Run perbench doctor to see what the system shows of processes.',
      });
    }
    const { placement, weightsBytes, draft } = this.#facts;
    return readLlamaMemory({
      resident,
      isPeakReset: this.#isPeakReset,
      weightsBytes: weightsBytes + (draft?.weightsBytes ?? 0),
      buffers: [...this.#facts.buffers, ...this.#buffers],
      devices: await this.#askDevices(false),
      gpuLayers: placement.gpuLayers,
      allLayers: placement.allLayers,
    });
  }

  /** Only the process that holds the model can ask the drivers as its library does. */
  async #askDevices(startsPeak: boolean): Promise<readonly DeviceReading[]> {
    if (this.#facts.placement.gpus.length === 0) return [];
    const question = Promise.withResolvers<readonly DeviceReading[]>();
    this.#deviceQuestions.push(question);
    this.#worker.work();
    this.#worker.send({ type: 'memory', startsPeak });
    try {
      return await question.promise;
    } finally {
      this.#worker.rest();
    }
  }

  hear(report: WorkerReport): void {
    if (report.type === 'context') this.#buffers = report.buffers;
    // They are answered in the order in which they were asked.
    if (report.type === 'memory') this.#deviceQuestions.shift()?.resolve(report.devices);
    // What is still on its way from a pass that was ended early is nobody's.
    if (!('pass' in report) || report.pass !== this.#pass) return;
    if (report.type === 'pass-error') {
      this.#questions.failAll(new EngineError(`${this.#name}: ${report.message}`));
      return;
    }
    if (report.type === 'results') for (const result of report.results) this.#questions.answer(result.id, result);
    this.#onWork?.(report.inFlight);
  }

  /** The process has ended: whatever is asked of it fails from now on. */
  fail(error: EngineError): void {
    this.#failure = error;
    this.#questions.failAll(error);
    for (const question of this.#deviceQuestions.splice(0)) question.reject(error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#passes.close();
    await this.#worker.stop();
  }

  #throwIfGone(): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#passes.requireOpen();
  }

  async *#run<Request extends EngineRequest, Result extends EngineResult>(
    kind: PassKind,
    requests: AsyncIterable<Request>,
    pass: PassOptions,
  ): AsyncGenerator<Result> {
    if (this.#failure !== undefined) throw this.#failure;
    const worker = this.#worker;
    const { concurrency, reuse, onWork } = pass;
    const { places, ahead } = windowOf(pass);
    const start = (): number => {
      worker.work();
      this.#pass += 1;
      this.#onWork = onWork;
      worker.send({ type: 'pass-start', pass: this.#pass, kind, settings: { concurrency, reuse, ahead } });
      return this.#pass;
    };
    let number: number | undefined;
    async function* announced(): AsyncGenerator<Request> {
      // Only now it is sure that no other pass runs.
      number = start();
      yield* requests;
      worker.send({ type: 'requests-end', pass: number });
    }
    try {
      yield* this.#passes.run(announced(), pass, places, async (request, { signal }) => {
        if (this.#failure !== undefined) throw this.#failure;
        const answer = this.#questions.wait(request.id, signal);
        worker.send({ type: 'requests', pass: this.#pass, requests: [request] });
        // The pass was started with the kind of requests whose results these are.
        return (await answer) as Result;
      });
    } finally {
      if (number !== undefined) {
        worker.send({ type: 'pass-end', pass: number });
        worker.rest();
      }
    }
  }
}
