import type { Capabilities, LoadedModel, ModelInfo, PassOptions } from '../../core/engine.ts';
import { UnsupportedError } from '../../core/errors.ts';
import type { MemoryReading } from '../../core/meter.ts';
import { servedMaxConcurrency, ModelPasses, type PoolTurn, tellingWork } from '../request-pool.ts';
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
export function createServedModel({
  name,
  info,
  capabilities,
  client,
  maxScored,
  host,
}: ServedModelParts): LoadedModel {
  const passes = new ModelPasses(name, servedMaxConcurrency);

  async function* run<Request, Result>(
    requests: AsyncIterable<Request>,
    pass: PassOptions,
    places: number,
    answer: (request: Request, turn: PoolTurn) => Promise<Result>,
  ): AsyncGenerator<Result, void, void> {
    try {
      yield* passes.run(requests, pass, places, tellingWork(answer, pass));
    } catch (error) {
      throw await host.explain(error);
    }
  }

  return {
    info,
    capabilities,
    watch: host.watch,
    clients: client.processes,
    generate: (requests, pass) =>
      run(requests, pass, pass.concurrency, (request, turn) => client.generate(request, pass, turn)),
    loglikelihood(requests, pass) {
      if (!capabilities.loglikelihood) {
        const reason = capabilities.whyNoLoglikelihood ?? 'the server provides none';
        throw new UnsupportedError(`${name}: no log-likelihoods: ${reason}`);
      }
      const places = Math.min(pass.concurrency, maxScored ?? pass.concurrency);
      return run(requests, pass, places, (request, turn) => client.score(request, pass, turn));
    },
    resetMemoryPeak: () => host.resetMemoryPeak(),
    async memory() {
      if (host.memory === undefined) throw new UnsupportedError(`${name}: the memory of the server is unknown`);
      return host.memory();
    },
    async [Symbol.asyncDispose]() {
      passes.close();
      await client[Symbol.asyncDispose]();
      await host.close();
    },
  };
}
