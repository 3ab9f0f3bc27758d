import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a node of a simulated cluster has; Ray's names for resources. */
export interface SimulatedNode {
  readonly address: string;
  readonly resources: Readonly<Record<string, number>>;
}

interface Request {
  readonly submission_id: string;
  readonly entrypoint: string;
  readonly entrypoint_num_cpus?: number;
  readonly entrypoint_num_gpus?: number;
  readonly entrypoint_memory?: number;
  readonly entrypoint_resources?: Readonly<Record<string, number>>;
  readonly entrypoint_label_selector?: Readonly<Record<string, string>>;
  readonly runtime_env?: { readonly env_vars?: Readonly<Record<string, string>> };
  readonly metadata?: Readonly<Record<string, string>>;
}

interface Job {
  readonly request: Request;
  status: 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'STOPPED';
  message: string;
  errorType: string | null;
  exitCode: number | null;
  node: SimulatedNode | undefined;
  child: ChildProcess | undefined;
  log: string;
  isStopAsked: boolean;
}

const knownFields: ReadonlySet<string> = new Set([
  'entrypoint',
  'submission_id',
  'job_id',
  'runtime_env',
  'metadata',
  'entrypoint_num_cpus',
  'entrypoint_num_gpus',
  'entrypoint_memory',
  'entrypoint_resources',
]);

const traceback = (...lines: readonly string[]): string =>
  ['Traceback (most recent call last):', '  File "job_head.py", line 1, in submit_job', ...lines].join('\n');

type Answer = readonly [statusCode: number, body: unknown];

/**
 * Ray's head and nodes as far as perbench sees them, in this process: answers as Ray 2.60 was seen to, runs entrypoints as
 * real processes, takes its time with nothing.
 *
 * What it does as Ray does, though nobody would ask for it: what `fetch` sends is refused; a second job of a name is a 500;
 * an unknown field is a 400 with a traceback; a job that is stopped while it waits stays there, is started when there is
 * room, and ended at once; the worker of a node that died lives on, and its log is gone.
 */
export class SimulatedRay implements AsyncDisposable {
  /** How Ray's control store fails: requests are taken and never answered. */
  isHanging = false;
  /** What clients must say; undefined where anybody may ask. */
  token: string | undefined;
  /** Of jobs that are submitted: Ray of before label selectors doesn't know the field. */
  knowsLabels = true;
  /** Whether an answer to a submission is lost on its way. */
  losesSubmission = false;
  readonly #jobs = new Map<string, Job>();
  #nodes: readonly SimulatedNode[];
  readonly #environment: Readonly<Record<string, string>>;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  /** Processes of nodes that died. */
  readonly #orphans = new Set<ChildProcess>();

  private constructor(nodes: readonly SimulatedNode[], environment: Readonly<Record<string, string>>) {
    this.#nodes = nodes;
    this.#environment = environment;
  }

  /** @param environment that nodes give to what they start */
  static async start(
    nodes: readonly SimulatedNode[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<SimulatedRay> {
    const ray = new SimulatedRay(nodes, environment);
    ray.#server.listen(0, '127.0.0.1');
    await once(ray.#server, 'listening');
    return ray;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Bodies of all jobs. */
  get submitted(): readonly unknown[] {
    return Array.from(this.#jobs.values(), ({ request }) => request);
  }

  /** Waits until no job waits or runs. */
  async allEnded(): Promise<void> {
    while (Array.from(this.#jobs.values()).some(({ status }) => status === 'PENDING' || status === 'RUNNING'))
      await sleep(20);
  }

  addNode(node: SimulatedNode): void {
    this.#nodes = [...this.#nodes, node];
    this.#schedule();
  }

  /** As `kill -9` of its raylet. */
  killNode(address: string): void {
    this.#nodes = this.#nodes.filter((node) => node.address !== address);
    for (const job of this.#jobs.values()) {
      if (job.node?.address !== address || job.status !== 'RUNNING') continue;
      if (job.child !== undefined) this.#orphans.add(job.child);
      job.child = undefined;
      job.status = 'FAILED';
      job.errorType = 'JOB_SUPERVISOR_ACTOR_DIED';
      job.message = [
        'Job supervisor actor died: The actor died unexpectedly before finishing this task.',
        '\tclass_name: JobSupervisor',
        'The actor is dead because its node has died. Node Id: 00',
      ].join('\n');
    }
  }

  /** As Ray does with what has waited for 15 minutes. */
  giveUpWaiting(): void {
    for (const job of this.#jobs.values()) {
      if (job.status !== 'PENDING') continue;
      job.status = 'FAILED';
      job.errorType = 'JOB_SUPERVISOR_ACTOR_START_TIMEOUT';
      job.message = 'Job supervisor actor failed to start within 900.0 seconds. This timeout can be configured.';
    }
  }

  /** Ends the head; nobody answers any more. */
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child } of this.#jobs.values()) killGroup(child, 'SIGKILL');
    for (const child of this.#orphans) killGroup(child, 'SIGKILL');
    await this.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    if (this.isHanging) return;
    const [statusCode, answer] = this.#answer(request, body);
    if (this.losesSubmission && request.method === 'POST') return;
    response.statusCode = statusCode;
    response.setHeader('content-type', typeof answer === 'string' ? 'text/plain' : 'application/json');
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  }

  #answer({ method = 'GET', url = '/', headers }: IncomingMessage, body: string): Answer {
    if (method !== 'GET' && headers['sec-fetch-mode'] !== undefined)
      return [405, `'${method}' method not allowed for browser traffic.`];
    if (this.token !== undefined && headers.authorization !== `Bearer ${this.token}`) {
      const isMissing = headers.authorization === undefined;
      return isMissing
        ? [401, 'Unauthorized: Missing authentication token']
        : [403, 'Forbidden: Invalid authentication token'];
    }
    const path = url.replace(/\?.*/, '');
    if (path === '/api/version') return [200, { version: '4', ray_version: '2.60.0', ray_commit: '0' }];
    if (path === '/api/v0/nodes') return [200, this.#nodeList()];
    if (path === '/api/jobs/') return method === 'POST' ? this.#submit(body) : [200, this.#list()];
    const [, id = '', rest = ''] = /^\/api\/jobs\/([^/]+)(.*)$/.exec(path) ?? [];
    const job = this.#jobs.get(decodeURIComponent(id));
    if (job === undefined) return [404, id === '' ? '404: Not Found' : `Job ${id} does not exist`];
    if (rest === '/stop') return this.#stop(job);
    return rest === '/logs' ? this.#logs(job) : [200, details(job)];
  }

  #nodeList(): unknown {
    const result = this.#nodes.map(({ address, resources }) => ({
      node_ip: address,
      state: 'ALIVE',
      resources_total: { ...resources, [`node:${address}`]: 1 },
    }));
    return { result: true, msg: '', data: { result: { total: result.length, result } } };
  }

  #list(): readonly unknown[] {
    // A cluster has other people's jobs and drivers too.
    const driver = { type: 'DRIVER', job_id: '01000000', submission_id: null, status: 'RUNNING', metadata: {} };
    return [...Array.from(this.#jobs.values(), details), driver];
  }

  #submit(body: string): Answer {
    const request = JSON.parse(body) as Request;
    const unknown = Object.keys(request).find(
      (field) => !knownFields.has(field) && !(this.knowsLabels && field === 'entrypoint_label_selector'),
    );
    if (unknown !== undefined)
      return [
        400,
        traceback(`TypeError: JobSubmitRequest.__init__() got an unexpected keyword argument '${unknown}'`, ''),
      ];
    for (const field of ['entrypoint_num_cpus', 'entrypoint_num_gpus', 'entrypoint_memory'] as const) {
      const value: unknown = request[field] ?? 0;
      if (typeof value !== 'number')
        return [400, traceback(`TypeError: ${field} must be a number, got ${typeof value}`, '')];
    }
    const { submission_id: id } = request;
    if (this.#jobs.has(id)) {
      const said = `ValueError: Job with submission_id ${id} already exists. Please use a different submission_id.`;
      return [500, traceback('RuntimeError: Request failed with status code 400: Traceback:', said, '.')];
    }
    const message =
      'Job has not started yet. It may be waiting for resources (CPUs, GPUs, memory, custom resources) to become available.';
    const job: Job = {
      request,
      status: 'PENDING',
      message,
      errorType: null,
      exitCode: null,
      node: undefined,
      child: undefined,
      log: '',
      isStopAsked: false,
    };
    this.#jobs.set(id, job);
    this.#schedule();
    return [200, { job_id: id, submission_id: id }];
  }

  #schedule(): void {
    for (const job of this.#jobs.values()) {
      if (job.status !== 'PENDING') continue;
      const asked = askedOf(job);
      const node = this.#nodes.find((each) =>
        Object.entries(asked).every(
          ([name, amount]) => (each.resources[name] ?? 0) - this.#used(each, name) >= amount - 1e-9,
        ),
      );
      if (node !== undefined) this.#start(job, node);
    }
  }

  #used(node: SimulatedNode, resource: string): number {
    const running = Array.from(this.#jobs.values()).filter((job) => job.node === node && job.status === 'RUNNING');
    return running.reduce((sum, job) => sum + (askedOf(job)[resource] ?? 0), 0);
  }

  #start(job: Job, node: SimulatedNode): void {
    const { submission_id: id, entrypoint, runtime_env: runtime, entrypoint_num_gpus: gpus = 0 } = job.request;
    const devices = Array.from({ length: gpus }, (_, index) => index).join(',');
    const environment = { ...runtime?.env_vars, OMP_NUM_THREADS: '1', CUDA_VISIBLE_DEVICES: devices };
    Object.assign(job, { status: 'RUNNING', message: 'Job is currently running.', node });
    job.log = `INFO job_manager.py -- Runtime env is setting up.\nRunning entrypoint for job ${id}: ${entrypoint}\n`;
    const child = spawn('/bin/sh', ['-c', entrypoint], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], ...this.#environment, ...environment },
    });
    job.child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (job.log += chunk.toString()));
    child.once('close', (code) => {
      if (job.child === child) this.#end(job, code);
    });
    if (job.isStopAsked) this.#terminate(job);
  }

  #end(job: Job, code: number | null): void {
    job.child = undefined;
    if (job.isStopAsked) Object.assign(job, { status: 'STOPPED', message: 'Job was intentionally stopped.' });
    else if (code === 0)
      Object.assign(job, { status: 'SUCCEEDED', message: 'Job finished successfully.', exitCode: 0 });
    else {
      const message = `Job entrypoint command failed with exit code ${code}, last available logs (truncated to 20,000 chars):\n${job.log}`;
      Object.assign(job, { status: 'FAILED', message, exitCode: code, errorType: 'JOB_ENTRYPOINT_COMMAND_ERROR' });
    }
    this.#schedule();
  }

  #stop(job: Job): Answer {
    job.isStopAsked = true;
    this.#terminate(job);
    return [200, { stopped: job.status === 'PENDING' || job.status === 'RUNNING' }];
  }

  #terminate({ child, request }: Job): void {
    const waitMs = Number(request.runtime_env?.env_vars?.['RAY_JOB_STOP_WAIT_TIME_S'] ?? 3) * 1000;
    killGroup(child, 'SIGTERM');
    setTimeout(() => killGroup(child, 'SIGKILL'), waitMs).unref();
  }

  #logs(job: Job): Answer {
    const isGone = job.node !== undefined && !this.#nodes.includes(job.node);
    return isGone
      ? [500, traceback('aiohttp.client_exceptions.ClientConnectorError: Cannot connect to host', '')]
      : [200, { logs: job.log }];
  }
}

function askedOf({ request }: Job): Readonly<Record<string, number>> {
  return {
    CPU: request.entrypoint_num_cpus ?? 0,
    GPU: request.entrypoint_num_gpus ?? 0,
    memory: request.entrypoint_memory ?? 0,
    ...request.entrypoint_resources,
  };
}

function details({ request, status, message, errorType, exitCode, node }: Job): unknown {
  return {
    type: 'SUBMISSION',
    job_id: null,
    submission_id: request.submission_id,
    driver_info: null,
    status,
    entrypoint: request.entrypoint,
    message,
    error_type: errorType,
    start_time: 0,
    end_time: null,
    metadata: request.metadata ?? null,
    runtime_env: request.runtime_env ?? null,
    driver_agent_http_address: node === undefined ? null : `http://${node.address}:52365`,
    driver_node_id: node === undefined ? null : '00',
    driver_exit_code: exitCode,
  };
}

function killGroup(child: ChildProcess | undefined, signal: NodeJS.Signals): void {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  process.kill(-child.pid, signal);
}
