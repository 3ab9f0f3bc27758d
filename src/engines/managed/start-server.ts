import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineOptions, ModelSpec } from '../../core/engine.ts';
import { ServerError } from '../../core/errors.ts';
import type { ManagedServer } from '../../core/managed-server.ts';
import { localServerProcesses } from '../openai/local-server.ts';
import { findFreePort } from './free-port.ts';
import { loopbackHost, serverCommand } from './server-command.ts';
import { ServerProcess } from './server-process.ts';
import { requirePort, saysPortTaken, startFailure, waitUntilReady } from './wait-until-ready.ts';

/** A port may be lost to another program between looking and starting. */
const portTries = 3;

function logFile(options: EngineOptions, name: string): string {
  const folder = options.logFolder ?? mkdtempSync(join(tmpdir(), 'perbench-server-'));
  mkdirSync(folder, { recursive: true });
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(/\D/g, '');
  return join(folder, `${name.replaceAll(/[^\w.-]+/g, '_')}-${stamp}.log`);
}

const readyPaths: Readonly<Record<string, readonly string[]>> = {
  ollama: ['/api/version'],
  command: ['/health', '/v1/models'],
};

/** A server that is ready. */
export interface StartedServer {
  readonly process: ServerProcess;
  readonly origin: string;
  readonly argv: readonly string[];
}

export interface StartServerRequest {
  readonly spec: ModelSpec;
  readonly server: ManagedServer;
  readonly servedName: string;
  readonly options: EngineOptions;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly apiKey: string | undefined;
  readonly signal: AbortSignal;
}

/** The server on this port, or `'port-lost'` if another program took the port first. */
async function startOn(port: number, request: StartServerRequest): Promise<StartedServer | 'port-lost'> {
  const { spec, server, servedName, options, environment, apiKey, signal } = request;
  const command = serverCommand({
    server,
    model: spec.source ?? spec.name,
    file: spec.file,
    servedName,
    port,
    contextTokens: server.contextTokens ?? options.contextTokens,
    sequences: server.sequences ?? options.concurrency,
    threads: options.threads,
  });
  const origin = `http://${loopbackHost}:${port}`;
  const paths =
    server.healthPath === undefined ? (readyPaths[server.preset ?? 'command'] ?? ['/health']) : [server.healthPath];
  const process = await ServerProcess.start({
    command,
    logFile: logFile(options, spec.name),
    environment,
    apiKey,
    stopMs: server.stopSeconds * 1000,
  });
  try {
    const startMs = server.startSeconds * 1000;
    const onStatus = options.onStatus ?? ((): void => {});
    await waitUntilReady(process, { name: spec.name, origin, paths, apiKey, startMs, signal, onStatus });
    requireOwn(process, spec.name, origin);
    return { process, origin, argv: command.argv };
  } catch (error) {
    await process[Symbol.asyncDispose]();
    if (error instanceof ServerError && saysPortTaken(process)) return 'port-lost';
    throw error;
  }
}

/** Another program on the same port would answer in the server's place. */
function requireOwn(process: ServerProcess, name: string, origin: string): void {
  const listeners = localServerProcesses(origin);
  const own = new Set(process.processIds());
  if (listeners.length === 0 || listeners.some((pid) => own.has(pid))) return;
  throw startFailure(process, name, `isn't what answers: process ${listeners.join(', ')} listens on its port`, origin);
}

/**
 * Starts a server and waits until it is ready; what can't be started is stopped again, with all that it started.
 *
 * @throws {EnvironmentError} if its program isn't there, or its port is taken
 * @throws {ServerError} with the end of its log, if it ends or isn't ready in time
 */
export async function startServer(request: StartServerRequest): Promise<StartedServer> {
  const { spec, server } = request;
  for (let tries = 1; tries <= portTries; tries += 1) {
    const port = requirePort(await findFreePort(server.port), spec.name, server.port);
    const started = await startOn(port, request);
    if (started !== 'port-lost') return started;
  }
  return requirePort(undefined, spec.name, server.port) as never;
}
