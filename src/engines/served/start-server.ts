import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineOptions, ModelSpec } from '../../core/engine.ts';
import { EnvironmentError, type PerbenchError, ServerError } from '../../core/errors.ts';
import { safeFileName } from '../../core/file-names.ts';
import { makeFolder } from '../../files/make-folder.ts';
import type { ManagedServer } from '../../core/managed-server.ts';
import { askServer } from './ask-server.ts';
import { localServerProcesses } from './local-host.ts';
import { loopbackHost, serverCommand } from './server-command.ts';
import { ServerProcess } from './server-process.ts';

const pollMs = 200;
const answerMs = 3_000;
const shownLines = 12;

const outOfMemory =
  /out of memory|OutOfMemoryError|No available memory for the cache blocks|failed to allocate|std::bad_alloc/i;
const portTaken = /address already in use|couldn't bind|failed to bind|EADDRINUSE/i;
const missingModel =
  /is not a local folder|Repository Not Found|No such file or directory|failed to open GGUF|gated repo/i;

/** Whether the log says that another program was faster in taking the port. */
function saysPortTaken(process: ServerProcess): boolean {
  return portTaken.test(process.lastLines(100).join('\n'));
}

function adviceOf(log: string, how: string): string {
  if (outOfMemory.test(log) || how.includes('SIGKILL')) {
    return 'It ran out of memory: use more GPUs (tensorParallel), fewer contextTokens or sequences, or a smaller model.';
  }
  if (portTaken.test(log)) return 'Another program took its port: set `port` to a free one, or leave it out.';
  if (missingModel.test(log)) return 'It found no such model: check the name, and that the server may download it.';
  return 'Run the command yourself to see more; the full log is in the file named above.';
}

/** What went wrong while a server started, with the end of its log. */
export function startFailure(process: ServerProcess, name: string, what: string, origin: string): PerbenchError {
  const lines = process.lastLines(shownLines);
  const said = lines.length === 0 ? 'it logged nothing' : 'its last lines:';
  const message = `the server of ${name} ${what}; log ${process.logFile}; ${said}`;
  const hint = adviceOf(process.lastLines(100).join('\n'), what);
  return new ServerError([message, ...lines.map((each) => `  | ${each}`)], { url: origin }, { hint });
}

/**
 * Waits until a server says that it is ready.
 *
 * @throws {ServerError} with the end of its log, if it ends or isn't ready in time
 */
async function waitUntilReady(process: ServerProcess, request: StartServerRequest, origin: string): Promise<void> {
  const { spec, server, options, apiKey, now, signal } = request;
  const { name } = spec;
  const paths = server.healthPath === undefined ? readyPaths(server) : [server.healthPath];
  const endMs = now() + server.startSeconds * 1000;
  let shown: string | undefined;
  for (;;) {
    signal.throwIfAborted();
    if (process.end !== undefined) throw startFailure(process, name, `${process.end} before it was ready`, origin);
    for (const path of paths) if ((await askServer(origin + path, apiKey, answerMs)) !== undefined) return;
    if (now() >= endMs) {
      throw startFailure(process, name, `was not ready within ${Math.round(server.startSeconds)} s`, origin);
    }
    const [newest] = process.lastLines(1);
    if (newest !== undefined && newest !== shown) options.onStatus?.(newest);
    shown = newest;
    await sleep(pollMs, undefined, { signal });
  }
}

/** @throws {EnvironmentError} naming the port */
function requirePort(port: number | undefined, name: string, wanted: number | undefined): number {
  if (port !== undefined) return port;
  throw new EnvironmentError(
    wanted === undefined ? `${name}: no free port on the loopback interface` : `${name}: port ${wanted} is taken`,
    {
      hint: wanted === undefined ? 'Stop some servers.' : 'Stop the program that listens there, or leave out the port.',
    },
  );
}

/**
 * A port of the loopback interface that nobody listens on now.
 *
 * @param port that one, or 0 for any
 * @returns undefined if the port is taken
 */
async function findFreePort(port = 0): Promise<number | undefined> {
  const server = createServer();
  server.listen(port, loopbackHost);
  try {
    await once(server, 'listening');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' ? address?.port : undefined;
}

/** A port may be lost to another program between looking and starting. */
const portTries = 3;

async function logFile(options: EngineOptions, name: string): Promise<string> {
  const folder = options.logFolder ?? mkdtempSync(join(tmpdir(), 'perbench-server-'));
  await makeFolder(folder);
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(/\D/g, '');
  return join(folder, `${safeFileName(name)}-${stamp}.log`);
}

/** Tried in this order until one answers 200. */
function readyPaths({ preset }: ManagedServer): readonly string[] {
  if (preset === 'ollama') return ['/api/version'];
  return preset === undefined ? ['/health', '/v1/models'] : ['/health'];
}

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
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** The server on this port, or `'port-lost'` if another program took the port first. */
async function startOn(port: number, request: StartServerRequest): Promise<StartedServer | 'port-lost'> {
  const { spec, server, servedName, options, environment, apiKey } = request;
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
  const process = await ServerProcess.start({
    command,
    logFile: await logFile(options, spec.name),
    environment,
    apiKey,
    stopMs: server.stopSeconds * 1000,
  });
  try {
    await waitUntilReady(process, request, origin);
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
