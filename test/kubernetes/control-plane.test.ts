import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Launcher } from '../../src/core/cluster.ts';
import { isThere } from '../../src/files/if-there.ts';
import { allIn, allOver, eventually, launcherError, scriptOrder, written } from '../conformance/launcher-orders.ts';
import { testLauncher } from '../conformance/launcher.ts';
import type { ControlPlane } from './control-plane.ts';
import type { KubernetesTestCluster } from './kubernetes-test-cluster.ts';
import { missingControlPlane as missing, openRealCluster as open } from './real-cluster.ts';

/** Once Pods have ended, their Job goes too. */
async function forgotten(launcher: Launcher, runId: string): Promise<void> {
  await eventually(
    `${runId} is gone`,
    async () => launcher.list(runId),
    (jobs) => jobs.length === 0,
  );
}

describe('a real control plane', () => {
  testLauncher(async () => missing ?? (await open()).cluster);
});

describe.skipIf(missing !== undefined)('what real controllers do', { timeout: 300_000 }, () => {
  let plane: ControlPlane;
  let cluster: KubernetesTestCluster;
  beforeAll(async () => {
    ({ plane, cluster } = await open());
  }, 180_000);
  afterAll(async () => cluster[Symbol.asyncDispose](), 60_000);

  it('gives each worker of an order an index, and counts them', async () => {
    const order = scriptOrder(`echo $JOB_COMPLETION_INDEX > ${cluster.folder}/index.$JOB_COMPLETION_INDEX`, {
      workers: 4,
    });
    await cluster.launcher.submit(order);
    await allIn(cluster.launcher, order.runId, 4, 'done');
    for (const index of [0, 1, 2, 3])
      expect(await readFile(join(cluster.folder, `index.${index}`), 'utf8')).toBe(`${index}\n`);
    const path = `/apis/batch/v1/namespaces/default/jobs/${order.name}`;
    const { status } = await eventually(
      'all are counted',
      async () => (await cluster.api.ask('GET', path)) as { readonly status: { readonly succeeded?: number } },
      (job) => job.status.succeeded === 4,
    );
    expect(status).toMatchObject({ completedIndexes: '0-3' });
  });

  it('sees the GPUs that each worker asks for', async () => {
    const order = scriptOrder('echo "devices $CUDA_VISIBLE_DEVICES"; sleep 1', {
      workers: 6,
      needs: { gpus: 2, memoryBytes: 2 ** 30 },
    });
    await cluster.launcher.submit(order);
    const jobs = await allIn(cluster.launcher, order.runId, 6, 'done');
    const tails = await Promise.all(jobs.map(async (job) => cluster.launcher.tail(job)));
    expect(new Set(tails)).toEqual(new Set(['devices 0,1\n', 'devices 2,3\n']));
  });

  it('waits for a Pod that never fits, and cancels it', async () => {
    const order = scriptOrder('exit 0', { needs: { gpus: 9, memoryBytes: undefined } });
    await cluster.launcher.check([order]);
    await cluster.launcher.submit(order);
    const [waiting] = await eventually(
      'a reason',
      async () => cluster.launcher.list(order.runId),
      ([job]) => job?.reason !== undefined,
    );
    expect(waiting).toMatchObject({ state: 'pending', node: undefined });
    expect(waiting?.reason).toMatch(/^Unschedulable: 0\/3 nodes are available: 3 Insufficient nvidia\.com\/gpu/u);
    await cluster.launcher.cancel([order.name]);
    await forgotten(cluster.launcher, order.runId);
  });

  it('fails a Job at once for a wrong command line, and one worker for anything else', async () => {
    const { launcher } = cluster;
    const script = "[ $JOB_COMPLETION_INDEX = 0 ] && exit 2; trap 'exit 143' TERM; while :; do sleep 0.2; done";
    const wrong = scriptOrder(script, { workers: 2 });
    await launcher.submit(wrong);
    const ended = await allOver(launcher, wrong.runId);
    expect(ended.map(({ state }) => state)).toEqual(['failed', 'failed']);
    expect(ended[0]?.reason).toMatch(/exit code 2/u);
    const mixed = scriptOrder('[ $JOB_COMPLETION_INDEX = 1 ] && exit 5; sleep 2', { workers: 3 });
    await launcher.submit(mixed);
    const jobs = await allIn(launcher, mixed.runId, 3, 'done', 'failed');
    expect(jobs.map(({ state, reason }) => [state, reason])).toEqual([
      ['done', undefined],
      ['failed', 'exit code 5'],
      ['done', undefined],
    ]);
  });

  it('replaces a worker that was evicted, which is no failure', async () => {
    const { launcher, folder, api } = cluster;
    const order = scriptOrder('');
    const stem = join(folder, order.name);
    const script = `[ -e ${stem}.once ] && exit 0; echo once > ${stem}.once; trap 'exit 143' TERM; while :; do sleep 0.2; done`;
    await launcher.submit({ ...order, words: ['-c', script] });
    await written(`${stem}.once`);
    const [pod] = await api.pods(`labelSelector=perbench/order%3D${order.name}`);
    const name = pod?.metadata.name ?? '';
    await api.ask('POST', `/api/v1/namespaces/default/pods/${name}/eviction`, {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name },
    });
    expect(await allIn(launcher, order.runId, 1, 'done')).toMatchObject([{ name: order.name }]);
  });

  it('calls a worker lost with its node, and starts it again when the node is back', async () => {
    const { launcher, folder } = cluster;
    const order = scriptOrder('');
    const stem = join(folder, order.name);
    const script = `[ -e ${stem}.orphan ] && exit 0; while :; do echo alive > ${stem}.orphan; sleep 0.2; done`;
    await launcher.submit({ ...order, words: ['-c', script] });
    await written(`${stem}.orphan`);
    const [running] = await allIn(launcher, order.runId, 1, 'running');
    const node = cluster.kubelet(running?.node ?? '');
    await node.kill({ areOrphans: true });
    const [lost] = await allIn(launcher, order.runId, 1, 'lost');
    expect(lost?.reason).toMatch(/^its node does not answer$|^DeletionByTaintManager: /u);
    await eventually(
      'it is given up',
      async () => launcher.list(order.runId),
      ([job]) => job?.reason?.startsWith('DeletionByTaintManager: ') === true,
    );
    expect(await launcher.tail(running ?? { name: '', handle: '' })).toBeUndefined();
    // The engine says dead, and the process lives on: the store refuses what it still writes.
    const before = await readFile(`${stem}.orphan`, 'utf8');
    expect(before).toBe('alive\n');
    node.killContainers();
    await cluster.startNode(node.name);
    await allIn(launcher, order.runId, 1, 'done');
  });

  it('goes on after the API server was restarted', async () => {
    const { launcher, folder } = cluster;
    const order = scriptOrder('');
    const next = scriptOrder('exit 0');
    const stem = join(folder, order.name);
    await launcher.submit({
      ...order,
      words: ['-c', `echo on > ${stem}.on; until [ -e ${stem}.off ]; do sleep 0.2; done`],
    });
    await written(`${stem}.on`);
    await plane.kill('kube-apiserver');
    expect((await launcherError(launcher.list(order.runId))).message).toMatch(
      /: connection refused \(ECONNREFUSED\)$/u,
    );
    const submitted = launcher.submit(next);
    await plane.startApiServer();
    expect(await submitted).toBe(next.name);
    await allIn(launcher, order.runId, 1, 'running');
    await promisify(execFile)('touch', [`${stem}.off`]);
    await allIn(launcher, order.runId, 1, 'done');
    await allIn(launcher, next.runId, 1, 'done');
  });

  it('needs no more rights than docs/clusters.md says', async () => {
    const { api } = cluster;
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/team';
    await api.ask('POST', '/api/v1/namespaces', { metadata: { name: 'team' } });
    await api.ask('POST', `${rbac}/roles`, {
      metadata: { name: 'perbench' },
      rules: [
        { apiGroups: ['batch'], resources: ['jobs'], verbs: ['create', 'list', 'delete'] },
        { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
        { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
      ],
    });
    await api.ask('POST', `${rbac}/rolebindings`, {
      metadata: { name: 'perbench' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'perbench' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'guest' }],
    });
    await api.ask('POST', '/api/v1/namespaces/team/secrets', { metadata: { name: 'perbench-store' }, data: {} });
    const launcher = cluster.open({ context: 'guest', namespace: 'team' });
    const order = scriptOrder('echo as a guest');
    await launcher.check([order]);
    await launcher.submit(order);
    const [job] = await allIn(launcher, order.runId, 1, 'done');
    expect(await launcher.tail(job ?? { name: '', handle: '' })).toBe('as a guest\n');
    await launcher.cancel([order.name]);
    await forgotten(launcher, order.runId);
  });

  it('takes by kubectl what is printed', async ({ skip }) => {
    const kubectl = '/usr/bin/kubectl';
    if (!existsSync(kubectl)) skip('no kubectl');
    const order = scriptOrder(`echo applied > ${cluster.folder}/applied`, {
      workers: 2,
      needs: { gpus: 1, memoryBytes: 2 ** 20 },
    });
    const applied = promisify(execFile)(kubectl, ['apply', '--kubeconfig', cluster.kubeconfig, '-f', '-'], {
      timeout: 60_000,
    });
    applied.child.stdin?.end(
      cluster.launcher.print([order, scriptOrder('exit 0', { runId: order.runId, order: 'o2' })]),
    );
    expect((await applied).stdout).toBe(
      `job.batch/${order.name} created\njob.batch/${order.name.replace('o1', 'o2')} created\n`,
    );
    await allIn(cluster.launcher, order.runId, 3, 'done');
    expect(await isThere(join(cluster.folder, 'applied'))).toBe(true);
    expect(await cluster.launcher.submit(order)).toBe(order.name);
  });
});
