import { expect, it } from 'vitest';
import type { JobRecord, WorkerRecord } from '../../src/core/cluster.ts';
import { openWithRun, type OpenStore } from './open-store.ts';
import { newJob, newRun } from './store-records.ts';

const worker: WorkerRecord = {
  id: 'node-1-4711-aaaa',
  runId: 'run-1',
  hostname: 'node-1',
  hardwareClass: '2 x Test CPU',
  job: 'pb-run-1-0-a1',
  state: 'working',
  note: 'gsm8k on tiny',
};

const job: JobRecord = { ...newJob('pb-run-1-0-a1', 'run-1'), models: ['tiny', 'large'] };

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
      { ...worker, state: 'failed', note: 'no model', seenAtMs: startedAtMs + 100, silentMs: 0 },
      { ...worker, id: 'a-later-one', job: undefined, note: undefined, seenAtMs: startedAtMs + 10, silentMs: 90 },
    ]);
    expect(await store.workers('nowhere')).toEqual([]);
  });

  it('keeps jobs by their names, in the order of their submission', async () => {
    const { store, clock } = await openWithRun(open);
    const cluster = { ray: { address: 'http://head:8265', resources: {}, labels: {}, program: 'perbench' } };
    const placed = { cluster, handle: '4711', state: 'running', reason: 'on node-1' } as const;
    await store.putJob(job);
    clock.nowMs += 70;
    await store.putJob({ ...job, name: 'a-second' });
    await store.putJob({ ...job, ...placed });
    expect(await store.jobs('run-1')).toEqual([
      { ...job, ...placed, ageMs: 70 },
      { ...job, name: 'a-second', ageMs: 0 },
    ]);
    expect(await store.jobs('nowhere')).toEqual([]);
  });

  it('gives the submission of a job to one of several who ask at once', async () => {
    const { store, clock } = await openWithRun(open);
    const claims = await Promise.all(Array.from({ length: 6 }, async () => store.claimJob(job, 1_000)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    clock.nowMs += 999;
    expect(await store.claimJob(job, 1_000)).toBe(false);
    clock.nowMs += 1;
    expect(await store.claimJob({ ...job, progress: 7 }, 1_000)).toBe(true);
    expect(await store.jobs('run-1')).toEqual([{ ...job, progress: 7, ageMs: 0 }]);
    await store.putJob({ ...job, state: 'failed', reason: 'refused' });
    expect(await store.claimJob(job, 1_000)).toBe(true);
    await store.putJob({ ...job, handle: '4711', state: 'lost' });
    clock.nowMs += 5_000;
    expect(await store.claimJob(job, 1_000)).toBe(false);
  });

  it('gives a job that a clock ahead has claimed', async () => {
    const { store, clock } = await openWithRun(open);
    clock.nowMs += 60_000;
    expect(await store.claimJob(job, 1_000)).toBe(true);
    clock.nowMs -= 60_000;
    expect(await store.claimJob(job, 1_000)).toBe(true);
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
