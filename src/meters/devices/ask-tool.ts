import { execFile } from 'node:child_process';
import { amdSmi } from './amd-smi.ts';
import { nvidiaSmi } from './nvidia-smi.ts';
import type { SmiTool } from './smi-table.ts';

/** The vendors' tools; other programs in tests. */
export interface GpuPrograms {
  readonly nvidiaProgram?: string | undefined;
  readonly amdProgram?: string | undefined;
}

/** The tools with the programs that stand for them, in the order in which they are asked. */
export function gpuTools({ nvidiaProgram, amdProgram }: GpuPrograms = {}): readonly (readonly [SmiTool, string])[] {
  return [
    [nvidiaSmi, nvidiaProgram ?? nvidiaSmi.name],
    [amdSmi, amdProgram ?? amdSmi.name],
  ];
}

export interface AskOptions {
  /** Of the tool; that of this process when absent. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  readonly signal?: AbortSignal | undefined;
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
      signal,
      env: environment,
    };
    execFile(program, words, settings, (error, stdout) => resolve(error === null ? stdout : undefined));
  });
}
