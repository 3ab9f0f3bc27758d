import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, ApiRefusal, type PodJson } from './api-client.ts';
import { expanded, FakeContainer } from './fake-container.ts';

export interface KubeletOptions {
  readonly api: ApiClient;
  readonly name: string;
  readonly gpus: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** What images are: the command that each starts. */
  readonly images: Readonly<Record<string, readonly string[]>>;
  /** What containers find in their environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** An API server asks a kubelet for logs by TLS alone. */
  readonly tls: { readonly key: string; readonly cert: string } | undefined;
}

/** Why a container can't start yet, as a kubelet says it. */
class Waiting extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

const roundMs = 200;
const roundsPerStatus = 5;
const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

/**
 * A node of a cluster, played by this process: registers itself with GPUs, renews its lease, runs the Pods that are bound
 * to it as local processes, reports their states, serves their logs, and may die. It isolates nothing.
 */
export class FakeKubelet implements AsyncDisposable {
  readonly name: string;
  readonly #options: KubeletOptions;
  readonly #containers = new Map<string, FakeContainer>();
  readonly #waiting = new Map<string, string>();
  readonly #server: Server;
  #isAlive = true;
  #count = 0;
  #rounds: Promise<void> = Promise.resolve();

  private constructor(options: KubeletOptions) {
    this.name = options.name;
    this.#options = options;
    const { tls } = options;
    this.#server = tls === undefined ? createServer() : createTlsServer(tls);
    this.#server.on('request', ({ url = '' }, response) => {
      const { pathname, searchParams } = new URL(url, 'http://node');
      const log = this.#logs.get(pathname.split('/')[3] ?? '')?.log;
      if (log === undefined) return response.writeHead(404).end();
      const lines = log.split('\n').slice(-Number(searchParams.get('tailLines') ?? 1e6) - 1);
      response.end(lines.join('\n'));
    });
  }

  /** By the names of Pods. */
  readonly #logs = new Map<string, FakeContainer>();

  static async start(options: KubeletOptions): Promise<FakeKubelet> {
    const kubelet = new FakeKubelet(options);
    await new Promise<void>((resolve) => {
      kubelet.#server.listen(0, '127.0.0.1', resolve);
    });
    await kubelet.#register();
    kubelet.#rounds = kubelet.#loop();
    return kubelet;
  }

  async #register(): Promise<void> {
    const { api, name, gpus, labels } = this.#options;
    await api.askUnless(409, 'POST', '/api/v1/nodes', {
      metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    });
    const room = { cpu: '16', memory: '64Gi', pods: '110', ...(gpus > 0 && { 'nvidia.com/gpu': String(gpus) }) };
    const pressures = ['MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => condition(type, false));
    await api.ask('PATCH', `/api/v1/nodes/${name}/status`, {
      status: {
        capacity: room,
        allocatable: room,
        conditions: [condition('Ready', true), ...pressures],
        addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
        daemonEndpoints: { kubeletEndpoint: { Port: (this.#server.address() as AddressInfo).port } },
      },
    });
    await api.askUnless(409, 'POST', leases, {
      metadata: { name },
      spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime: microTime() },
    });
  }

  async #loop(): Promise<void> {
    while (this.#isAlive) {
      try {
        await this.#round();
      } catch (error) {
        // The API server may restart, and Pods may go between two questions.
        if (!isPassing(error)) throw error;
      }
      await sleep(roundMs);
    }
  }

  async #round(): Promise<void> {
    const { api, name } = this.#options;
    await api.ask('PATCH', `${leases}/${name}`, { spec: { renewTime: microTime() } });
    // It may have been called unknown while the API server was away.
    if (this.#count % roundsPerStatus === 0)
      await api.ask('PATCH', `/api/v1/nodes/${name}/status`, { status: { conditions: [condition('Ready', true)] } });
    this.#count += 1;
    const pods = await api.pods(`fieldSelector=spec.nodeName%3D${name}`);
    for (const pod of pods) if (this.#isAlive) await this.#look(pod);
    const there = new Set(pods.map(({ metadata }) => metadata.uid));
    for (const [uid, container] of this.#containers) if (!there.has(uid)) container.signal('SIGKILL');
  }

  async #look(pod: PodJson): Promise<void> {
    const { uid, deletionTimestamp, deletionGracePeriodSeconds = 30 } = pod.metadata;
    const isOver = pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
    const isEnding = deletionTimestamp !== undefined;
    const container = this.#containers.get(uid);
    if (container === undefined) {
      if (pod.status.phase === 'Pending' && !isEnding) return this.#start(pod);
      // It was of a kubelet before this one.
      if (!isOver)
        await this.#report(pod, 'Failed', { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown' } });
      return isEnding ? this.#remove(pod) : undefined;
    }
    if (isEnding) container.end(deletionGracePeriodSeconds);
    await this.#follow(pod, container);
    if (isEnding && container.reported === 'ended') await this.#remove(pod);
  }

  async #start(pod: PodJson): Promise<void> {
    const [spec] = pod.spec.containers;
    try {
      const command = this.#options.images[spec.image];
      if (command === undefined) throw new Waiting('ImagePullBackOff', `Back-off pulling image "${spec.image}"`);
      const environment = { ...this.#options.environment, ...(await this.#variables(pod)) };
      const words = (spec.args ?? []).map((word) => expanded(word, environment));
      const devices = this.#freeDevices(Number(spec.resources?.limits?.['nvidia.com/gpu'] ?? 0));
      const container = new FakeContainer([...command, ...words], environment, devices);
      this.#containers.set(pod.metadata.uid, container);
      this.#logs.set(pod.metadata.name, container);
      await this.#follow(pod, container);
    } catch (error) {
      if (!(error instanceof Waiting)) throw error;
      if (this.#waiting.get(pod.metadata.uid) === error.reason) return;
      this.#waiting.set(pod.metadata.uid, error.reason);
      await this.#report(pod, 'Pending', { waiting: { reason: error.reason, message: error.message } });
    }
  }

  #freeDevices(count: number): readonly number[] {
    const running = Array.from(this.#containers.values()).filter(({ exitCode }) => exitCode === undefined);
    const taken = new Set(running.flatMap(({ devices }) => devices));
    return Array.from({ length: this.#options.gpus }, (_, device) => device)
      .filter((device) => !taken.has(device))
      .slice(0, count);
  }

  async #variables({ metadata, spec }: PodJson): Promise<Readonly<Record<string, string>>> {
    const [{ env = [], envFrom = [] }] = spec.containers;
    const variables: Record<string, string> = {};
    for (const { secretRef } of envFrom)
      Object.assign(variables, await this.#secret(metadata.namespace, secretRef.name));
    for (const { name, value, valueFrom } of env) {
      const path = valueFrom?.fieldRef.fieldPath ?? '';
      const key = /^metadata\.(?:labels|annotations)\['(.+)'\]$/u.exec(path)?.[1] ?? '';
      const node = path === 'spec.nodeName' ? spec.nodeName : undefined;
      variables[name] = value ?? node ?? metadata.annotations?.[key] ?? metadata.labels?.[key] ?? '';
    }
    return variables;
  }

  async #secret(namespace: string, name: string): Promise<Readonly<Record<string, string>>> {
    try {
      const read = await this.#options.api.ask('GET', `/api/v1/namespaces/${namespace}/secrets/${name}`);
      const { data = {} } = read as { readonly data?: Readonly<Record<string, string>> };
      return Object.fromEntries(
        Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
      );
    } catch (error) {
      if (!(error instanceof ApiRefusal) || error.code !== 404) throw error;
      throw new Waiting('CreateContainerConfigError', `secret "${name}" not found`);
    }
  }

  /** Tells the API server what has become of a container since. */
  async #follow(pod: PodJson, container: FakeContainer): Promise<void> {
    const { startedAt } = container;
    if (container.reported === 'nothing') {
      await this.#report(pod, 'Running', { running: { startedAt } });
      container.reported = 'running';
    }
    const { exitCode } = container;
    if (exitCode === undefined || container.reported === 'ended') return;
    const ended = {
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
      startedAt,
      finishedAt: new Date().toISOString(),
    };
    await this.#report(pod, exitCode === 0 ? 'Succeeded' : 'Failed', { terminated: ended });
    container.reported = 'ended';
  }

  async #report({ metadata, spec }: PodJson, phase: string, state: object): Promise<void> {
    const [{ name, image }] = spec.containers;
    const isRunning = phase === 'Running';
    await this.#options.api.ask('PATCH', `${podPath(metadata)}/status`, {
      status: {
        phase,
        conditions: [condition('Ready', isRunning)],
        containerStatuses: [{ name, image, imageID: '', ready: isRunning, restartCount: 0, state }],
      },
    });
  }

  async #remove({ metadata }: PodJson): Promise<void> {
    await this.#options.api.askUnless(404, 'DELETE', `${podPath(metadata)}?gracePeriodSeconds=0`);
  }

  /** Dies as by a power cut; or, with `areOrphans`, as a node that the network has lost: its processes live on. */
  async kill({ areOrphans = false }: { readonly areOrphans?: boolean } = {}): Promise<void> {
    this.#isAlive = false;
    this.#server.closeAllConnections();
    this.#server.close();
    if (!areOrphans) this.killContainers();
    await this.#rounds;
  }

  killContainers(): void {
    for (const container of this.#containers.values()) container.signal('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

function podPath({ namespace, name }: PodJson['metadata']): string {
  return `/api/v1/namespaces/${namespace}/pods/${name}`;
}

function condition(type: string, isSo: boolean): object {
  const now = new Date().toISOString();
  return { type, status: isSo ? 'True' : 'False', lastTransitionTime: now };
}

/** Leases have microseconds. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}

function isPassing(error: unknown): boolean {
  if (error instanceof ApiRefusal) return [404, 409, 429, 500, 503].includes(error.code);
  return error instanceof Error && 'code' in error && /^(?:ECONN|UND_ERR)/u.test(String(error.code));
}
