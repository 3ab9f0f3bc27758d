import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zod from 'zod';
import { clusterSchema } from '../../src/core/cluster-settings.ts';
import type { Launcher } from '../../src/core/cluster.ts';
import { openKubernetes } from '../../src/launchers/kubernetes/kubernetes-launcher.ts';
import type { TestCluster } from '../conformance/launcher.ts';
import { type ApiAccess, ApiClient } from './api-client.ts';
import { freePort } from './free-port.ts';
import { FakeKubelet, type KubeletOptions } from './fake-kubelet.ts';

export interface ClusterParts {
  readonly admin: ApiAccess;
  readonly guestToken: string;
  readonly tls: KubeletOptions['tls'];
  /** What nodes run; by default the image `perbench` is a shell. */
  readonly nodes?: Partial<Pick<KubeletOptions, 'images' | 'environment'>>;
  /** What the secret of the store holds. */
  readonly secret?: Readonly<Record<string, string>>;
  /** Ends the control plane. */
  readonly close: () => Promise<void>;
}

/** Nodes that are lost are given up after seconds instead of five minutes. */
export const tolerations = ['not-ready', 'unreachable'].map((state) => ({
  key: `node.kubernetes.io/${state}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 1,
}));

export const nodeNames = ['n1', 'n2', 'n3'] as const;
const gpusOfNode = 4;

/** A cluster of three fake nodes with four GPUs each, behind a control plane that is real, or a double of one. */
export class KubernetesTestCluster implements TestCluster {
  readonly launcher: Launcher;
  readonly folder: string;
  readonly whole = { needs: { gpus: gpusOfNode, memoryBytes: undefined }, workers: nodeNames.length };
  readonly isPendingCancelled = true;
  readonly refused: TestCluster['refused'];
  readonly unreachable: Launcher;
  readonly api: ApiClient;
  readonly #parts: ClusterParts;
  readonly #kubelets = new Map<string, FakeKubelet>();

  private constructor(parts: ClusterParts, folder: string) {
    this.#parts = parts;
    this.folder = folder;
    this.api = new ApiClient(parts.admin);
    this.launcher = this.open();
    this.unreachable = this.open({}, 'nobody');
    this.refused = [
      { launcher: this.open({ namespace: 'nowhere' }), says: /^Kubernetes has no namespace nowhere$/u },
      {
        launcher: this.open({ context: 'guest' }),
        says: /^Kubernetes: jobs\.batch is forbidden: User "guest" cannot create/u,
      },
      { launcher: this.open({ context: 'stranger' }), says: /^https?:\/\/127\.0\.0\.1:\d+: not logged in$/u },
      {
        launcher: this.open({ nodeSelector: { gpu: 'no label value!' } }),
        says: /^Kubernetes rejects the Job: .*nodeSelector: Invalid value: "no label value!"/u,
      },
    ];
  }

  static async start(parts: ClusterParts): Promise<KubernetesTestCluster> {
    const cluster = new KubernetesTestCluster(parts, await mkdtemp(join(tmpdir(), 'perbench-kubernetes-')));
    await cluster.#writeConfigs();
    await cluster.api.askUnless(409, 'POST', '/api/v1/namespaces/default/secrets', {
      metadata: { name: 'perbench-store' },
      data: Object.fromEntries(
        Object.entries(parts.secret ?? { PGPASSWORD: 'a password' }).map(([name, value]) => [name, btoa(value)]),
      ),
    });
    for (const name of nodeNames) await cluster.startNode(name);
    return cluster;
  }

  get kubeconfig(): string {
    return join(this.folder, 'config');
  }

  async #writeConfigs(): Promise<void> {
    const { admin, guestToken } = this.#parts;
    // The client insists on TLS unless it is told otherwise.
    const ca =
      admin.ca === undefined
        ? { 'insecure-skip-tls-verify': true }
        : { 'certificate-authority-data': Buffer.from(admin.ca).toString('base64') };
    const users = { admin: admin.token, guest: guestToken, stranger: 'not-a-token' };
    const contexts = Object.keys(users);
    const config = (server: string): object => ({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster: { server, ...ca } }],
      users: Object.entries(users).map(([name, token]) => ({ name, user: { token } })),
      contexts: contexts.map((name) => ({ name, context: { cluster: 'test', user: name } })),
      'current-context': 'admin',
    });
    await writeFile(this.kubeconfig, JSON.stringify(config(admin.server)));
    await writeFile(join(this.folder, 'nobody'), JSON.stringify(config(`http://127.0.0.1:${await freePort()}`)));
  }

  /** A launcher as a suite with these settings opens it. */
  open(settings: object = {}, config = 'config', signal: AbortSignal = new AbortController().signal): Launcher {
    const { kubernetes } = clusterSchema(zod).parse({ kubernetes: { tolerations, ...settings } });
    return openKubernetes(kubernetes, { environment: { KUBECONFIG: join(this.folder, config) }, signal });
  }

  async startNode(name: string): Promise<void> {
    const kubelet = await FakeKubelet.start({
      api: new ApiClient(this.#parts.admin),
      name,
      gpus: gpusOfNode,
      images: { perbench: ['/bin/sh'] },
      environment: { PATH: process.env['PATH'] ?? '' },
      ...this.#parts.nodes,
      tls: this.#parts.tls,
    });
    this.#kubelets.set(name, kubelet);
  }

  kubelet(name: string): FakeKubelet {
    const kubelet = this.#kubelets.get(name);
    if (kubelet === undefined) throw new Error(`no node ${name}`);
    return kubelet;
  }

  async killNode(node: string): Promise<void> {
    await this.kubelet(node).kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const kubelet of this.#kubelets.values()) {
      await kubelet.kill();
      kubelet.killContainers();
    }
    await this.api[Symbol.asyncDispose]();
    await this.#parts.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
