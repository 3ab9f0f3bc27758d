import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  allIn,
  allOver,
  eventually,
  lastingScript,
  launcherError,
  scriptOrder,
} from '../../../test/conformance/launcher-orders.ts';
import { testLauncher } from '../../../test/conformance/launcher.ts';
import type { ApiDouble } from '../../../test/kubernetes/api-double.ts';
import { openDoubleCluster } from '../../../test/kubernetes/double-cluster.ts';
import type { KubernetesTestCluster } from '../../../test/kubernetes/kubernetes-test-cluster.ts';
import { openKubernetes } from './kubernetes-launcher.ts';

describe('a cluster behind an HTTP double', () => {
  testLauncher(async () => (await openDoubleCluster()).cluster);
});

async function open(): Promise<{ readonly cluster: KubernetesTestCluster; readonly double: ApiDouble }> {
  const opened = await openDoubleCluster();
  onTestFinished(async () => opened.cluster[Symbol.asyncDispose]());
  return opened;
}

describe('an API server that fails', () => {
  it('is asked again while it restarts, and takes an order once', async () => {
    const { cluster, double } = await open();
    const order = scriptOrder('exit 0');
    double.faults.push(
      { on: /jobs/u, code: 503, text: 'starting' },
      { on: /jobs/u, code: 502, text: '<html>bad gateway</html>' },
    );
    await cluster.launcher.submit(order);
    await allIn(cluster.launcher, order.runId, 1, 'done');
    await double.stop();
    const cancelled = cluster.launcher.cancel([order.name]);
    await double.start();
    await cancelled;
    expect(await allOver(cluster.launcher, order.runId)).toEqual([]);
  });

  it('is quoted in one line, whatever it says', async () => {
    const { cluster, double } = await open();
    double.faults.push({ on: /jobs/u, code: 502, text: `<html>\n<h1>bad gateway</h1>\n${'x'.repeat(10_000)}</html>` });
    const { message, hint } = await launcherError(cluster.launcher.list('a-run'));
    expect(message).toMatch(/^http:\/\/127\.0\.0\.1:\d+: <html> <h1>bad gateway<\/h1> x+…$/u);
    expect(message.length).toBeLessThan(500);
    expect(hint).toBe('Look at the state of the cluster, and try again.');
  });

  it('is named with what the network says', async () => {
    const { cluster } = await open();
    const { message } = await launcherError(cluster.unreachable.list('a-run'));
    expect(message).toMatch(/^http:\/\/127\.0\.0\.1:\d+: connection refused \(ECONNREFUSED\)$/u);
  });

  it('is not waited for when it hangs', async () => {
    const { cluster, double } = await open();
    double.faults.push({ on: /jobs/u, code: 0, text: '' });
    const world = { environment: { KUBECONFIG: cluster.kubeconfig }, signal: new AbortController().signal };
    const { message } = await launcherError(openKubernetes(undefined, world, 200).list('a-run'));
    expect(message).toMatch(/^http:\/\/127\.0\.0\.1:\d+: no answer in time$/u);
  });

  it('is not waited for when perbench ends', async () => {
    const { cluster, double } = await open();
    await double.stop();
    const stop = new AbortController();
    const submitted = cluster.open({}, 'config', stop.signal).submit(scriptOrder('exit 0'));
    stop.abort(new Error('stopped'));
    await expect(submitted).rejects.toThrow(/stopped|aborted/u);
  });
});

describe('check', () => {
  it('asks for a secret before anything is submitted, and goes on where it may not look', async () => {
    const { cluster, double } = await open();
    const order = scriptOrder('exit 0');
    const { message, hint } = await launcherError(cluster.open({ storeSecret: 'other' }).check([order]));
    expect(message).toBe("namespace default has no secret other, from which workers get the store's password");
    expect(hint).toBe('Make it: kubectl create secret generic other --namespace default --from-literal=PGPASSWORD=…');
    expect(double.all('jobs')).toEqual([]);
    double.faults.push({ on: /secrets/u, code: 403, text: '{"message":"secrets are forbidden"}' });
    await cluster.open({ storeSecret: 'other' }).check([order]);
  });

  it('takes an order that was submitted before', async () => {
    const { cluster } = await open();
    const order = scriptOrder('exit 0');
    await cluster.launcher.submit(order);
    await expect(cluster.launcher.check([order])).resolves.toBeUndefined();
  });
});

describe('a kubeconfig', () => {
  const world = (environment: Readonly<Record<string, string>>) => ({
    environment,
    signal: new AbortController().signal,
  });
  const order = scriptOrder('exit 0');

  it('is missed in one line, and not needed to print', async () => {
    const launcher = openKubernetes(undefined, world({ HOME: '/nowhere' }));
    const { message } = await launcherError(launcher.check([order]));
    expect(message).toBe('there is no kubeconfig: neither KUBECONFIG nor ~/.kube/config names a file that exists');
    expect((await launcherError(launcher.submit(order))).message).toBe(message);
    expect(launcher.print([order])).toContain(`name: ${order.name}`);
  });

  it('is refused where it is none', async () => {
    const { cluster } = await open();
    const file = join(cluster.folder, 'broken');
    await writeFile(file, 'clusters: [');
    const { message } = await launcherError(cluster.open({}, 'broken').list('a-run'));
    expect(message.startsWith(`${file}: not a kubeconfig: `)).toBe(true);
    await writeFile(file, 'null');
    const nothing = await launcherError(cluster.open({}, 'broken').list('a-run'));
    expect(nothing.message).toBe(`${file}: not a kubeconfig: it names no cluster`);
  });

  it('is asked for the context that the suite names', async () => {
    const { cluster } = await open();
    const { message, hint } = await launcherError(cluster.open({ context: 'prod' }).list('a-run'));
    expect(message).toBe('the kubeconfig has no context prod with a cluster');
    expect(hint).toBe('Name a context (cluster.kubernetes.context); there are: admin, guest, stranger.');
    await writeFile(join(cluster.folder, 'empty'), '{}');
    expect((await launcherError(cluster.open({}, 'empty').list('a-run'))).message).toBe(
      'the kubeconfig has no current context',
    );
  });

  it('may be several files, of which the first counts', async () => {
    const { cluster } = await open();
    const { kubeconfig, folder } = cluster;
    const other = join(folder, 'other');
    await writeFile(other, JSON.stringify({ 'current-context': 'guest', contexts: [], clusters: [], users: [] }));
    const launcher = (files: string) => openKubernetes(undefined, world({ KUBECONFIG: files }));
    expect(await launcher(`${join(folder, 'missing')}:${kubeconfig}:${other}`).list('a-run')).toEqual([]);
    expect((await launcherError(launcher(`${other}:${kubeconfig}`).list('a-run'))).message).toContain('forbidden');
  });
});

describe('workers', () => {
  it('say why they wait: the secret, the image, the room', async () => {
    const { cluster } = await open();
    const reasonOf = async (
      settings: object,
      needs = { gpus: 0, memoryBytes: undefined },
    ): Promise<string | undefined> => {
      const order = scriptOrder('exit 0', { needs });
      const launcher = cluster.open(settings);
      await launcher.submit(order);
      const [job] = await eventually(
        'a reason',
        async () => launcher.list(order.runId),
        ([each]) => each?.reason !== undefined,
      );
      expect(job?.state).toBe('pending');
      return job?.reason;
    };
    expect(await reasonOf({ storeSecret: 'other' })).toBe('CreateContainerConfigError: secret "other" not found');
    expect(await reasonOf({ image: 'typo' })).toBe('ImagePullBackOff: Back-off pulling image "typo"');
    const tooMany = { gpus: 9, memoryBytes: undefined };
    expect(await reasonOf({}, tooMany)).toBe('Unschedulable: 0/3 nodes are available: 3 Insufficient nvidia.com/gpu.');
  });

  it('fail all at once where the command line is wrong, and one by one otherwise', async () => {
    const { cluster } = await open();
    const { launcher } = cluster;
    const script = "[ $JOB_COMPLETION_INDEX = 0 ] && exit 2; trap 'exit 143' TERM; while :; do sleep 0.2; done";
    const wrong = scriptOrder(script, { workers: 2 });
    await launcher.submit(wrong);
    const ended = await allOver(launcher, wrong.runId);
    expect(ended.map(({ state }) => state)).toEqual(['failed', 'failed']);
    expect(ended[0]?.reason).toBe('exit code 2');
    expect(ended[1]?.reason).toMatch(
      /^exit code 143$|^PodFailurePolicy: exit code 2 matching FailJob rule at index 1$/u,
    );
    const mixed = scriptOrder('[ $JOB_COMPLETION_INDEX = 1 ] && exit 5; sleep 1', { workers: 3 });
    await launcher.submit(mixed);
    const jobs = await allIn(launcher, mixed.runId, 3, 'done', 'failed');
    expect(jobs.map(({ state, reason }) => [state, reason])).toEqual([
      ['done', undefined],
      ['failed', 'exit code 5'],
      ['done', undefined],
    ]);
  });

  it('get the password from the secret, and print it nowhere', async () => {
    const { cluster } = await open();
    const order = scriptOrder('echo "$PGPASSWORD"');
    await cluster.launcher.submit(order);
    const [job] = await allIn(cluster.launcher, order.runId, 1, 'done');
    expect(await cluster.launcher.tail({ name: order.name, handle: job?.handle ?? '' })).toBe('a password\n');
    expect(cluster.launcher.print([order])).not.toContain('a password');
  });

  it('have no log any more when their node is gone', async () => {
    const { cluster } = await open();
    const { launcher } = cluster;
    const order = scriptOrder('');
    await launcher.submit({ ...order, words: ['-c', lastingScript(join(cluster.folder, 'w'))] });
    const [job] = await allIn(launcher, order.runId, 1, 'running');
    await cluster.killNode(job?.node ?? '');
    const [lost] = await allIn(launcher, order.runId, 1, 'lost');
    expect(lost?.reason).toBe('DeletionByTaintManager: Taint manager: deleting due to NoExecute taint');
    expect(await launcher.tail({ name: order.name, handle: job?.handle ?? '' })).toBeUndefined();
  });
});
