import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { busyTests } from './busy-tests.ts';

export const perbenchBin = join(import.meta.dirname, '../../bin/perbench.cjs');

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A perbench that runs. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when stderr or stdout has said it. */
  said(pattern: RegExp): Promise<void>;
}

export interface StartOptions {
  readonly workingFolder: string;
  readonly homeFolder: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Program that runs bin/perbench.cjs; this Node by default. */
  readonly node?: string;
}

/** Starts perbench as a user would, for tests: a real process with an environment of its own. */
export function startPerbench(argv: readonly string[], options: StartOptions): Running {
  const { workingFolder, homeFolder, environment = {}, node = process.execPath } = options;
  const child = spawn(node, [perbenchBin, ...argv], {
    cwd: workingFolder,
    env: {
      PATH: process.env['PATH'],
      HOME: homeFolder,
      XDG_CACHE_HOME: join(homeFolder, 'cache'),
      ...busyTests,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  const heard = (): void => {
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    heard();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    heard();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return {
    child,
    ended,
    async said(pattern) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const check = (): void => {
        if (pattern.test(stdout + stderr)) resolve();
      };
      listeners.add(check);
      check();
      const early = ended.then((end) => {
        if (!pattern.test(end.stdout + end.stderr))
          throw new Error(`ended without ${pattern.source}: ${JSON.stringify(end)}`);
      });
      await Promise.race([promise, early]);
      listeners.delete(check);
    },
  };
}
