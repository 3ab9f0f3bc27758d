import { execFile } from 'node:child_process';

export interface ProgramAnswer {
  /** Undefined where it couldn't be started, was killed, or took too long. */
  readonly exitCode: number | undefined;
  readonly signalName: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it couldn't be started, such as `ENOENT`. */
  readonly startError: string | undefined;
}

export interface AskOptions {
  readonly timeoutMs: number;
  /** Of the program; that of this process when absent. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What it reads; nothing when absent. */
  readonly input?: string | undefined;
}

const maxBytes = 16 * 2 ** 20;

/** Runs a program to its end and tells how it went, whatever that is. */
export async function askProgram(
  program: string,
  words: readonly string[],
  { timeoutMs, environment, signal, input }: AskOptions,
): Promise<ProgramAnswer> {
  return new Promise((resolve) => {
    const settings = {
      encoding: 'utf8' as const,
      timeout: timeoutMs,
      killSignal: 'SIGKILL' as const,
      maxBuffer: maxBytes,
      signal,
      env: environment,
    };
    const child = execFile(program, words, settings, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      resolve({
        exitCode: typeof code === 'number' ? code : undefined,
        signalName: error?.signal ?? undefined,
        startError: typeof code === 'string' ? code : undefined,
        stdout,
        stderr,
      });
    });
    // A program that has ended doesn't read: how it ended tells why.
    child.stdin?.on('error', () => undefined).end(input);
  });
}
