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

it('lives on when a scheduler sends SIGTERM to every process of a job', async () => {
  const reported = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let reports = 0;
  const failed = Promise.withResolvers<EngineError>();
  const worker = new WorkerProcess({
    modelName: 'm',
    hangMs: 60_000,
    now: () => performance.now(),
    onReport() {
      reported[reports]?.resolve();
      reports += 1;
    },
    onFailure: (error) => failed.resolve(error),
  });
  worker.work();
  const order = { type: 'memory', startsPeak: false } as const;
  worker.send(order);
  await Promise.race([reported[0]?.promise, failed.promise]);
  process.kill(worker.pid, 'SIGTERM');
  worker.send(order);
  await Promise.race([reported[1]?.promise, failed.promise]);
  await worker.stop();
  expect(reports).toBe(2);
});
