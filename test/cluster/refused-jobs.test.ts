import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cancelRun } from '../../src/app/cluster/cancel-run.ts';
import { followRun } from '../../src/app/cluster/follow-run.ts';
import type { WorkerOrder } from '../../src/core/cluster.ts';
import { LauncherError } from '../../src/core/errors.ts';
import { eventually } from '../conformance/launcher-orders.ts';
import { asProcesses, LocalLauncher } from '../setup/local-launcher.ts';
import { failing, last, launcherOf, leaseMs, planOf, ToyCluster } from '../setup/toy-cluster.ts';

let cluster: ToyCluster;
beforeEach(async () => {
  cluster = await ToyCluster.open();
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
});

describe('a run whose engine makes trouble', { timeout: 60_000 }, () => {
  it('is given up after three submissions that its engine refused, which is said once', async () => {
    cluster.engine = new LocalLauncher(failing);
    const { runId } = await cluster.launch(planOf({ one: {} }));
    const refuse = new LauncherError('too many jobs', { hint: 'Wait.', isRefusal: true });
    const submit = (): Promise<never> => Promise.reject(refuse);
    const followed = await cluster.follow(runId, undefined, { ...launcherOf(cluster.engine), submit });
    expect(followed.said).toEqual([
      'slurm job 100_0 failed: node: command not found',
      'too many jobs. Wait.',
      `pb-${runId}-g0 was submitted 3 times and nothing came of it (too many jobs): 2 cells are left`,
      'nobody works on this run any more: 2 cells are left',
    ]);
    expect(last(followed)).toMatchObject({ status: 'interrupted' });
    // Nothing is left that would be submitted for ever.
    expect((await cluster.follow(runId, undefined, { ...launcherOf(cluster.engine), submit })).said).toHaveLength(2);
    const again = await cluster.launch(planOf({ one: {} }));
    expect(again.submitted.map(({ attempt }) => attempt)).toEqual([2]);
  });

  it('says once that nothing can be submitted, where an engine answers everything else', async () => {
    cluster.engine = new LocalLauncher(failing);
    const { runId } = await cluster.launch(planOf({ one: {} }));
    let tries = 0;
    const submit = (order: WorkerOrder): Promise<string> => {
      tries += 1;
      return tries < 4 ? Promise.reject(new LauncherError('no answer in time')) : cluster.engine.submit(order);
    };
    const followed = await cluster.follow(runId, undefined, { ...launcherOf(cluster.engine), submit });
    expect(followed.said.filter((line) => line.includes('answer'))).toEqual([
      'slurm: no answer in time. Following the store meanwhile.',
      'slurm answers again',
    ]);
    expect(last(followed)).toMatchObject({ status: 'interrupted' });
  });

  it('says of a log why its program ended, not what to do about it', async () => {
    const log = ['error: cannot reach db:5432', 'hint: Start the server.'].map((line) => `echo '${line}' >&2`);
    cluster.engine = new LocalLauncher(asProcesses(() => ['sh', '-c', [...log, 'exit 5'].join('; ')]));
    const { runId } = await cluster.launch(planOf({ one: {} }));
    expect((await cluster.follow(runId)).said).toContain('slurm job 100_0 failed: cannot reach db:5432');
  });

  it('is cancelled and taken up at once, while its engine still ends the workers', async () => {
    cluster.engine = new LocalLauncher(cluster.toyWorkers(5));
    const { runId } = await cluster.launch(planOf());
    await eventually(
      'answers',
      async () => cluster.store.sampleCounts(runId),
      (counts) => counts.size > 0,
    );
    cluster.engine.isEnding = true;
    await cancelRun(cluster.store, { id: runId }, async () => cluster.engine);
    // Whoever follows it meanwhile takes it for cancelled, too.
    await cluster.follow(runId);
    expect((await cluster.store.jobs(runId)).map(({ state }) => state)).toEqual(['cancelled']);
    const again = await cluster.launch(planOf());
    expect(again.submitted.map(({ name }) => name)).toEqual([`pb-${runId}-g0-a2`]);
    const followed = await cluster.follow(runId, (event) => {
      if (event.type === 'cell-end') cluster.engine.isEnding = false;
    });
    expect(last(followed)).toMatchObject({ status: 'finished' });
    expect(followed.said.filter((line) => line.includes('cancelled'))).toEqual([]);
  });

  it('asks for each job the engine that has it', async () => {
    cluster.engine = new LocalLauncher(cluster.toyWorkers(0), 0);
    const { runId } = await cluster.launch(planOf({ one: {} }));
    const settings = { address: 'http://head:8265', resources: {}, labels: {}, program: 'perbench' };
    const ray = new LocalLauncher(cluster.toyWorkers(0), 0, 'ray');
    await using _ray = ray;
    const launched = await cluster.launch(planOf({ one: {} }), { launcher: ray, cluster: { ray: settings } });
    expect(launched.submitted.map(({ attempt }) => attempt)).toEqual([2]);
    const opened: unknown[] = [];
    const cancelled = await cancelRun(cluster.store, { id: runId }, async (name, settingsThen) => {
      opened.push([name, settingsThen]);
      return name === 'ray' ? ray : cluster.engine;
    });
    expect(cancelled).toMatchObject({ cancelled: [`pb-${runId}-g0-a1`, `pb-${runId}-g0-a2`], problems: [] });
    expect(opened).toEqual([
      ['slurm', {}],
      ['ray', { ray: settings }],
    ]);
    ray.slots = 1;
    await cluster.launch(planOf({ one: {} }), { launcher: ray });
    const run = await cluster.store.getRun(runId);
    if (run === undefined) throw new Error('the run is stored');
    const options = {
      signal: new AbortController().signal,
      isResumed: true,
      storeEveryMs: 20,
      jobsEveryMs: 40,
      leaseMs,
    };
    const asked = new Set<string>();
    for await (const event of followRun(cluster.store, run, async (name) => (asked.add(name), ray), options))
      void event;
    expect([...asked]).toEqual(['ray']);
    expect((await cluster.store.getRun(runId))?.status).toBe('finished');
  });
});
