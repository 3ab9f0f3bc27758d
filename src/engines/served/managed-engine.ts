/**
 * The managed engine: starts a server for the model, waits until it is ready, measures it as the openai engine does, and
 * stops it with everything that it started.
 */
import { optionProblems, parseEngineOptions } from '../../core/engine-options.ts';
import type { Engine, EngineOptions, LoadedModel, ModelInfo, ModelSpec } from '../../core/engine.ts';
import { ServerError, UsageError } from '../../core/errors.ts';
import type { ManagedServer } from '../../core/managed-server.ts';
import { managedServerSchema } from '../../core/suite.ts';
import { withoutSecrets } from '../../core/without-secrets.ts';
import type { GpuPrograms } from '../../meters/devices/gpu-tools.ts';
import { servedMaxConcurrency } from '../concurrency.ts';
import { createManagedHost } from './managed-host.ts';
import { createMetricsScraper } from './metrics-scraper.ts';
import { openServedModel } from './openai-engine.ts';
import { openAiOptionsSchema, serverKey } from './served-options.ts';
import { wholeLog } from './server-process.ts';
import { serverDevices } from './server-reports.ts';
import { startServer, type StartedServer, startFailure } from './start-server.ts';

export interface ManagedEngineOptions {
  /** The server's own environment starts from it; its key is read from it too. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly tools?: GpuPrograms;
}

/** Its name is that of the suite's key, so that messages of both fit. */
function parseServer(spec: ModelSpec): { readonly server: ManagedServer; readonly rest: ModelSpec } {
  const { server: given, ...engineOptions } = spec.engineOptions;
  const parsed = managedServerSchema.safeParse(given);
  if (!parsed.success) {
    const problems = optionProblems(parsed.error, Object.keys(managedServerSchema.shape));
    throw new UsageError(`${spec.name}: server: ${problems}`, { hint: 'docs/servers.md shows what it may say.' });
  }
  return { server: parsed.data, rest: { ...spec, engineOptions } };
}

/** Ollama has names of its own, and gives those without a tag the tag `latest`; other servers take the name they are told. */
function servedNameOf({ name, source = name }: ModelSpec, { preset, servedName }: ManagedServer): string {
  if (servedName !== undefined || preset !== 'ollama') return servedName ?? name;
  return /:[^/]*$/.test(source) ? source : `${source}:latest`;
}

/** The server was started with room for so many tokens, also where it doesn't tell. */
function withContext(options: EngineOptions, server: ManagedServer): EngineOptions {
  return server.contextTokens === undefined ? options : { ...options, contextTokens: server.contextTokens };
}

/** Options as written: where no variable is named, the server's own come first. */
function namedVariable({ engineOptions }: ModelSpec): string | undefined {
  const { apiKeyVariable } = engineOptions;
  return typeof apiKeyVariable === 'string' ? apiKeyVariable : undefined;
}

/** Engine options: `server` (see `managedServerSchema`), and those of the openai engine. */
export function createManagedEngine(engine: ManagedEngineOptions): Engine {
  return {
    kind: 'managed',
    maxConcurrency: servedMaxConcurrency,
    async open(spec, options, signal) {
      signal.throwIfAborted();
      const { server, rest } = parseServer(spec);
      const openAi = parseEngineOptions(openAiOptionsSchema, 'openai', rest);
      const servedName = servedNameOf(spec, server);
      const { environment, tools = {} } = engine;
      const apiKey = serverKey(server, environment, namedVariable(rest));
      const started = await startServer({ spec, server, servedName, options, environment, apiKey, signal });
      const { process, origin } = started;
      const scraper = createMetricsScraper(`${origin}/metrics`, apiKey);
      const host = createManagedHost({ process, origin, server, servedName, apiKey, scraper, tools });
      try {
        const address = { baseUrl: `${origin}/v1`, servedName };
        const model = await openServedModel(
          { spec: rest, address, openAi, options: withContext(options, server), apiKey, openHost: () => host },
          signal,
        );
        const devices = openAi.devices ?? serverDevices({ server, argv: started.argv, log: wholeLog(process.logFile) });
        return withServer(model, { name: spec.name, server, started, devices, watch: () => scraper.start() });
      } catch (error) {
        const { end } = process;
        const failure = end === undefined ? error : startFailure(process, spec.name, end, origin);
        await host.close();
        throw failure;
      }
    },
  };
}

interface ServerParts {
  readonly name: string;
  readonly server: ManagedServer;
  readonly started: StartedServer;
  readonly devices: number;
  readonly watch: NonNullable<LoadedModel['watch']>;
}

const exitMs = 1_000;

/** A pass that broke because the server ended says so, with the end of its log. */
async function* explained<Result>(
  results: AsyncIterable<Result>,
  { name, started: { process, origin } }: ServerParts,
): AsyncGenerator<Result, void, void> {
  try {
    yield* results;
  } catch (error) {
    const end = error instanceof ServerError ? await process.endWithin(exitMs) : undefined;
    throw end === undefined ? error : startFailure(process, name, `${end} in the middle of a pass`, origin);
  }
}

function withServer(model: LoadedModel, parts: ServerParts): LoadedModel {
  const { server, started, devices, watch } = parts;
  const { gpus } = server;
  const info: ModelInfo = {
    ...model.info,
    devices: gpus === undefined ? model.info.devices : gpus.map((gpu) => `GPU ${gpu}`),
    gpus,
    deviceCount: devices > 1 ? devices : undefined,
    serverCommand: withoutSecrets(started.argv).join(' '),
  };
  return {
    info,
    capabilities: model.capabilities,
    generate: (requests, pass) => explained(model.generate(requests, pass), parts),
    loglikelihood: (requests, pass) => explained(model.loglikelihood(requests, pass), parts),
    resetMemoryPeak: () => model.resetMemoryPeak(),
    memory: () => model.memory(),
    watch,
    clients: model.clients,
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}
