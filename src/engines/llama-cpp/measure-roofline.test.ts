import { describe, expect, it } from 'vitest';
import { EnvironmentError } from '../../core/errors.ts';
import { findLibrary } from './library-location.ts';
import { measureRoofline, type RooflineOptions } from './measure-roofline.ts';

const order = { location: findLibrary('cpu'), threads: 1, types: [1, 12, 99] };

async function failure(options: RooflineOptions): Promise<unknown> {
  return measureRoofline(order, options).catch((error: unknown) => error);
}

describe('measureRoofline', () => {
  it('measures the kernels of the library, and leaves out types that it cannot make', async () => {
    const { rates, stepMs, threads } = await measureRoofline(order);
    expect(rates.map(({ type, name }) => [type, name])).toEqual([
      [1, 'f16'],
      [12, 'q4_K'],
    ]);
    expect(threads).toBe(1);
    expect(stepMs).toBeGreaterThan(0);
    for (const { bytesPerSecond, operationsPerSecond } of rates) {
      // No machine is slower than a thousandth of this one, or faster than a thousand of it.
      expect(bytesPerSecond).toBeGreaterThan(1e6);
      expect(bytesPerSecond).toBeLessThan(1e14);
      expect(operationsPerSecond).toBeGreaterThan(1e7);
      expect(operationsPerSecond).toBeLessThan(1e15);
    }
  });

  it('says how its process ended, if that failed', async () => {
    const program = (code: string): readonly [string, ...string[]] => [process.execPath, '-e', code];
    const crashed = await failure({ command: program('process.kill(process.pid, "SIGSEGV")') });
    expect(crashed).toBeInstanceOf(EnvironmentError);
    expect(crashed).toMatchObject({ message: 'measuring this machine failed with signal SIGSEGV' });
    const ended = await failure({ command: program('console.error("no such kernel"); process.exit(3)') });
    expect(ended).toMatchObject({ message: 'measuring this machine failed with code 3: no such kernel' });
    const hung = await failure({ command: program('setTimeout(() => {}, 60_000)'), timeoutMs: 50 });
    expect(hung).toMatchObject({ message: 'measuring this machine failed with signal SIGKILL' });
  });

  it('says which library cannot be loaded', async () => {
    const location = { ...order.location, cpuBackend: '/nowhere/libggml-cpu-none.so' };
    const error = await measureRoofline({ ...order, location }).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(EnvironmentError);
    expect(error).toMatchObject({ message: expect.stringContaining("libggml-cpu-none.so can't be loaded") });
  });
});
