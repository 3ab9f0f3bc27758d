import { expect, it } from 'vitest';
import type { EngineError } from '../../core/errors.ts';
import { WorkerProcess } from './worker-process.ts';

/** What becomes of a process that is silent for so many times the limit. */
async function silentFor(limits: number, cpuMs: number | undefined): Promise<EngineError | undefined> {
  const hangMs = 400;
  let nowMs = 0;
  let looks = 0;
  const looked = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<EngineError>();
  const worker = new WorkerProcess({
    modelName: 'm',
    hangMs,
    now: () => nowMs,
    system: {
      cpuMsOf() {
        looks += 1;
        if (looks === 2) nowMs = limits * hangMs;
        if (looks === 4) looked.resolve();
        return cpuMs;
      },
    },
    onReport: () => undefined,
    onFailure: (error) => failed.resolve(error),
  });
  worker.work();
  const error = await Promise.race([failed.promise, looked.promise.then(() => undefined)]);
  await worker.stop();
  return error;
}

it('gives a silent process ten times the limit where the system does not tell whether it computes', async () => {
  expect(String(await silentFor(2, 70))).toContain("the engine's process hung: no progress for 800 ms");
  expect(await silentFor(2, undefined)).toBeUndefined();
  expect(String(await silentFor(11, undefined))).toContain('no progress for 4400 ms');
});
