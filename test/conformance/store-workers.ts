import { expect, it } from 'vitest';
import type { JobRecord, WorkerRecord } from '../../src/core/cluster.ts';
import { openWithRun, type OpenStore } from './open-store.ts';
import { newRun } from './store-records.ts';

const worker: WorkerRecord = {
  id: 'node-1-4711-aaaa',
  runId: 'run-1',
  hostname: 'node-1',
  hardwareClass: '2 x Test CPU',
  job: 'pb-run-1-0-a1',
  state: 'working',
  note: 'gsm8k on tiny',
};

const job: JobRecord = {
  name: 'pb-run-1-0-a1',
  runId: 'run-1',
  attempt: 1,
  models: ['tiny', 'large'],
  needs: { gpus: 0, memoryBytes: undefined },
  workers: 1,
  isExclusive: true,
  words: ['work', 'run-1'],
  launcher: 'slurm',
  cluster: undefined,
  handle: undefined,
  state: 'pending',
  reason: undefined,
};

export function testWorkers(open: OpenStore): void {
  it('keeps what is known of each worker, when it was seen last, and their order', async () => {
    const { store, clock } = await openWithRun(open);
    const startedAtMs = clock.nowMs;
    await store.putWorker(worker);
    clock.nowMs += 10;
    await store.putWorker({ ...worker, id: 'a-later-one', job: undefined, note: undefined });
    clock.nowMs += 90;
    await store.putWorker({ ...worker, state: 'failed', note: 'no model' });
    await store.createRun(newRun('run-2'), []);
    await store.putWorker({ ...worker, id: 'elsewhere', runId: 'run-2' });
    expect(await store.workers('run-1')).toEqual([
      { ...worker, state: 'failed', note: 'no model', seenAtMs: startedAtMs + 100 },
      { ...worker, id: 'a-later-one', job: undefined, note: undefined, seenAtMs: startedAtMs + 10 },
    ]);
    expect(await store.workers('nowhere')).toEqual([]);
  });

  it('keeps jobs by their names, in the order of their submission', async () => {
    const { store } = await openWithRun(open);
    const cluster = { ray: { address: 'http://head:8265', resources: {}, labels: {}, program: 'perbench' } };
    const placed = { cluster, handle: '4711', state: 'running', reason: 'on node-1' } as const;
    await store.putJob(job);
    await store.putJob({ ...job, name: 'a-second' });
    await store.putJob({ ...job, ...placed });
    expect(await store.jobs('run-1')).toEqual([
      { ...job, ...placed },
      { ...job, name: 'a-second' },
    ]);
    expect(await store.jobs('nowhere')).toEqual([]);
  });

  it('tells workers to stop, and that they may go on', async () => {
    const { store } = await openWithRun(open);
    const asked = async (): Promise<readonly unknown[]> => [
      (await store.getRun('run-1'))?.isStopRequested ?? false,
      (await store.openWork('run-1', 1_000)).isStopRequested,
    ];
    expect(await asked()).toEqual([false, false]);
    await store.requestStop('run-1', true);
    expect(await asked()).toEqual([true, true]);
    await store.requestStop('run-1', false);
    expect(await asked()).toEqual([false, false]);
    await expect(store.requestStop('nowhere', true)).rejects.toThrow('no run nowhere in the store');
  });

  it('lets several change a manifest at once, and loses no change', async () => {
    const { store } = await openWithRun(open);
    const before = (await store.getRun('run-1'))?.manifest.seed ?? 0;
    const changes = Array.from({ length: 8 }, async () =>
      store.changeManifest('run-1', (manifest) => ({ ...manifest, seed: manifest.seed + 1 })),
    );
    await Promise.all(changes);
    expect((await store.getRun('run-1'))?.manifest.seed).toBe(before + 8);
  });

  it('changes nothing of a manifest where the change fails', async () => {
    const { store } = await openWithRun(open);
    const before = await store.getRun('run-1');
    const change = store.changeManifest('run-1', () => {
      throw new Error('no change');
    });
    await expect(change).rejects.toThrow('no change');
    expect(await store.getRun('run-1')).toEqual(before);
  });
}
