import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cancelRun } from '../../src/app/cluster/cancel-run.ts';
import { createRunState } from '../../src/cli/progress/run-state.ts';
import { LocalLauncher } from '../setup/local-launcher.ts';
import { failing, last, launcherOf, leaseMs, planOf, ToyCluster } from '../setup/toy-cluster.ts';

let cluster: ToyCluster;
beforeEach(async () => {
  cluster = await ToyCluster.open();
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
});

describe('a run whose workers are elsewhere', { timeout: 60_000 }, () => {
  it('is followed to its end in the events that its own display would get', async () => {
    const { runId, submitted } = await cluster.launch(planOf());
    expect(submitted.map(({ handle }) => handle)).toEqual(['100']);
    const followed = await cluster.follow(runId);
    expect(last(followed)).toEqual({ type: 'run-end', runId, status: 'finished', failedCells: 0 });
    const state = createRunState();
    for (const event of followed.events) state.handle(event);
    expect(state.cells.map((view) => [view.state, view.measurements.accuracy?.status])).toEqual(
      Array.from({ length: 4 }, () => ['done', 'measured']),
    );
    for (const { endedPasses } of state.cells) {
      expect([...endedPasses].toSorted()).toEqual(
        ['accuracy:0', 'latency:0', 'latency:1', 'throughput:0', 'throughput:1'], // both launches
      );
    }
    const ofFirst = followed.events.filter((event) => 'cellId' in event && event.cellId === `${runId}.0`);
    expect(ofFirst[0]?.type).toBe('cell-start');
    expect(ofFirst.at(-1)?.type).toBe('cell-end');
    const passes = (type: string): readonly string[] =>
      ofFirst.flatMap((event) => ('pass' in event && event.type === type ? [`${event.pass}:${event.launch}`] : []));
    // Each begins before it ends, once.
    expect(passes('pass-start').toSorted()).toEqual(passes('pass-end').toSorted());
    expect((await cluster.store.jobs(runId)).map(({ state: job }) => job)).toEqual(['done']);
  });

  it('goes on when who follows it detaches, and can be followed again', async () => {
    cluster.engine = new LocalLauncher(cluster.toyWorkers(2));
    const { runId } = await cluster.launch(planOf());
    const first = await cluster.follow(runId, (event, detach) => {
      if (event.type === 'pass-progress') detach.abort();
    });
    expect(last(first)).toMatchObject({ type: 'run-end', status: 'running' });
    const again = await cluster.follow(runId);
    expect(last(again)).toMatchObject({ type: 'run-end', status: 'finished' });
    expect(again.events.filter(({ type }) => type === 'cell-end')).toHaveLength(4);
  });

  it('is cancelled, waiting and running: what waits never starts, what is answered stays', async () => {
    cluster.engine = new LocalLauncher(cluster.toyWorkers(5), 1);
    const { runId } = await cluster.launch(planOf());
    let cancelling: Promise<unknown> | undefined;
    const followed = await cluster.follow(runId, (event) => {
      if (event.type === 'pass-progress')
        cancelling ??= cancelRun(cluster.store, { id: runId }, async () => cluster.engine);
    });
    expect(await cancelling).toMatchObject({ cancelled: [`pb-${runId}-g0-a1`], problems: [] });
    expect(last(followed)).toMatchObject({ status: 'interrupted' });
    expect(followed.said.join('\n')).toMatch(/job 100_1 waits: Resources/);
    expect((await cluster.store.openWork(runId, leaseMs)).held).toBe(0);
    const answered = [...(await cluster.store.sampleCounts(runId)).values()].reduce((sum, count) => sum + count, 0);
    expect(answered).toBeGreaterThan(0);
    cluster.engine.slots = 2;
    // The same command takes it up again, with another attempt.
    const again = await cluster.launch(planOf());
    expect(again).toMatchObject({ runId, isResumed: true });
    expect(again.submitted.map(({ name }) => name)).toEqual([`pb-${runId}-g0-a2`]);
    expect(last(await cluster.follow(runId))).toMatchObject({ status: 'finished' });
  });

  it('is cancelled without its engine: the workers find the flag', async () => {
    cluster.engine = new LocalLauncher(cluster.toyWorkers(5));
    const { runId } = await cluster.launch(planOf());
    let cancelling: Promise<unknown> | undefined;
    const followed = await cluster.follow(runId, (event) => {
      if (event.type !== 'pass-progress') return;
      cluster.engine.isReachable = false;
      cancelling ??= cancelRun(cluster.store, { id: runId }, async () => cluster.engine);
    });
    expect(await cancelling).toMatchObject({ cancelled: [], problems: ['the controller does not answer'] });
    expect(last(followed)).toMatchObject({ status: 'interrupted' });
  });

  it('is submitted again when its workers die, once their leases have run out, and ends with every item once', async () => {
    cluster.engine = new LocalLauncher(cluster.toyWorkers(2));
    const { runId } = await cluster.launch(planOf());
    let kills = 0;
    const followed = await cluster.follow(runId, async (event) => {
      if (event.type !== 'pass-progress' || kills > 0) return;
      kills += 1;
      await Promise.all([cluster.engine.kill('100_0'), cluster.engine.kill('100_1')]);
    });
    expect(last(followed)).toMatchObject({ status: 'finished' });
    expect(cluster.engine.submitted).toEqual([`pb-${runId}-g0-a1`, `pb-${runId}-g0-a2`]);
    expect(followed.said.join('\n')).toMatch(/(job 100_\d is|2 workers of slurm job 100 are) lost: node failure/);
    for (const cell of await cluster.store.cells(runId))
      expect((await cluster.store.sampleSummary(cell.id)).items).toBe(40);
    const jobs = await cluster.store.jobs(runId);
    expect(jobs.map(({ attempt, state }) => [attempt, state])).toEqual([
      [1, 'lost'],
      [2, 'done'],
    ]);
  });

  it('is given up after three submissions that came to nothing, with what the last one said', async () => {
    cluster.engine = new LocalLauncher(failing);
    const { runId } = await cluster.launch(planOf({ one: {} }));
    const followed = await cluster.follow(runId);
    expect(cluster.engine.submitted).toHaveLength(3);
    expect(followed.said.filter((line) => line.includes('failed: node: command not found'))).toHaveLength(3);
    expect(followed.said.slice(-2)).toEqual([
      `pb-${runId}-g0 was submitted 3 times and nothing came of it (exit code 127): 2 cells are left`,
      'nobody works on this run any more: 2 cells are left',
    ]);
    expect(last(followed)).toMatchObject({ status: 'interrupted' });
    // Whoever mends the node goes on with the same run.
    const again = await cluster.launch(planOf({ one: {} }));
    expect(again.submitted.map(({ attempt }) => attempt)).toEqual([4]);
  });

  it('that its engine has forgotten is done where nothing is left', async () => {
    const { runId } = await cluster.launch(planOf({ one: {} }));
    const detached = await cluster.follow(runId, (event, detach) => {
      if (event.type === 'cell-start') detach.abort();
    });
    expect(last(detached)).toMatchObject({ status: 'running' });
    while ((await cluster.store.cells(runId)).some(({ state }) => state !== 'done')) await sleep(20);
    while ((await cluster.engine.list(runId)).some(({ state }) => state === 'running')) await sleep(20);
    cluster.engine.forgetEnded();
    expect(last(await cluster.follow(runId))).toMatchObject({ status: 'finished' });
    expect((await cluster.store.jobs(runId)).map(({ state }) => state)).toEqual(['done']);
    expect(cluster.engine.submitted).toHaveLength(1);
  });

  it('says once that its engine does not answer, and goes on with the store', async () => {
    cluster.engine = new LocalLauncher(cluster.toyWorkers(2));
    const { runId } = await cluster.launch(planOf());
    cluster.engine.isReachable = false;
    const followed = await cluster.follow(runId, (event) => {
      if (event.type === 'pass-end') cluster.engine.isReachable = true;
    });
    const about = followed.said.filter((line) => /answer/.test(line));
    expect(about).toEqual([
      'slurm: the controller does not answer. Start it. Following the store meanwhile.',
      'slurm answers again',
    ]);
    expect(last(followed)).toMatchObject({ status: 'finished' });
  });

  it('waits for no answer of an engine that hangs', async () => {
    const { runId } = await cluster.launch(planOf());
    const hanging = { ...launcherOf(cluster.engine), list: async () => new Promise<never>(() => undefined) };
    const followed = await cluster.follow(runId, undefined, hanging);
    expect(last(followed)).toEqual({ type: 'run-end', runId, status: 'finished', failedCells: 0 });
  });

  it('is followed without an cluster.engine, and left when nobody holds anything for as long as a lease lasts', async () => {
    const { runId } = await cluster.launch(planOf(), { launcher: new LocalLauncher(cluster.toyWorkers(0), 0) });
    for (const job of await cluster.store.jobs(runId)) await cluster.store.putJob({ ...job, state: 'done' });
    const followed = await cluster.follow(runId, undefined, 'none');
    expect(last(followed)).toMatchObject({ status: 'interrupted' });
    expect(followed.said).toEqual(['nobody works on this run any more: 4 cells are left']);
  });
});
