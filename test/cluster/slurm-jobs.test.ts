import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { slurmSettings } from '../../src/core/cluster-settings.ts';
import type { Launcher } from '../../src/core/cluster.ts';
import { shapeOf } from '../../src/core/settings.ts';
import { openSlurm } from '../../src/launchers/slurm/slurm-launcher.ts';
import {
  allIn,
  allOver,
  eventually,
  lastingScript,
  launcherError,
  scriptOrder,
  written,
} from '../conformance/launcher-orders.ts';
import { type SlurmCluster, startSlurm } from '../setup/slurm-cluster.ts';

let slurm: SlurmCluster;
let missing: string | undefined;

beforeAll(async () => {
  const started = await startSlurm();
  if (typeof started === 'string') missing = started;
  else slurm = started;
}, 180_000);
afterAll(async () => {
  if (missing === undefined) await slurm[Symbol.asyncDispose]();
}, 60_000);
beforeEach(({ skip }) => skip(missing !== undefined, missing));

const schema = z.strictObject(shapeOf(slurmSettings, z));

function open(given: z.input<typeof schema> = {}, variables: Readonly<Record<string, string>> = {}): Launcher {
  const world = {
    environment: { ...slurm.environment, ...variables },
    workingFolder: slurm.folder,
    signal: new AbortController().signal,
  };
  return openSlurm(schema.parse({ program: 'sh', ...given }), world, 5_000);
}

describe('jobs of Slurm', { timeout: 300_000 }, () => {
  it('have the GPUs that they need, the variables of who submits, and the setup of the suite', async () => {
    const launcher = open({ gres: 'gpu:h100', setup: 'export FROM_SETUP="a b"' }, { PGPASSWORD: 'a secret' });
    const order = scriptOrder('', { needs: { gpus: 4, memoryBytes: 2 ** 30 }, workers: 3 });
    const file = join(slurm.folder, `${order.name}.$SLURM_ARRAY_TASK_ID`);
    const script = `echo "$CUDA_VISIBLE_DEVICES|$PGPASSWORD|$FROM_SETUP|$PWD" > ${file}; sleep 1`;
    await launcher.submit({ ...order, words: ['-c', script] });
    const jobs = await allIn(launcher, order.runId, 3, 'done');
    expect(jobs.map(({ node }) => node)).not.toContain('n3');
    const texts = await Promise.all(
      [0, 1, 2].map(async (index) => written(join(slurm.folder, `${order.name}.${index}`))),
    );
    for (const text of texts) expect(text).toMatch(/^(0,1,2,3|4,5,6,7)\|a secret\|a b\|/);
    expect(texts.every((text) => text.trim().endsWith(slurm.folder))).toBe(true);
    // Nowhere does Slurm show what the variables are.
    expect(await slurm.ask('scontrol', 'show', 'job')).not.toContain('a secret');
  });

  it('say in one line that perbench is not on their node', async () => {
    const launcher = open({ program: 'perbench-that-is-not-there' });
    const order = scriptOrder('');
    await launcher.submit(order);
    const [job] = await allIn(launcher, order.runId, 1, 'failed');
    expect(await launcher.tail({ name: order.name, handle: job?.handle ?? '' })).toBe(
      `${job?.node}: perbench-that-is-not-there: command not found; set program or setup of cluster.slurm`,
    );
  });

  it("are found whatever the user's own defaults hide", async () => {
    const launcher = open({}, { SQUEUE_PARTITION: 'none-such', SQUEUE_STATES: 'FAILED', SBATCH_WAIT: '1' });
    const order = scriptOrder('sleep 2');
    const id = await launcher.submit(order);
    expect((await launcher.list(order.runId)).map(({ state }) => state)).not.toContain('done');
    expect(await launcher.submit(order)).toBe(id);
    await allIn(launcher, order.runId, 1, 'done');
  });

  it('take options of the suite, of which the last wins', async () => {
    const launcher = open({ partition: 'none-such', lines: ['--partition gpu', '-w n3', '--time=1:00:00'] });
    const order = scriptOrder('');
    await launcher.check([order]);
    await launcher.submit({ ...order, words: ['-c', 'exit 0'] });
    const [job] = await allIn(launcher, order.runId, 1, 'done');
    expect(job?.node).toBe('n3');
  });

  it('are accepted while every node is taken', async () => {
    const launcher = open();
    const filler = scriptOrder('', { workers: 3, isExclusive: true });
    await launcher.submit({ ...filler, words: ['-c', lastingScript(join(slurm.folder, filler.name))] });
    await allIn(launcher, filler.runId, 3, 'running');
    const more = [scriptOrder('exit 0', { isExclusive: true }), scriptOrder('exit 0', { workers: 20 })];
    await expect(launcher.check(more)).resolves.toBeUndefined();
    await launcher.cancel([filler.name]);
    await allOver(launcher, filler.runId);
  });

  it('are refused when they are submitted, where no node has what they need', async () => {
    const launcher = open();
    const order = scriptOrder('exit 0', { needs: { gpus: 16, memoryBytes: undefined } });
    const error = await launcherError(launcher.submit(order));
    expect(error.message).toBe(`Slurm refuses ${order.name}: Requested node configuration is not available`);
    expect(error.hint).toContain('No node of the partition has so many GPUs');
    expect(await launcher.list(order.runId)).toEqual([]);
    // Under the same name, with less.
    await launcher.submit({ ...order, needs: { gpus: 8, memoryBytes: undefined } });
    await allIn(launcher, order.runId, 1, 'done');
  });

  it('may wait for nodes that are down', async () => {
    const launcher = open();
    const nodes = ['n1', 'n2'].map((name) => `NodeName=${name}`);
    for (const node of nodes) await slurm.ask('scontrol', 'update', node, 'State=DRAIN', 'Reason=cleaning');
    const order = scriptOrder('exit 0', { needs: { gpus: 8, memoryBytes: undefined } });
    await expect(launcher.check([order])).resolves.toBeUndefined();
    await launcher.submit(order);
    await allIn(launcher, order.runId, 1, 'pending');
    for (const node of nodes) await slurm.ask('scontrol', 'update', node, 'State=RESUME');
    await allIn(launcher, order.runId, 1, 'done');
  });

  it('are what they were when the controller comes back', async () => {
    const launcher = open();
    const order = scriptOrder('');
    await launcher.submit({ ...order, words: ['-c', lastingScript(join(slurm.folder, order.name))] });
    const before = await allIn(launcher, order.runId, 1, 'running');
    await slurm.stopController();
    const error = await launcherError(launcher.list(order.runId));
    expect(error.message).toMatch(/^Slurm can't be asked: /);
    expect(error.hint).toContain('scontrol ping');
    await launcherError(launcher.cancel([order.name]));
    await slurm.startController();
    expect(await launcher.list(order.runId)).toEqual(before);
    await launcher.cancel([order.name]);
    await allOver(launcher, order.runId);
  });

  it('start again on another node when theirs dies, and append to their log', async () => {
    const launcher = open();
    const order = scriptOrder('');
    const file = join(slurm.folder, order.name);
    const script = `echo "start $SLURMD_NODENAME" >> ${file}; echo "start $SLURM_RESTART_COUNT"; while [ ! -e ${file}.go ]; do sleep 0.2; done`;
    const id = await launcher.submit({ ...order, words: ['-c', script] });
    const [first] = await allIn(launcher, order.runId, 1, 'running');
    await written(file);
    await slurm.killNode(first?.node ?? '');
    const [second] = await eventually(
      'the job runs elsewhere',
      async () => launcher.list(order.runId),
      ([job]) => job?.state === 'running' && job.node !== first?.node,
    );
    expect(second?.handle).toBe(`${id}_0`);
    const starts = await eventually(
      'its second start',
      async () => readFile(file, 'utf8'),
      (text) => text.split('\n').length === 3,
    );
    expect(starts).toBe(`start ${first?.node}\nstart ${second?.node}\n`);
    expect(await launcher.submit(order)).toBe(id);
    await launcher.cancel([order.name]);
    await allOver(launcher, order.runId);
    expect(await launcher.tail({ name: order.name, handle: `${id}_0` })).toMatch(/^start$.*^start 1$/ms);
  });
});
