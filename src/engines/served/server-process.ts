import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EnvironmentError } from '../../core/errors.ts';
import { isSystemError, systemErrorWords } from '../../core/system-error.ts';
import { lastLines } from '../../files/last-lines.ts';
import type { KeeperOrder } from './keeper.ts';
import { markedProcesses, serverMark, signalServer } from './marked-processes.ts';
import type { ServerCommand } from './server-command.ts';

const maxLogBytes = 64 * 2 ** 20;

/** Everything that a server wrote while it started; what it says of its memory is there. */
export function wholeLog(file: string): string {
  return readFileSync(file, 'utf8').slice(0, maxLogBytes);
}

const pollMs = 50;
const killMs = 5_000;
/** Where keepers can't live, none is started more often. */
const keeperPauseMs = 200;

export interface ServerProcessOptions {
  readonly command: ServerCommand;
  /** Where stdout and stderr go. */
  readonly logFile: string;
  /** Is left out of what is shown of the log. */
  readonly apiKey: string | undefined;
  /** Base of the server's environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Time to end by itself before it is killed. */
  readonly stopMs: number;
}

/** Ends the server if this process dies without having done so. */
function startKeeper(order: KeeperOrder): ChildProcess {
  const file = join(import.meta.dirname, `keeper${extname(import.meta.filename)}`);
  const keeper = spawn(process.execPath, [file], {
    // A terminal's Ctrl-C must not reach it.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
  });
  keeper.once('error', () => undefined);
  keeper.stdin?.once('error', () => undefined);
  keeper.stdin?.write(`${JSON.stringify(order)}\n`);
  keeper.unref();
  return keeper;
}

/** A server in a process group of its own, with all that it starts. */
export class ServerProcess implements AsyncDisposable {
  readonly pid: number;
  readonly logFile: string;
  /** Resolves to how it ended. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #order: KeeperOrder;
  #keeper: ChildProcess;
  #isEnding = false;
  readonly #mark: string;
  readonly #stopMs: number;
  readonly #apiKey: string | undefined;
  #end: string | undefined;

  private constructor(
    child: ChildProcess,
    pid: number,
    mark: string,
    { logFile, stopMs, apiKey }: ServerProcessOptions,
  ) {
    this.pid = pid;
    this.logFile = logFile;
    this.#child = child;
    this.#mark = mark;
    this.#stopMs = stopMs;
    this.#apiKey = apiKey;
    this.#order = { groupId: pid, mark, graceMs: stopMs };
    this.#keeper = this.#startKeeper();
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#end = signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
        resolve(this.#end);
      });
    });
    child.unref();
  }

  /** @throws {EnvironmentError} if the program isn't there, or can't be started */
  static async start(options: ServerProcessOptions): Promise<ServerProcess> {
    const { command, logFile, environment } = options;
    const [program, ...words] = command.argv;
    const mark = randomUUID();
    const log = openSync(logFile, 'a', 0o600);
    try {
      const child = spawn(program, words, {
        detached: true,
        stdio: ['ignore', log, log],
        env: { ...environment, ...command.environment, [serverMark]: mark },
      });
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', (error) => reject(startError(program, error)));
      });
      if (child.pid === undefined) throw new EnvironmentError(`${program} can't be started`);
      return new ServerProcess(child, child.pid, mark, options);
    } finally {
      closeSync(log);
    }
  }

  /** A keeper that dies is followed by another. */
  #startKeeper(): ChildProcess {
    const keeper = startKeeper(this.#order);
    keeper.once('exit', () => {
      const follow = (): void => {
        if (!this.#isEnding) this.#keeper = this.#startKeeper();
      };
      setTimeout(follow, keeperPauseMs).unref();
    });
    return keeper;
  }

  /** How it ended; undefined while it runs. */
  get end(): string | undefined {
    return this.#end;
  }

  /** How it ended, if it does so within this time: an exit is heard of a little after connections break. */
  async endWithin(limitMs: number): Promise<string | undefined> {
    const timer = new AbortController();
    const late = sleep(limitMs, undefined, { signal: timer.signal }).catch(() => undefined);
    await Promise.race([this.ended, late]);
    timer.abort();
    return this.#end;
  }

  /** Every process that belongs to the server now. */
  processIds(): readonly number[] {
    return [...new Set([this.pid, ...markedProcesses(this.#mark)])];
  }

  lastLines(count: number): readonly string[] {
    const lines = lastLines(this.logFile, count);
    const key = this.#apiKey;
    return key === undefined ? lines : lines.map((line) => line.replaceAll(key, '[key]'));
  }

  /** Ends the server and everything that it started, and waits until they are gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    const isGone = (): boolean => this.#end !== undefined && markedProcesses(this.#mark).length === 0;
    const untilGone = async (limitMs: number): Promise<void> => {
      const endMs = performance.now() + limitMs;
      while (!isGone() && performance.now() < endMs) await sleep(pollMs);
    };
    if (this.#end === undefined) this.#child.ref();
    if (!isGone()) {
      signalServer(this.pid, this.#mark, 'SIGTERM');
      await untilGone(this.#stopMs);
    }
    if (!isGone()) {
      signalServer(this.pid, this.#mark, 'SIGKILL');
      await untilGone(killMs);
    }
    this.#isEnding = true;
    this.#keeper.kill('SIGKILL');
  }
}

function startError(program: string, error: Error): EnvironmentError {
  const isMissing = 'code' in error && error.code === 'ENOENT';
  return isMissing
    ? new EnvironmentError(`the server's program "${program}" isn't installed`, {
        hint: 'Install it, add its folder to PATH, or set `program` of the server to its path.',
      })
    : new EnvironmentError(
        `the server's program "${program}" can't be started: ${isSystemError(error) ? systemErrorWords(error) : error.message}`,
        { cause: error },
      );
}
