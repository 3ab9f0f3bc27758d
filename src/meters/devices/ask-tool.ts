import { execFile } from 'node:child_process';

/** The vendors' tools; other programs in tests. */
export interface GpuPrograms {
  readonly nvidiaProgram?: string | undefined;
  readonly amdProgram?: string | undefined;
}

export interface AskOptions {
  /** Of the tool; that of this process when absent. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  readonly signal?: AbortSignal;
}

/** A tool hangs where a driver does. */
const timeoutMs = 5_000;
const mostBytes = 16 * 2 ** 20;

/** What a short call of a tool prints, or undefined where it isn't there, fails or hangs. */
export async function askTool(
  program: string,
  words: readonly string[],
  { environment, signal }: AskOptions = {},
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const settings = {
      timeout: timeoutMs,
      encoding: 'utf8' as const,
      killSignal: 'SIGKILL' as const,
      maxBuffer: mostBytes,
      ...(signal !== undefined && { signal }),
      ...(environment !== undefined && { env: environment }),
    };
    execFile(program, words, settings, (error, stdout) => resolve(error === null ? stdout : undefined));
  });
}
