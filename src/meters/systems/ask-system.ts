import { spawnSync } from 'node:child_process';

/** Runs a program of the operating system to its end: what it wrote, or undefined where it isn't there or failed. */
export type AskSystem = (program: string, words: readonly string[]) => string | undefined;

/** Such programs answer within a second; what takes longer is stuck. */
const timeoutMs = 10_000;
const maxBuffer = 64 * 2 ** 20;

export const askSystem: AskSystem = (program, words) => {
  const { status, stdout } = spawnSync(program, words, {
    encoding: 'utf8',
    timeout: timeoutMs,
    maxBuffer,
    stdio: ['ignore', 'pipe', 'ignore'],
    windowsHide: true,
  });
  return status === 0 ? stdout : undefined;
};
