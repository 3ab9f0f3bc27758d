import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiAccess, ApiClient } from './api-client.ts';
import { freePort } from './free-port.ts';

/** Built by scripts/try-kubernetes.ts. */
export interface ControlPlanePrograms {
  /** Kubernetes' own programs in one: control-plane/main.go. */
  readonly controlPlane: string;
  readonly etcd: string;
}

const tokens = { admin: 'admin-of-this-test', guest: 'guest-of-this-test' } as const;
const startLimitMs = 90_000;

/**
 * A control plane of Kubernetes on loopback: etcd, an API server with role-based access, and the controllers and the scheduler
 * that Jobs need, all of them the real programs. It has no nodes of its own.
 */
export class ControlPlane implements AsyncDisposable {
  readonly tls: { readonly key: string; readonly cert: string };
  readonly guestToken = tokens.guest;
  readonly #programs: ControlPlanePrograms;
  readonly #folder: string;
  readonly #processes = new Map<string, ChildProcess>();
  #port = 0;
  #etcdPort = 0;
  #ca = '';

  private constructor(programs: ControlPlanePrograms, folder: string) {
    this.#programs = programs;
    this.#folder = folder;
    const [key, cert] = [join(folder, 'kubelet.key'), join(folder, 'kubelet.crt')];
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '2',
      '-subj',
      '/CN=node',
    );
    openssl('genrsa', '-out', join(folder, 'accounts.key'), '2048');
    this.tls = {
      key: execFileSync('cat', [key], { encoding: 'utf8' }),
      cert: execFileSync('cat', [cert], { encoding: 'utf8' }),
    };
  }

  static async start(programs: ControlPlanePrograms): Promise<ControlPlane> {
    const plane = new ControlPlane(programs, await mkdtemp(join(tmpdir(), 'perbench-control-plane-')));
    try {
      await plane.#startAll();
      return plane;
    } catch (error) {
      await plane[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #startAll(): Promise<void> {
    const folder = this.#folder;
    [this.#port, this.#etcdPort] = [await freePort(), await freePort()];
    const [client, peer] = [`http://127.0.0.1:${this.#etcdPort}`, `http://127.0.0.1:${await freePort()}`];
    this.#spawn('etcd', this.#programs.etcd, [
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
    ]);
    await writeFile(
      join(folder, 'tokens.csv'),
      `${tokens.admin},admin,1,system:masters\n${tokens.guest},guest,2,guests\n`,
    );
    await mkdir(join(folder, 'certificates'));
    await this.startApiServer();
    await this.#startControllers();
  }

  /** Answers again on the same port after a restart. */
  async startApiServer(): Promise<void> {
    const folder = this.#folder;
    const key = join(folder, 'accounts.key');
    this.#spawn('kube-apiserver', this.#programs.controlPlane, [
      'kube-apiserver',
      `--etcd-servers=http://127.0.0.1:${this.#etcdPort}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${this.#port}`,
      `--cert-dir=${join(folder, 'certificates')}`,
      `--token-auth-file=${join(folder, 'tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${key}`,
      `--service-account-signing-key-file=${key}`,
      '--service-cluster-ip-range=10.96.0.0/24',
      '--disable-admission-plugins=ServiceAccount',
      '--endpoint-reconciler-type=none',
      '--kubelet-preferred-address-types=InternalIP',
    ]);
    await this.#ready();
  }

  async #ready(): Promise<void> {
    const end = performance.now() + startLimitMs;
    for (;;) {
      if (this.#processes.get('kube-apiserver')?.exitCode != null) break;
      try {
        this.#ca = await readFile(join(this.#folder, 'certificates', 'apiserver.crt'), 'utf8');
        await using api = new ApiClient(this.access);
        await api.ask('GET', '/readyz');
        return;
      } catch (error) {
        if (performance.now() > end) throw new Error(await this.log('kube-apiserver'), { cause: error });
        await sleep(200);
      }
    }
    throw new Error(`the API server has ended: ${await this.log('kube-apiserver')}`);
  }

  async #startControllers(): Promise<void> {
    const { server, token, ca } = this.access;
    const config = join(this.#folder, 'controllers.kubeconfig');
    const authority = Buffer.from(ca ?? '').toString('base64');
    await writeFile(
      config,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'own', cluster: { server, 'certificate-authority-data': authority } }],
        users: [{ name: 'own', user: { token } }],
        contexts: [{ name: 'own', context: { cluster: 'own', user: 'own' } }],
        'current-context': 'own',
      }),
    );
    const own = [`--kubeconfig=${config}`, '--leader-elect=false', '--bind-address=127.0.0.1', '--secure-port=0'];
    this.#spawn('kube-scheduler', this.#programs.controlPlane, ['kube-scheduler', ...own]);
    this.#spawn('kube-controller-manager', this.#programs.controlPlane, [
      'kube-controller-manager',
      ...own,
      '--controllers=job,nodelifecycle,taint-eviction-controller,podgc,garbagecollector,namespace,ttl-after-finished',
      '--node-monitor-period=1s',
      '--node-monitor-grace-period=6s',
      '--node-eviction-rate=10',
    ]);
  }

  #spawn(name: string, program: string, words: readonly string[]): void {
    const log = openSync(join(this.#folder, `${name}.log`), 'a');
    this.#processes.set(name, spawn(program, words, { stdio: ['ignore', log, log], cwd: this.#folder }));
    closeSync(log);
  }

  get access(): ApiAccess {
    return { server: `https://127.0.0.1:${this.#port}`, token: tokens.admin, ca: this.#ca };
  }

  /** The last lines of a program's log. */
  async log(name: string): Promise<string> {
    return (await readFile(join(this.#folder, `${name}.log`), 'utf8')).split('\n').slice(-15).join('\n');
  }

  async kill(name: string): Promise<void> {
    const child = this.#processes.get(name);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => {
      child.once('exit', resolve);
    });
    child.kill('SIGKILL');
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of Array.from(this.#processes.keys()).toReversed()) await this.kill(name);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function openssl(...words: readonly string[]): void {
  execFileSync('openssl', words, { stdio: 'ignore' });
}
