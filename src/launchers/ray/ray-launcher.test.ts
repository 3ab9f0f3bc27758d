import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import {
  allIn,
  allOver,
  launcherError,
  lastingScript,
  scriptOrder,
  written,
} from '../../../test/conformance/launcher-orders.ts';
import { listenOnLoopback } from '../../../test/setup/listen-on-loopback.ts';
import { raySettingsOf } from '../../../test/ray/ray-settings.ts';
import { type SimulatedNode, SimulatedRay } from '../../../test/ray/simulated-ray.ts';
import { testFolder } from '../../../test/setup/test-settings.ts';
import type { Launcher, LauncherWorld } from '../../core/cluster.ts';
import { textWithoutSecrets } from '../../core/without-secrets.ts';
import { isThere } from '../../files/if-there.ts';
import { openRay } from './ray-launcher.ts';
import type { RaySettings } from './submission.ts';

const node: SimulatedNode = { address: '127.0.0.2', resources: { CPU: 4, GPU: 2 } };

async function folderOfTest(): Promise<string> {
  const folder = await testFolder();
  onTestFinished(async () => folder[Symbol.asyncDispose]());
  return folder.path;
}

async function startRay(nodes: readonly SimulatedNode[] = [node]): Promise<SimulatedRay> {
  const ray = await SimulatedRay.start(nodes);
  onTestFinished(async () => ray[Symbol.asyncDispose]());
  return ray;
}

async function launcherOf(
  address: string,
  settings: Partial<RaySettings> = {},
  world: Partial<LauncherWorld> & { readonly limitMs?: number } = {},
): Promise<Launcher> {
  const { environment = {}, workingFolder = '/nowhere', signal = new AbortController().signal, limitMs } = world;
  return openRay(
    raySettingsOf({ address, program: 'sh', ...settings }),
    { environment, workingFolder, signal },
    limitMs,
  );
}

/** The body that a person would send. */
function printedBody(launcher: Launcher, ...order: Parameters<typeof scriptOrder>): Record<string, unknown> {
  const text = launcher.print([scriptOrder(...order)]);
  const [, body = ''] = /--data '(.*)'\n$/s.exec(text) ?? [];
  return JSON.parse(body.replaceAll(String.raw`'\''`, "'")) as Record<string, unknown>;
}

it('asks for what a worker needs, and for nothing that an older Ray does not know', async () => {
  const launcher = await launcherOf(
    'http://ray.example:8265/',
    { program: 'perbench', labels: { gpu: 'h100' }, resources: { pool: 0.5 }, exclusive: 'alone' },
    { workingFolder: '/data/my runs' },
  );
  const order = {
    runId: 'r1',
    words: ['work', 'r1', '--model', "Ann's"],
    needs: { gpus: 4, memoryBytes: 2 ** 31 + 0.5 },
    isExclusive: true,
  };
  expect(printedBody(launcher, '', order)).toEqual({
    submission_id: 'pb-r1-o1-a1-0',
    entrypoint: [
      "sleep 1 && { cd '/data/my runs' 2>/dev/null",
      'if [ "$OMP_NUM_THREADS" = 1 ]; then unset OMP_NUM_THREADS; fi',
      String.raw`set -- perbench work r1 --model 'Ann'\''s'`,
      'if command -v "$1" >/dev/null; then exec "$@"; fi',
      'echo "$(uname -n): $1: command not found; set program of cluster.ray" >&2',
      'exit 127; }',
    ].join('; '),
    entrypoint_num_cpus: 1,
    entrypoint_num_gpus: 4,
    entrypoint_memory: 2 ** 31 + 1,
    entrypoint_resources: { pool: 0.5, alone: 1 },
    entrypoint_label_selector: { gpu: 'h100' },
    runtime_env: { env_vars: { RAY_JOB_STOP_WAIT_TIME_S: '30' } },
    metadata: {
      perbench_run: 'r1',
      perbench_order: 'pb-r1-o1-a1',
      perbench_resources: '{"CPU":1,"GPU":4,"memory":2147483649,"pool":0.5,"alone":1}',
    },
  });
  expect(Object.keys(printedBody(await launcherOf('http://ray.example:8265'), ''))).toEqual([
    'submission_id',
    'entrypoint',
    'entrypoint_num_cpus',
    'runtime_env',
    'metadata',
  ]);
});

it('prints a command for each worker, with the name of the variable that holds the token', async () => {
  const order = scriptOrder('exit 0', { workers: 2 });
  const plain = (await launcherOf('http://ray.example:8265/')).print([order]);
  expect(plain.match(/^curl --fail-with-body http:\/\/ray\.example:8265\/api\/jobs\/ \\$/gm)).toHaveLength(2);
  expect(plain).not.toContain('Authorization');
  const environment = { RAY_AUTH_TOKEN: 'c0ffee-7e57-70c3' };
  const secret = (await launcherOf('http://ray.example:8265', {}, { environment })).print([order]);
  expect(secret).toContain('--header "Authorization: Bearer $RAY_AUTH_TOKEN"');
  expect(secret).not.toContain('c0ffee');
});

it('starts a worker in the working folder, with its own devices and all threads', async () => {
  const ray = await startRay();
  const workingFolder = await folderOfTest();
  const launcher = await launcherOf(ray.url, {}, { workingFolder });
  const order = scriptOrder('echo "$(pwd) $CUDA_VISIBLE_DEVICES ${OMP_NUM_THREADS-all}"', {
    needs: { gpus: 2, memoryBytes: undefined },
  });
  await launcher.submit(order);
  const [job] = await allIn(launcher, order.runId, 1, 'done');
  expect(job).toMatchObject({ name: order.name, handle: `${order.name}-0`, node: '127.0.0.2', reason: undefined });
  expect(await launcher.tail({ name: order.name, handle: `${order.name}-0` })).toBe(`${workingFolder} 0,1 all`);
});

it('says in one line that a node lacks perbench', async () => {
  const ray = await startRay();
  const launcher = await launcherOf(ray.url, { program: 'perbench-of-nowhere' });
  const order = scriptOrder('');
  await launcher.submit(order);
  const [job] = await allIn(launcher, order.runId, 1, 'failed');
  expect(job?.reason).toBe('exit code 127');
  expect(await launcher.tail(job ?? { name: '', handle: '' })).toMatch(
    /^\S+: perbench-of-nowhere: command not found; set program of cluster\.ray$/,
  );
});

it('submits the workers that are missing after a crash, and no other twice', async () => {
  const ray = await startRay();
  const launcher = await launcherOf(ray.url);
  const order = scriptOrder('exit 0');
  await launcher.submit(order);
  await launcher.submit({ ...order, workers: 3 });
  expect(new Set((await launcher.list(order.runId)).map(({ handle }) => handle))).toEqual(
    new Set([0, 1, 2].map((index) => `${order.name}-${index}`)),
  );
});

it('finds a job whose submission was taken and never answered', async () => {
  const ray = await startRay();
  ray.losesSubmission = true;
  const launcher = await launcherOf(ray.url, {}, { limitMs: 1_000 });
  const order = scriptOrder('exit 0');
  expect(await launcher.submit(order)).toBe(order.name);
  expect(await launcher.list(order.runId)).toHaveLength(1);
});

it('says why a job waits: no node has what it asks for, or those that have are taken', async () => {
  const ray = await startRay();
  const launcher = await launcherOf(ray.url, { resources: { pool: 1 } });
  const order = scriptOrder('exit 0', { needs: { gpus: 4, memoryBytes: 2 ** 30 } });
  await launcher.submit(order);
  const [waiting] = await launcher.list(order.runId);
  expect(waiting).toMatchObject({
    state: 'pending',
    node: undefined,
    reason: 'no node has 1 CPU, 4 GPU, 1024 MiB memory, 1 pool',
  });
  ray.addNode({ address: '127.0.0.3', resources: { CPU: 1, GPU: 4, memory: 2 ** 31, pool: 1 } });
  await allIn(launcher, order.runId, 1, 'running', 'done');
  const second = scriptOrder('exit 0', { needs: { gpus: 4, memoryBytes: undefined } });
  await launcher.submit(second);
  expect((await launcher.list(second.runId))[0]?.reason).toMatch(
    /^Job has not started yet\. It may be waiting for resources/,
  );
});

it('tells what Ray gave up waiting for from what ran and failed', async () => {
  const ray = await startRay([]);
  const launcher = await launcherOf(ray.url);
  const order = scriptOrder('exit 0');
  await launcher.submit(order);
  ray.giveUpWaiting();
  const [job] = await launcher.list(order.runId);
  expect(job).toMatchObject({
    state: 'failed',
    reason: expect.stringContaining('failed to start within 900.0 seconds') as string,
  });
});

it('calls a worker lost whose node has died, and its log gone, while it goes on', async () => {
  const ray = await startRay();
  const folder = await folderOfTest();
  const launcher = await launcherOf(ray.url);
  const order = scriptOrder('');
  const stem = join(folder, 'orphan');
  await launcher.submit({ ...order, words: ['-c', `echo started > ${stem}.started; sleep 1; echo wrote > ${stem}`] });
  await written(`${stem}.started`);
  ray.killNode('127.0.0.2');
  const [job] = await launcher.list(order.runId);
  expect(job).toMatchObject({ state: 'lost', reason: 'its node has died', node: '127.0.0.2' });
  expect(await launcher.tail({ name: order.name, handle: `${order.name}-0` })).toBeUndefined();
  expect(await written(stem)).toBe('wrote\n');
  await launcher.cancel([order.name]);
});

it('starts nothing of a job that was stopped while it waited, though Ray starts the job', async () => {
  const ray = await startRay([]);
  const marker = join(await folderOfTest(), 'ran');
  const launcher = await launcherOf(ray.url);
  const order = scriptOrder(`echo ran > ${marker}`);
  await launcher.submit(order);
  await launcher.cancel([order.name]);
  expect((await launcher.list(order.runId))[0]?.state).toBe('pending');
  ray.addNode(node);
  const [job] = await allOver(launcher, order.runId);
  expect(job).toMatchObject({ state: 'cancelled', reason: 'Job was intentionally stopped.' });
  expect(await isThere(marker)).toBe(false);
});

it('keeps workers that measure time and others from being on one node', async () => {
  const ray = await startRay([{ address: '127.0.0.2', resources: { CPU: 4, alone: 1 } }]);
  const launcher = await launcherOf(ray.url, { exclusive: 'alone' });
  const folder = await folderOfTest();
  const helpers = scriptOrder(lastingScript(join(folder, 'helper')), { workers: 2 });
  const measuring = scriptOrder('exit 0', { isExclusive: true });
  await launcher.submit(helpers);
  await allIn(launcher, helpers.runId, 2, 'running');
  await launcher.submit(measuring);
  expect((await launcher.list(measuring.runId))[0]?.state).toBe('pending');
  await launcher.cancel([helpers.name]);
  await allIn(launcher, measuring.runId, 1, 'done');
});

it('says which field a head of another version does not know', async () => {
  const ray = await startRay();
  ray.knowsLabels = false;
  const launcher = await launcherOf(ray.url, { labels: { gpu: 'h100' } });
  const order = scriptOrder('exit 0');
  const { message, isRefusal } = await launcherError(launcher.submit(order));
  expect(isRefusal).toBe(true);
  expect(message).toBe(
    `Ray at ${ray.url} refuses ${order.name}-0 (HTTP 400): TypeError: JobSubmitRequest.__init__() got an unexpected keyword argument 'entrypoint_label_selector'`,
  );
});

it('gives up a head that takes requests and never answers', async () => {
  const ray = await startRay();
  ray.isHanging = true;
  const launcher = await launcherOf(ray.url, {}, { limitMs: 200 });
  const order = scriptOrder('exit 0');
  for (const action of [launcher.check([order]), launcher.submit(order), launcher.list('r'), launcher.cancel(['n'])]) {
    expect((await launcherError(action)).message).toBe(`Ray at ${ray.url} can't be reached: no answer within 0.2 s`);
  }
});

it('stops waiting for an answer when it is told to', async () => {
  const ray = await startRay();
  ray.isHanging = true;
  const controller = new AbortController();
  const launcher = await launcherOf(ray.url, {}, { signal: controller.signal });
  const listed = launcher.list('r');
  await sleep(50);
  controller.abort(new RangeError('enough'));
  await expect(listed).rejects.toThrow('enough');
});

it('says that nobody is there, or somebody else', async () => {
  const ray = await startRay();
  const left = await launcherOf(ray.url);
  await ray.close();
  const gone = await launcherError(left.check([]));
  expect(gone.message).toMatch(
    /^Ray at http:\/\/127\.0\.0\.1:\d+ can't be reached: connect ECONNREFUSED 127\.0\.0\.1:\d+$/,
  );
  expect(gone.hint).toBe('Start the head (ray start --head), or set address of cluster.ray to that of its dashboard.');

  const other = createServer((request, response) => {
    response.statusCode = request.url === '/api/version' ? 200 : 404;
    response.end('<html><title>Welcome</title></html>\n');
  });
  const address = `http://127.0.0.1:${await listenOnLoopback(other)}`;
  const launcher = await launcherOf(address);
  expect((await launcherError(launcher.check([]))).message).toBe(
    `${address}/api/version answers what Ray's dashboard doesn't: <html><title>Welcome</title></html>`,
  );
  const refused = await launcherError(launcher.list('r'));
  expect(refused.message).toBe(
    `Ray at ${address} refuses GET /api/jobs/ (HTTP 404): <html><title>Welcome</title></html>`,
  );
  expect(refused.hint).toContain('ray[default]');
});

it('shows the token where Ray itself looks for it, and shows it nobody else', async () => {
  const ray = await startRay();
  ray.token = 'f00dcafe-4711-0815';
  const home = await folderOfTest();
  const check = async (environment: LauncherWorld['environment']): Promise<void> =>
    (await launcherOf(ray.url, {}, { environment })).check([]);

  const missing = await launcherError(check({ HOME: home }));
  expect(missing.message).toBe(`Ray at ${ray.url} asks for a token (HTTP 401)`);
  const wrong = await launcherError(check({ RAY_AUTH_TOKEN: 'deadbeef-0000-1111' }));
  expect(wrong.message).toBe(`Ray at ${ray.url} refuses the token (HTTP 403)`);
  expect(wrong.hint).toBe("Set RAY_AUTH_TOKEN to the cluster's token, or write it into ~/.ray/auth_token.");

  await check({ RAY_AUTH_TOKEN: ray.token });
  await mkdir(join(home, '.ray'));
  await writeFile(join(home, '.ray', 'auth_token'), `${ray.token}\n`);
  await check({ HOME: home });
  await writeFile(join(home, 'elsewhere'), `${ray.token}\n`);
  await check({ HOME: '/nowhere', RAY_AUTH_TOKEN_PATH: join(home, 'elsewhere') });
  const nowhere = await launcherError(check({ HOME: home, RAY_AUTH_TOKEN_PATH: join(home, 'nothing') }));
  expect(nowhere.message).toBe(`RAY_AUTH_TOKEN_PATH names ${join(home, 'nothing')}, which isn't there`);
  expect(textWithoutSecrets(`the token is ${ray.token}.`)).not.toContain('f00dcafe');
});
