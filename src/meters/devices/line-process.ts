import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';

const keptErrorLines = 3;
/** A tool that writes on without ends of lines is cut here. */
const longestLine = 65_536;

export interface LineProcessOptions {
  readonly program: string;
  readonly words: readonly string[];
  readonly onLine: (line: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>> | undefined;
}

/** A program that writes lines until it is stopped. It never keeps this process alive, and never outlives it by much. */
export interface LineProcess {
  /** Why it writes no more: it couldn't be started, or has ended; undefined while it runs. */
  readonly failure: string | undefined;
  readonly isInstalled: boolean;
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
}

/** Starts the program with no shell in between. What is wrong with it is its `failure`, never an exception. */
export function startLineProcess({ program, words, onLine, environment }: LineProcessOptions): LineProcess {
  let failure: string | undefined;
  let isInstalled = true;
  let rest = '';
  const errors: string[] = [];
  const child: ChildProcess = spawn(program, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment,
  });
  const closed = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      isInstalled = !('code' in error && error.code === 'ENOENT');
      failure ??= isInstalled ? `${program} can't be started: ${error.message}` : `${program} isn't installed`;
      resolve();
    });
    child.once('close', (code, signal) => {
      const how = signal === null ? `ended with code ${code}` : `was ended by ${signal}`;
      failure ??= [`${program} ${how}`, ...errors].join(': ');
      resolve();
    });
  });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(-longestLine);
    for (const line of lines) onLine(line);
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = text.split('\n').map((line) => line.trim());
    errors.push(...lines.filter((line) => line !== ''));
    errors.splice(0, errors.length - keptErrorLines);
  });
  letGo(child);
  return {
    get failure() {
      return failure;
    },
    get isInstalled() {
      return isInstalled;
    },
    async stop() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return closed;
      child.ref();
      child.kill('SIGKILL');
      return closed;
    },
  };
}

function letGo(child: ChildProcess): void {
  child.unref();
  // Pipes of a child are sockets, which their type doesn't say.
  for (const stream of [child.stdout, child.stderr]) if (stream instanceof Socket) stream.unref();
}
