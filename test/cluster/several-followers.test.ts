import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FollowedJobs } from '../../src/app/cluster/followed-jobs.ts';
import { FollowedWorkers } from '../../src/app/cluster/followed-workers.ts';
import { folderOfWorkers, openOrders } from '../../src/app/cluster/launch-run.ts';
import type { JobRecord, StoredWorker, WorkerOrder } from '../../src/core/cluster.ts';
import { asProcesses, LocalLauncher } from '../setup/local-launcher.ts';
import { failing, launcherOf, leaseMs, planOf, ToyCluster } from '../setup/toy-cluster.ts';

let cluster: ToyCluster;
beforeEach(async () => {
  cluster = await ToyCluster.open();
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
});

describe('several who follow one run', { timeout: 60_000 }, () => {
  it('submit each attempt once between them, and give up alike', async () => {
    cluster.engine = new LocalLauncher(failing);
    const { runId } = await cluster.launch(planOf({ one: {} }));
    const all = await Promise.all([cluster.follow(runId), cluster.follow(runId), cluster.follow(runId)]);
    const names = [1, 2, 3].map((attempt) => `pb-${runId}-g0-a${attempt}`);
    expect(cluster.engine.submitted).toEqual(names);
    expect((await cluster.store.jobs(runId)).map(({ name, tries }) => [name, tries])).toEqual(
      names.map((name, i) => [name, i + 1]),
    );
    const again = all.flatMap(({ said }) => said.filter((line) => line.startsWith('submitted again')));
    expect(again).toHaveLength(2);
    for (const followed of all) {
      expect(followed.said.at(-2)).toContain(`pb-${runId}-g0 was submitted 3 times and nothing came of it`);
    }
  });

  it('start all workers in the folder of the first', async () => {
    cluster.engine = new LocalLauncher(failing);
    const { runId } = await cluster.launch(planOf({ one: {} }), { workingFolder: '/first' });
    await cluster.follow(runId);
    expect((await cluster.store.jobs(runId)).map((job) => job.workingFolder)).toEqual(
      Array.from({ length: 3 }, () => '/first'),
    );
    const options = { resumeId: runId, here: '/second' };
    expect(await folderOfWorkers(planOf({ one: {} }), cluster.store, options)).toBe('/first');
    expect(await folderOfWorkers(planOf({ one: {} }), cluster.store, { isFresh: true, here: '/second' })).toBe(
      '/second',
    );
  });
});

describe('what workers say', { timeout: 60_000 }, () => {
  const worker = { hostname: 'node-1', hardwareClass: 'a CPU', state: 'failed', note: 'no model file x.gguf' } as const;

  it('is why a run is given up, at once where all say the same', async () => {
    cluster.engine = new LocalLauncher(failing);
    const { runId } = await cluster.launch(planOf());
    const job = `pb-${runId}-g0-a1`;
    await cluster.store.putWorker({ ...worker, id: 'w1', runId, job });
    await cluster.store.putWorker({ ...worker, id: 'w2', runId, job });
    const followed = await cluster.follow(runId);
    expect(cluster.engine.submitted).toEqual([job]);
    expect(followed.said.at(-2)).toBe(
      `${job} isn't submitted again, as it would fail again (no model file x.gguf): 4 cells are left`,
    );
  });

  it('is tried again where they differ', async () => {
    cluster.engine = new LocalLauncher(failing);
    const { runId } = await cluster.launch(planOf());
    const job = `pb-${runId}-g0-a3`;
    await cluster.store.putWorker({ ...worker, id: 'w1', runId, job });
    await cluster.store.putWorker({ ...worker, id: 'w2', runId, job, note: 'no memory' });
    const { said } = await cluster.follow(runId);
    expect(cluster.engine.submitted).toHaveLength(3);
    expect(said.at(-2)).toContain('nothing came of it (no model file x.gguf; no memory)');
  });

  it.each([2, 75])('needs no words where their exit code is %i', async (code) => {
    cluster.engine = new LocalLauncher(asProcesses(() => ['sh', '-c', `exit ${code}`]));
    const { runId } = await cluster.launch(planOf({ one: {} }));
    const { said } = await cluster.follow(runId);
    expect(cluster.engine.submitted).toHaveLength(1);
    expect(said.at(-2)).toContain(`isn't submitted again, as it would fail again (exit code ${code})`);
  });

  it('is missed once when they fall silent; of the dead before, nothing is said', async () => {
    const workers = new FollowedWorkers(1000);
    const of = (id: string, silentMs: number, job?: string): StoredWorker => ({
      ...worker,
      state: 'working',
      id,
      runId: 'r',
      job,
      seenAtMs: 0,
      silentMs,
      note: undefined,
      hostname: id,
    });
    const job = { name: 'j', state: 'running' } as JobRecord;
    const said = (...found: StoredWorker[]): readonly unknown[] =>
      workers.look(found, [job]).map((event) => 'message' in event && event.message);
    expect(said(of('dead', 9_000), of('hung', 5_000, 'j'), of('well', 10))).toEqual([
      'a worker started on well (a CPU)',
      'no sign of life from hung for 5 s',
    ]);
    expect(said(of('dead', 9_000), of('hung', 6_000, 'j'), of('well', 2_001))).toEqual([
      'no sign of life from well for 2 s',
    ]);
    expect(said(of('well', 3_000))).toEqual([]);
  });
});

describe('an engine that lists nothing', { timeout: 60_000 }, () => {
  it('is given time before what was submitted is lost', async () => {
    cluster.engine = new LocalLauncher(cluster.toyWorkers(0), 0);
    const { runId } = await cluster.launch(planOf({ one: {} }));
    const blind = { ...launcherOf(cluster.engine), list: async () => [] };
    const jobs = new FollowedJobs({ store: cluster.store, runId, open: async () => blind, leaseMs, graceMs: 60_000 });
    for (let looks = 0; looks < 3; looks += 1) expect(await jobs.look()).toEqual([]);
    expect(jobs.mayWork).toBe(true);
    expect((await cluster.launch(planOf({ one: {} }), { launcher: blind })).submitted).toEqual([]);
    expect(cluster.engine.submitted).toHaveLength(1);
    const impatient = new FollowedJobs({ store: cluster.store, runId, open: async () => blind, leaseMs, graceMs: 0 });
    expect(await impatient.look()).toMatchObject([{ message: expect.stringContaining('submitted again') as string }]);
  });
});

describe('a launch', { timeout: 60_000 }, () => {
  it('that is made twice at once submits once', async () => {
    cluster.engine = new LocalLauncher(cluster.toyWorkers(0), 0);
    // Neither sees the other's job in its queue yet.
    const slow = {
      ...launcherOf(cluster.engine),
      list: async () => [],
      submit: async (order: WorkerOrder) => {
        await sleep(100);
        sent.push(order.name);
        return '1';
      },
    };
    const sent: string[] = [];
    const { runId } = await cluster
      .launch(planOf({ one: {} }), {
        launcher: { ...slow, submit: () => Promise.reject(new Error('x')) },
      })
      .catch(async () => ({ runId: (await cluster.store.latestRun())?.id ?? '' }));
    await Promise.all([1, 2, 3].map(async () => cluster.launch(planOf({ one: {} }), { launcher: slow })));
    expect(sent).toEqual([`pb-${runId}-g0-a1`]);
  });

  it('is printed with the name that it would have', async () => {
    cluster.engine = new LocalLauncher(failing);
    const { runId } = await cluster.launch(planOf({ one: {} }));
    const { orders } = await openOrders(planOf({ one: {} }), {
      store: cluster.store,
      storeUrl: cluster.file,
      workers: undefined,
    });
    expect(orders.map(({ name }) => name)).toEqual([`pb-${runId}-g0-a2`]);
  });
});
