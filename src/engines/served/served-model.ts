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
import { UnsupportedError } from '../../core/errors.ts';
import type { ClientProcesses } from '../../core/load.ts';
import type { MemoryReading } from '../../core/meter.ts';
import { servedMaxConcurrency } from '../concurrency.ts';
import { ModelPasses, type PoolTurn } from '../request-pool.ts';
import type { RequestClient } from './request-client.ts';

/** What is known of the machine behind a server. */
export interface ServerHost {
  /** Processes whose memory and CPU time are the engine's; empty where the server is elsewhere. */
  readonly processIds: readonly number[];
  /** Undefined where nothing tells. */
  readonly memory: (() => Promise<MemoryReading>) | undefined;
  readonly resetMemoryPeak: () => Promise<void>;
  /** Undefined where the server has no metrics of its own. */
  readonly watch: LoadedModel['watch'];
  /** What it knows of the model better than the server tells, once that is loaded. */
  readonly describe: () => Partial<ModelInfo>;
  /** What an error of a pass comes from, if more is known than the error says. */
  readonly explain: (error: unknown) => Promise<unknown>;
  /** Ends what was started for the model. */
  readonly close: () => Promise<void>;
}

export interface ServedModelParts {
  readonly name: string;
  readonly info: ModelInfo;
  readonly capabilities: Capabilities;
  readonly client: RequestClient;
  /** Log-likelihood requests at once that make sense; undefined for any number. */
  readonly maxScored: number | undefined;
  readonly host: ServerHost;
}

/** A model at a server; closing it ends the connections, and what its host started. */
export class ServedModel implements LoadedModel {
  readonly info: ModelInfo;
  readonly capabilities: Capabilities;
  readonly watch: LoadedModel['watch'];
  readonly clients: ClientProcesses | undefined;
  readonly #parts: ServedModelParts;
  readonly #passes: ModelPasses;

  constructor(parts: ServedModelParts) {
    this.info = parts.info;
    this.capabilities = parts.capabilities;
    this.#parts = parts;
    this.watch = parts.host.watch;
    this.clients = parts.client.processes;
    this.#passes = new ModelPasses(parts.name, servedMaxConcurrency);
  }

  generate(requests: AsyncIterable<GenerateRequest>, pass: PassOptions): AsyncIterable<Generation> {
    return this.#run(requests, pass, pass.concurrency, (request: GenerateRequest, turn) =>
      this.#parts.client.generate(request, pass, turn),
    );
  }

  loglikelihood(requests: AsyncIterable<LoglikelihoodRequest>, pass: PassOptions): AsyncIterable<Loglikelihood> {
    const { client, maxScored, name } = this.#parts;
    if (!this.capabilities.loglikelihood) {
      throw new UnsupportedError(
        `${name}: no log-likelihoods: ${this.capabilities.whyNoLoglikelihood ?? 'the server provides none'}`,
      );
    }
    const places = Math.min(pass.concurrency, maxScored ?? pass.concurrency);
    return this.#run(requests, pass, places, (request: LoglikelihoodRequest, turn) =>
      client.score(request, pass, turn),
    );
  }

  async resetMemoryPeak(): Promise<void> {
    await this.#parts.host.resetMemoryPeak();
  }

  async memory(): Promise<MemoryReading> {
    const { host, name } = this.#parts;
    if (host.memory === undefined) throw new UnsupportedError(`${name}: the memory of the server is unknown`);
    return host.memory();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#passes.close();
    await this.#parts.client[Symbol.asyncDispose]();
    await this.#parts.host.close();
  }

  async *#run<Request, Result>(
    requests: AsyncIterable<Request>,
    pass: PassOptions,
    places: number,
    answer: (request: Request, turn: PoolTurn) => Promise<Result>,
  ): AsyncGenerator<Result, void, void> {
    try {
      yield* this.#passes.run(requests, pass, places, answer);
    } catch (error) {
      throw await this.#parts.host.explain(error);
    }
  }
}
