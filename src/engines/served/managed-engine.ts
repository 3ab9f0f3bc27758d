/**
 * The managed engine: starts a server for the model, waits until it is ready, measures it as the openai engine does, and
 * stops it with everything that it started.
 */
import { optionProblems, parseEngineOptions } from '../../core/engine-options.ts';
import type { Engine, EngineOptions, ModelSpec } from '../../core/engine.ts';
import { UsageError } from '../../core/errors.ts';
import type { ManagedServer } from '../../core/managed-server.ts';
import { managedServerSchema } from '../../core/suite.ts';
import type { GpuPrograms } from '../../meters/devices/gpu-tools.ts';
import { servedMaxConcurrency } from '../request-pool.ts';
import { createManagedHost } from './managed-host.ts';
import { openServedModel } from './openai-engine.ts';
import { openAiOptionsSchema, serverKey } from './served-options.ts';
import { usualServedName } from './server-command.ts';
import { startFailure, startServer } from './start-server.ts';

export interface ManagedEngineOptions {
  /** The server's own environment starts from it; its key is read from it too. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly tools?: GpuPrograms;
  /** The clock by which a server isn't ready in time; monotonic, in milliseconds. */
  readonly now?: () => number;
}

/** Its name is that of the suite's key, so that messages of both fit. */
function parseServer(spec: ModelSpec): { readonly server: ManagedServer; readonly rest: ModelSpec } {
  const { server: given, ...engineOptions } = spec.engineOptions;
  const parsed = managedServerSchema.safeParse(given);
  if (!parsed.success) {
    const problems = optionProblems(parsed.error, Object.keys(managedServerSchema.shape));
    throw new UsageError(`${spec.name}: server: ${problems}`, { hint: 'See docs/servers.md for its settings.' });
  }
  return { server: parsed.data, rest: { ...spec, engineOptions } };
}

/** Ollama has names of its own, and gives those without a tag the tag `latest`; other servers take the name they are told. */
function servedNameOf({ name, source = name }: ModelSpec, server: ManagedServer): string {
  const { preset, servedName } = server;
  if (servedName !== undefined) return servedName;
  if (preset !== 'ollama') return usualServedName(name, server);
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
      const { environment, tools = {}, now = () => performance.now() } = engine;
      const apiKey = serverKey(server, environment, namedVariable(rest));
      const started = await startServer({ spec, server, servedName, options, environment, apiKey, now, signal });
      const { process, origin } = started;
      const { devices } = openAi;
      const host = createManagedHost({ ...started, name: spec.name, server, servedName, apiKey, devices, tools });
      try {
        const link = { baseUrl: `${origin}/v1`, apiKey };
        return await openServedModel(
          { spec: rest, servedName, openAi, options: withContext(options, server), link, openHost: () => host },
          signal,
        );
      } catch (error) {
        const { end } = process;
        const failure = end === undefined ? error : startFailure(process, spec.name, end, origin);
        await host.close();
        throw failure;
      }
    },
  };
}
