import { spawnSync } from 'node:child_process';

/** Runs a program of the operating system to its end: what it wrote, or undefined where it isn't there or failed. */
export type AskSystem = (program: string, words: readonly string[]) => string | undefined;

export interface AskSystemOptions {
  /** Such programs answer within a second; what takes longer is stuck. */
  readonly timeoutMs?: number;
  /** A program that was stuck isn't asked again for so long: each time it holds everything up. */
  readonly restMs?: number;
  /** Monotonic, in milliseconds. */
  readonly now?: () => number;
}

const maxBuffer = 64 * 2 ** 20;

/** Asks programs, and lets those rest that hang. */
export function createAskSystem({
  timeoutMs = 10_000,
  restMs = 60_000,
  now = () => performance.now(),
}: AskSystemOptions = {}): AskSystem {
  const stuckUntil = new Map<string, number>();
  return (program, words) => {
    if (now() < (stuckUntil.get(program) ?? 0)) return undefined;
    const { status, stdout, error } = spawnSync(program, words, {
      encoding: 'utf8',
      timeout: timeoutMs,
      // One that hangs may well not hear of anything less.
      killSignal: 'SIGKILL',
      maxBuffer,
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
    });
    if (error !== undefined && 'code' in error && error.code === 'ETIMEDOUT') stuckUntil.set(program, now() + restMs);
    return status === 0 ? stdout : undefined;
  };
}

/** Of this machine. */
export const askSystem: AskSystem = createAskSystem();
