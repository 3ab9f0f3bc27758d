import { expect, it } from 'vitest';
import { toyPlan } from '../../../test/run/toy-plan.ts';
import type { JobRecord, WorkerRecord } from '../../core/cluster.ts';
import type { RunStatus, Store } from '../../core/store.ts';
import { openRun } from '../../run/open-run.ts';
import { openSqliteStore } from '../../store/sqlite-store.ts';
import { settleRun } from './settle-run.ts';

const leaseMs = 20_000;
const worker = { hostname: 'n1', hardwareClass: 'a CPU', job: undefined, state: 'waiting', note: undefined } as const;

/** What stands in the store once a worker of job `g0` has gone. */
async function statusAfter(
  others: (world: { readonly store: Store; readonly runId: string; nowMs: number }) => Promise<void>,
): Promise<RunStatus | undefined> {
  const world = { nowMs: 1e12 };
  await using store = await openSqliteStore({ file: ':memory:', now: () => world.nowMs });
  const { runId } = await openRun(toyPlan(), store, { now: new Date(0), random: Math.random });
  await others(Object.assign(world, { store, runId }));
  const own: WorkerRecord = { ...worker, id: 'own', runId, job: 'g0', state: 'ended' };
  await store.putWorker(own);
  const said = await settleRun(store, runId, { leaseMs, own: own.id });
  const status = (await store.getRun(runId))?.status;
  expect(said).toBe(status);
  return status;
}

const jobOf = (runId: string, name: string): JobRecord => ({
  name,
  runId,
  attempt: 1,
  models: ['one'],
  needs: { gpus: 0, memoryBytes: undefined },
  workers: 1,
  isExclusive: true,
  words: [],
  launcher: 'slurm',
  handle: '1',
  state: 'pending',
  reason: undefined,
  cluster: undefined,
  workingFolder: '/',
  tries: 1,
  progress: 0,
});

it('is interrupted where nobody is left', async () => {
  expect(await statusAfter(async () => undefined)).toBe('interrupted');
});

it('goes on where another worker waits, and not where that one died', async () => {
  expect(await statusAfter(async ({ store, runId }) => store.putWorker({ ...worker, id: 'other', runId }))).toBe(
    'running',
  );
  const died = statusAfter(async (world) => {
    await world.store.putWorker({ ...worker, id: 'other', runId: world.runId });
    world.nowMs += 2 * leaseMs;
  });
  expect(await died).toBe('interrupted');
});

it('goes on where somebody holds a cell, as long as a lease', async () => {
  const claimAll = async (store: Store, runId: string): Promise<void> =>
    void (await store.claimModel(runId, 'perbench run', leaseMs));
  expect(await statusAfter(async ({ store, runId }) => claimAll(store, runId))).toBe('running');
  const died = statusAfter(async (world) => {
    await claimAll(world.store, world.runId);
    world.nowMs += 2 * leaseMs;
  });
  expect(await died).toBe('interrupted');
});

it("goes on where another job waits, and not by the worker's own", async () => {
  expect(await statusAfter(async ({ store, runId }) => store.putJob(jobOf(runId, 'g1')))).toBe('running');
  expect(await statusAfter(async ({ store, runId }) => store.putJob(jobOf(runId, 'g0')))).toBe('interrupted');
});

it('is interrupted where it was cancelled, whoever still waits', async () => {
  const cancelled = statusAfter(async ({ store, runId }) => {
    await store.putWorker({ ...worker, id: 'other', runId });
    await store.requestStop(runId, true);
  });
  expect(await cancelled).toBe('interrupted');
});
