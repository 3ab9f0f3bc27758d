import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { EnvironmentError, type PerbenchError, ServerError } from '../../core/errors.ts';
import { keyHeaders } from './server-key.ts';
import type { ServerProcess } from './server-process.ts';

const pollMs = 200;
const answerMs = 3_000;
const shownLines = 12;

export interface ReadyOptions {
  readonly name: string;
  readonly origin: string;
  /** Tried in this order until one answers 200. */
  readonly paths: readonly string[];
  readonly apiKey: string | undefined;
  readonly startMs: number;
  readonly signal: AbortSignal;
  /** Hears the newest line of the log, now and then. */
  readonly onStatus: (line: string) => void;
}

async function answers(url: string, apiKey: string | undefined): Promise<boolean> {
  try {
    const { statusCode, body } = await request(url, {
      headers: keyHeaders(apiKey),
      headersTimeout: answerMs,
      bodyTimeout: answerMs,
    });
    await body.dump();
    return statusCode === 200;
  } catch (error) {
    // Nobody listens yet.
    if (error instanceof Error) return false;
    throw error;
  }
}

const outOfMemory =
  /out of memory|OutOfMemoryError|No available memory for the cache blocks|failed to allocate|std::bad_alloc/i;
const portTaken = /address already in use|couldn't bind|failed to bind|EADDRINUSE/i;
const missingModel =
  /is not a local folder|Repository Not Found|No such file or directory|failed to open GGUF|gated repo/i;

/** Whether the log says that another program was faster in taking the port. */
export function saysPortTaken(process: ServerProcess): boolean {
  return portTaken.test(process.lastLines(100).join('\n'));
}

function adviceOf(log: string, how: string): string {
  if (outOfMemory.test(log) || how.includes('SIGKILL')) {
    return 'It ran out of memory: use more GPUs (tensorParallel), fewer contextTokens or sequences, or a smaller model.';
  }
  if (portTaken.test(log)) return 'Another program took its port: name a free one as `port`, or none.';
  if (missingModel.test(log)) return 'It found no such model: check the name and what the server may fetch.';
  return 'Start the command by hand to see more; the whole log is in the file named above.';
}

/** What went wrong while a server started, with the end of its log. */
export function startFailure(process: ServerProcess, name: string, what: string, origin: string): PerbenchError {
  const lines = process.lastLines(shownLines);
  const said =
    lines.length === 0 ? 'it wrote nothing' : `its last lines:\n${lines.map((each) => `  | ${each}`).join('\n')}`;
  const hint = adviceOf(process.lastLines(100).join('\n'), what);
  return new ServerError(`the server of ${name} ${what}; log ${process.logFile}; ${said}`, { url: origin }, { hint });
}

/**
 * Waits until a server says that it is ready.
 *
 * @throws {ServerError} with the end of its log, if it ends or isn't ready in time
 */
export async function waitUntilReady(process: ServerProcess, options: ReadyOptions): Promise<void> {
  const { name, origin, paths, apiKey, startMs, signal, onStatus } = options;
  const endMs = performance.now() + startMs;
  let shown: string | undefined;
  for (;;) {
    signal.throwIfAborted();
    if (process.end !== undefined) throw startFailure(process, name, `${process.end} before it was ready`, origin);
    for (const path of paths) if (await answers(origin + path, apiKey)) return;
    if (performance.now() >= endMs) {
      throw startFailure(process, name, `was not ready within ${Math.round(startMs / 1000)} s`, origin);
    }
    const [newest] = process.lastLines(1);
    if (newest !== undefined && newest !== shown) onStatus(newest);
    shown = newest;
    await sleep(pollMs, undefined, { signal });
  }
}

/** @throws {EnvironmentError} naming the port */
export function requirePort(port: number | undefined, name: string, wanted: number | undefined): number {
  if (port !== undefined) return port;
  throw new EnvironmentError(
    wanted === undefined ? `${name}: no free port on the loopback interface` : `${name}: port ${wanted} is taken`,
    { hint: wanted === undefined ? 'End some servers.' : 'End the program that listens there, or name no port.' },
  );
}
