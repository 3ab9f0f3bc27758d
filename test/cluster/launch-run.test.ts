import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isWorkedOn } from '../../src/app/cluster/followed-workers.ts';
import type { WorkerOrder } from '../../src/core/cluster.ts';
import { LauncherError } from '../../src/core/errors.ts';
import { LocalLauncher } from '../setup/local-launcher.ts';
import { last, launcherOf, planOf, ToyCluster } from '../setup/toy-cluster.ts';

let cluster: ToyCluster;
beforeEach(async () => {
  cluster = await ToyCluster.open();
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
});

describe('a launch', { timeout: 60_000 }, () => {
  it('submits nothing twice, and nothing that nobody needs', async () => {
    cluster.engine = new LocalLauncher(cluster.toyWorkers(2), 0);
    const { runId } = await cluster.launch(planOf());
    expect((await cluster.launch(planOf())).submitted).toEqual([]);
    expect(cluster.engine.submitted).toEqual([`pb-${runId}-g0-a1`]);
    cluster.engine.slots = 2;
  });

  it('that crashed between record and submission is submitted under the same name by whoever follows it', async () => {
    const refusing = { ...launcherOf(cluster.engine), submit: () => Promise.reject(new Error('crashed here')) };
    await expect(cluster.launch(planOf(), { launcher: refusing })).rejects.toThrow('crashed here');
    const run = await cluster.store.latestRun();
    const runId = run?.id ?? '';
    const jobs = await cluster.store.jobs(runId);
    expect(jobs.map(({ name, handle, state }) => [name, handle, state])).toEqual([
      [`pb-${runId}-g0-a1`, undefined, 'lost'],
    ]);
    const followed = await cluster.follow(runId);
    expect(last(followed)).toMatchObject({ status: 'finished' });
    expect(cluster.engine.submitted).toEqual([`pb-${runId}-g0-a1`]);
    expect(followed.said).toContain(`submitted: pb-${runId}-g0-a1 as slurm job 100`);
  });

  it('that crashed there is taken up by the same command, too', async () => {
    const refusing = { ...launcherOf(cluster.engine), submit: () => Promise.reject(new Error('crashed here')) };
    await expect(cluster.launch(planOf(), { launcher: refusing })).rejects.toThrow('crashed here');
    const again = await cluster.launch(planOf());
    expect(again.isResumed).toBe(true);
    expect(cluster.engine.submitted).toEqual([`pb-${again.runId}-g0-a1`]);
  });

  it('goes on with what its engine took, and says what it refused', async () => {
    const one = planOf();
    const server = { preset: 'vllm', tensorParallel: 2 };
    const models = one.models.map(({ spec, ...model }) => ({
      ...model,
      spec: spec.name === 'two' ? { ...spec, engine: 'managed', engineOptions: { server } } : spec,
    }));
    const toy = { ...one, models };
    const submit = (order: WorkerOrder): Promise<string> =>
      order.models.includes('two')
        ? Promise.reject(new LauncherError(`no node for ${order.name}`, { isRefusal: true }))
        : cluster.engine.submit(order);
    const launcher = { ...launcherOf(cluster.engine), submit };
    const { runId, submitted, problems } = await cluster.launch(toy, { launcher });
    expect(submitted.map(({ name }) => name)).toEqual([`pb-${runId}-g0-a1`]);
    expect(problems).toEqual([`no node for pb-${runId}-g1-a1`]);
    const followed = await cluster.follow(runId, undefined, launcher);
    expect(last(followed)).toMatchObject({ status: 'interrupted' });
    expect(followed.said).toContain(
      `pb-${runId}-g1 was submitted 3 times and nothing came of it (no node for pb-${runId}-g1-a1): 2 cells are left`,
    );
    expect((await cluster.store.cells(runId)).map(({ state }) => state)).toEqual([
      'done',
      'done',
      'pending',
      'pending',
    ]);
  });

  it('that is taken for nothing leaves nothing behind that anybody would submit', async () => {
    const launcher = {
      ...launcherOf(cluster.engine),
      submit: () => Promise.reject(new LauncherError('no node', { isRefusal: true })),
    };
    await expect(cluster.launch(planOf(), { launcher })).rejects.toThrow('no node');
    const { id = '' } = (await cluster.store.latestRun()) ?? {};
    expect(await cluster.store.jobs(id)).toMatchObject([{ state: 'failed', reason: 'no node' }]);
    expect(await isWorkedOn(cluster.store, id)).toBe(false);
    expect((await cluster.launch(planOf())).submitted.map(({ name }) => name)).toEqual([`pb-${id}-g0-a1`]);
  });

  it('that crashed isn’t taken up once the run is cancelled', async () => {
    const refusing = { ...launcherOf(cluster.engine), submit: () => Promise.reject(new Error('crashed here')) };
    await expect(cluster.launch(planOf(), { launcher: refusing })).rejects.toThrow('crashed here');
    const { id = '' } = (await cluster.store.latestRun()) ?? {};
    await cluster.store.requestStop(id, true);
    expect(last(await cluster.follow(id))).toMatchObject({ status: 'interrupted' });
    expect(cluster.engine.submitted).toEqual([]);
  });

  it('writes nothing where the engine refuses', async () => {
    cluster.engine.refusal = 'no partition "gpus"';
    await expect(cluster.launch(planOf())).rejects.toThrow('no partition "gpus"');
    expect(await cluster.store.listRuns()).toEqual([]);
  });
});
