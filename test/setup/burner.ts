import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

export interface BurnerOptions {
  /** A child of the process burns instead of itself. */
  readonly inChild?: boolean;
  /** The process's own word for its program. */
  readonly name?: string;
}

/** A process that keeps a core busy until the test ends. */
export async function startBurner({ inChild = false, name = 'node' }: BurnerOptions = {}): Promise<ChildProcess> {
  const burn = "console.log('burning'); for (;;);";
  const parent = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(burn)}], { stdio: 'inherit' })
    .on('exit', () => process.exit()); process.on('SIGTERM', () => process.exit());`;
  const burner = spawn(process.execPath, ['-e', inChild ? parent : burn], {
    argv0: name,
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own, so that the grandchild ends with it.
    detached: true,
  });
  onTestFinished(() => {
    const isAlive = burner.exitCode === null && burner.signalCode === null;
    if (isAlive && burner.pid !== undefined) process.kill(-burner.pid, 'SIGKILL');
  });
  await once(burner.stdout, 'data');
  return burner;
}
