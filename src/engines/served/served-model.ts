import { setMaxListeners } from 'node:events';
import { nowMs } from '../../core/clock.ts';
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
import { EngineError, UnsupportedError } from '../../core/errors.ts';
import type { ClientProcesses } from '../../core/load.ts';
import type { MemoryReading } from '../../core/memory.ts';
import { checkConcurrency, servedMaxConcurrency } from '../concurrency.ts';
import { type PoolTurn, requestPool } from '../request-pool.ts';
import type { RequestClient } from './request-client.ts';

/** What is known of the machine behind a server. */
export interface ServerHost {
  /** Processes whose memory and CPU time are the engine's; empty where the server is elsewhere. */
  readonly processIds: readonly number[];
  /** Undefined where nothing tells. */
  readonly memory: (() => Promise<MemoryReading>) | undefined;
  readonly resetMemoryPeak: () => Promise<void>;
  /** Ends what was started for the model. */
  readonly close: () => Promise<void>;
}

export interface ServedModelParts {
  readonly name: string;
  readonly info: ModelInfo;
  readonly capabilities: Capabilities;
  readonly client: RequestClient;
  /** Log-likelihood requests at once that make sense; undefined for any number. */
  readonly mostScored: number | undefined;
  readonly host: ServerHost;
}

/** A model at a server; closing it ends the connections, and what its host started. */
export class ServedModel implements LoadedModel {
  readonly info: ModelInfo;
  readonly capabilities: Capabilities;
  readonly watch = undefined;
  readonly clients: ClientProcesses | undefined;
  readonly #parts: ServedModelParts;
  readonly #closed = new AbortController();
  #isBusy = false;

  constructor(parts: ServedModelParts) {
    this.info = parts.info;
    this.capabilities = parts.capabilities;
    this.#parts = parts;
    this.clients = parts.client.processes;
    setMaxListeners(0, this.#closed.signal);
  }

  generate(requests: AsyncIterable<GenerateRequest>, pass: PassOptions): AsyncIterable<Generation> {
    return this.#run(requests, pass, pass.concurrency, (request: GenerateRequest, turn) =>
      this.#parts.client.generate(request, pass, turn),
    );
  }

  loglikelihood(requests: AsyncIterable<LoglikelihoodRequest>, pass: PassOptions): AsyncIterable<Loglikelihood> {
    const { client, mostScored, name } = this.#parts;
    if (!this.capabilities.loglikelihood) {
      throw new UnsupportedError(
        `${name}: no log-likelihoods: ${this.capabilities.whyNoLoglikelihood ?? 'the server gives none'}`,
      );
    }
    const places = Math.min(pass.concurrency, mostScored ?? pass.concurrency);
    return this.#run(requests, pass, places, (request: LoglikelihoodRequest, turn) =>
      client.score(request, pass, turn),
    );
  }

  async resetMemoryPeak(): Promise<void> {
    await this.#parts.host.resetMemoryPeak();
  }

  async memory(): Promise<MemoryReading> {
    const { host, name } = this.#parts;
    if (host.memory === undefined)
      throw new UnsupportedError(`${name}: nothing tells how much memory the server takes`);
    return host.memory();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#parts.client[Symbol.asyncDispose]();
    await this.#parts.host.close();
  }

  async *#run<Request, Result>(
    requests: AsyncIterable<Request>,
    { signal, concurrency: asked }: PassOptions,
    concurrency: number,
    answer: (request: Request, turn: PoolTurn) => Promise<Result>,
  ): AsyncGenerator<Result, void, void> {
    const { name } = this.#parts;
    checkConcurrency(asked, servedMaxConcurrency);
    if (this.#closed.signal.aborted) throw new EngineError(`${name}: the model was closed`);
    if (this.#isBusy) throw new EngineError(`${name}: another pass is running on this model`);
    this.#isBusy = true;
    try {
      yield* requestPool(
        requests,
        { concurrency, signal: AbortSignal.any([signal, this.#closed.signal]), now: nowMs },
        answer,
      );
      if (this.#closed.signal.aborted && !signal.aborted)
        throw new EngineError(`${name}: the model was closed during a pass`);
    } finally {
      this.#isBusy = false;
    }
  }
}
