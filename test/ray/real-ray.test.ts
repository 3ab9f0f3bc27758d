import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JobStatus, Launcher } from '../../src/core/cluster.ts';
import { isThere } from '../../src/files/if-there.ts';
import { openRay } from '../../src/launchers/ray/ray-launcher.ts';
import type { RaySettings } from '../../src/launchers/ray/submission.ts';
import { openStore } from '../../src/store/open-store.ts';
import {
  allIn,
  allOver,
  eventually,
  lastingScript,
  launcherError,
  scriptOrder,
  written,
} from '../conformance/launcher-orders.ts';
import { type TestCluster, testLauncher } from '../conformance/launcher.ts';
import { busyTests } from '../setup/busy-tests.ts';
import { postgresPassword, startPostgres } from '../setup/postgres.ts';
import { runInProcess } from '../setup/run-in-process.ts';
import { nodeResources, rayAddress, RayCluster } from './ray-cluster.ts';
import { allAnswers, answersIn, doneCodes, localAnswers, writeRaySuite } from './ray-runs.ts';
import { raySettingsOf } from './ray-settings.ts';

const { PERBENCH_TEST_RAY: program, PERBENCH_TEST_RAY_FOLDER: folder = '' } = process.env;
const token = 'd1ce-7e57-f00d-70c3';
let cluster: RayCluster;

async function open(settings: Partial<RaySettings> = {}, own = token, limitMs?: number): Promise<Launcher> {
  return openRay(
    raySettingsOf({ address: rayAddress, program: 'sh', ...settings }),
    { environment: { RAY_AUTH_TOKEN: own }, workingFolder: folder, signal: new AbortController().signal },
    limitMs,
  );
}

async function openCluster(): Promise<TestCluster | string> {
  if (program === undefined) return 'a real Ray: scripts/try-ray.ts starts one';
  cluster = new RayCluster(program, token, {
    ...busyTests,
    XDG_CACHE_HOME: join(folder, 'cache'),
    PGPASSWORD: postgresPassword,
  });
  await cluster.startHead(folder);
  await cluster.startNode('127.0.0.2', 'gpu=h100');
  await cluster.startNode('127.0.0.3', 'gpu=a100');
  return {
    launcher: await open({ exclusive: 'alone' }),
    folder,
    whole: { needs: { gpus: nodeResources.GPU, memoryBytes: undefined }, workers: 2 },
    isPendingCancelled: false,
    refused: [{ launcher: await open({}, 'beef-0000-1111-2222'), says: /refuses the token/ }],
    unreachable: await open({ address: 'http://127.0.0.1:9' }),
    async killNode(node: NonNullable<JobStatus['node']>) {
      cluster.killNode(node);
    },
    async [Symbol.asyncDispose]() {
      // What is in the network namespace ends with it.
    },
  };
}

/** The conformance suite leaves one of two nodes. */
describe('Ray', { timeout: 300_000 }, () => {
  testLauncher(openCluster);

  it('starts nodes again, which say what they have', async () => {
    await cluster.startNode('127.0.0.4', 'gpu=h100');
    const launcher = await open();
    const order = scriptOrder('exit 0', { needs: { gpus: 9, memoryBytes: undefined } });
    await launcher.submit(order);
    const [job] = await eventually(
      'a reason to wait',
      async () => launcher.list(order.runId),
      ([waiting]) => waiting?.reason?.startsWith('no node') === true,
    );
    expect(job).toMatchObject({ state: 'pending', reason: 'no node has 1 CPU, 9 GPU' });
    await launcher.cancel([order.name]);
  });

  it('starts a worker with its devices and all threads, on a node with the labels', async () => {
    const launcher = await open({ labels: { gpu: 'h100' } });
    const order = scriptOrder('echo "$(pwd) $CUDA_VISIBLE_DEVICES ${OMP_NUM_THREADS-all}"', {
      needs: { gpus: 2, memoryBytes: 2 ** 20 },
      workers: 2,
    });
    await launcher.submit(order);
    const jobs = await allIn(launcher, order.runId, 2, 'done');
    for (const job of jobs) expect(await launcher.tail(job)).toMatch(new RegExp(`^${folder} \\d,\\d all$`));
  });

  it('starts nothing of a job that was stopped while it waited', async () => {
    const launcher = await open({ resources: { alone: 1 } });
    const marker = join(folder, 'ran');
    const fillers = scriptOrder(lastingScript(join(folder, 'filler')), { workers: 2 });
    const waiters = scriptOrder(`echo ran >> ${marker}`, { workers: 4 });
    await launcher.submit(fillers);
    await allIn(launcher, fillers.runId, 2, 'running');
    await launcher.submit(waiters);
    await launcher.cancel([waiters.name]);
    await launcher.cancel([fillers.name]);
    const ended = await allOver(launcher, waiters.runId);
    expect(ended.map(({ state }) => state)).toEqual(['cancelled', 'cancelled', 'cancelled', 'cancelled']);
    expect(await isThere(marker)).toBe(false);
  });

  it('calls a worker lost whose node has died, and its log gone', async () => {
    const launcher = await open({ resources: { alone: 1 } });
    const order = scriptOrder(lastingScript(join(folder, 'orphan')));
    await launcher.submit(order);
    const [running] = await allIn(launcher, order.runId, 1, 'running');
    await written(join(folder, 'orphan.started'));
    cluster.killNode(running?.node ?? '');
    const [job] = await allOver(launcher, order.runId);
    expect(job).toMatchObject({ state: 'lost', reason: 'its node has died', node: running?.node });
    expect(await launcher.tail({ name: order.name, handle: `${order.name}-0` })).toBeUndefined();
  });

  it('runs a suite with the answers of a run here, also when the power of all nodes goes in between', async () => {
    await using server = await startPostgres();
    await cluster.startNode('127.0.0.5', 'gpu=h100');
    await writeRaySuite(folder, 30, { address: rayAddress, exclusive: 'alone' });
    const address = await server.newDatabase();
    let cut: Promise<void> | undefined;
    let text = '';
    const { code, stderr } = await runInProcess(['run', 'suite.json', '--on', 'ray', '--store', address], {
      folder,
      environment: { RAY_AUTH_TOKEN: token },
      onStderr(more) {
        text += more;
        if (cut !== undefined || text.split('a worker started on').length < 3) return;
        cluster.cutPower(['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5']);
        cut = cluster.startNode('127.0.0.6', 'gpu=h100');
      },
    });
    await cut;
    expect(stderr).toMatch(/ray job pb-\S+-g0-a1.* (?:is|are) lost: \S/m);
    expect(stderr).toMatch(/submitted again: pb-\S+-g0-a2 as ray job/);
    expect(stderr).toMatch(/run \S+: finished$/m);
    expect(doneCodes).toContain(code);
    await using store = await openStore({ address });
    const answers = await answersIn(store);
    expect(answers.size).toBe(allAnswers);
    expect(answers).toEqual(await localAnswers(folder));
  });

  it('gives up a head whose control store has died', async () => {
    cluster.killControlStore();
    const launcher = await open({}, token, 5_000);
    expect((await launcherError(launcher.list('r'))).message).toMatch(
      /^Ray at http:\/\/127\.0\.0\.1:8265 (?:can't be reached|refuses)/,
    );
  });
});
