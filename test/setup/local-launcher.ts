import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { JobState, JobStatus, Launcher, LauncherName, WorkerOrder } from '../../src/core/cluster.ts';
import { LauncherError } from '../../src/core/errors.ts';

/** A worker that was started on this machine. */
export interface StartedWorker {
  readonly ended: Promise<Pick<JobStatus, 'state' | 'reason'>>;
  kill(signal: NodeJS.Signals): void;
  /** What it has written so far. */
  readonly log: () => string;
}

export type StartWorker = (order: WorkerOrder, index: number) => StartedWorker;

/** Starts workers as processes of a program with arguments. */
export function asProcesses(
  command: (order: WorkerOrder) => readonly [program: string, ...words: readonly string[]],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string | undefined>> } = {},
): StartWorker {
  return (order) => {
    const [program, ...words] = command(order);
    const child = spawn(program, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';
    child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
    return {
      ended: once(child, 'close').then(([code, signal]: unknown[]) => endOf(code as number | null, signal)),
      kill: (signal) => void child.kill(signal),
      log: () => log,
    };
  };
}

function endOf(code: number | null, signal: unknown): Pick<JobStatus, 'state' | 'reason'> {
  if (signal === 'SIGKILL') return { state: 'lost', reason: 'node failure' };
  return code === 0 ? { state: 'done', reason: undefined } : { state: 'failed', reason: `exit code ${code}` };
}

interface LocalWorker {
  readonly order: WorkerOrder;
  readonly index: number;
  readonly handle: string;
  state: JobState;
  reason: string | undefined;
  started: StartedWorker | undefined;
}

/** An engine that places workers on this machine: so many at once, the others wait. For tests. */
export class LocalLauncher implements Launcher, AsyncDisposable {
  readonly name: LauncherName;
  readonly #start: StartWorker;
  readonly #workers: LocalWorker[] = [];
  readonly #ids = new Map<string, string>();
  slots: number;
  isReachable = true;
  /** What a check, or a submission, is refused with. */
  refusal: string | undefined;
  /** Workers that were cancelled seem to run as long as it is set: an engine takes its time to end them. */
  isEnding = false;

  constructor(start: StartWorker, slots = Infinity, name: LauncherName = 'slurm') {
    this.name = name;
    this.#start = start;
    this.slots = slots;
  }

  get submitted(): readonly string[] {
    return [...this.#ids.keys()];
  }

  async check(): Promise<void> {
    this.#take();
  }

  async submit(order: WorkerOrder): Promise<string> {
    this.#take();
    const known = this.#ids.get(order.name);
    if (known !== undefined) return known;
    const id = String(100 + this.#ids.size);
    this.#ids.set(order.name, id);
    for (let index = 0; index < order.workers; index += 1) {
      const handle = `${id}_${index}`;
      this.#workers.push({ order, index, handle, state: 'pending', reason: 'Resources', started: undefined });
    }
    this.#fill();
    return id;
  }

  async list(runId: string): Promise<readonly JobStatus[]> {
    this.#answer();
    return this.#workers
      .filter(({ order }) => order.runId === runId)
      .map(({ order: { name }, handle, state, reason }) => {
        const seen = this.isEnding && state === 'cancelled' ? 'running' : state;
        return { name, handle, state: seen, reason, node: undefined };
      });
  }

  async cancel(names: readonly string[]): Promise<void> {
    this.#answer();
    for (const worker of this.#workers.filter(({ order }) => names.includes(order.name))) {
      const wasRunning = worker.state === 'running';
      if (!wasRunning && worker.state !== 'pending') continue;
      Object.assign(worker, { state: 'cancelled', reason: undefined });
      worker.started?.kill('SIGTERM');
      if (wasRunning) await worker.started?.ended;
    }
  }

  async tail({ handle }: Pick<JobStatus, 'handle'>): Promise<string | undefined> {
    return this.#workers.find((worker) => worker.handle === handle)?.started?.log();
  }

  print(orders: readonly WorkerOrder[]): string {
    return orders.map(({ name, words }) => `# ${name}\nperbench ${words.join(' ')}\n`).join('');
  }

  /** Handles of workers that run. */
  get running(): readonly string[] {
    return this.#workers.filter(({ state }) => state === 'running').map(({ handle }) => handle);
  }

  send(handle: string, signal: NodeJS.Signals): void {
    this.#workers.find((known) => known.handle === handle)?.started?.kill(signal);
  }

  /** Ends a worker as the death of its node does. */
  async kill(handle: string): Promise<void> {
    this.send(handle, 'SIGKILL');
    await this.#workers.find((known) => known.handle === handle)?.started?.ended;
  }

  /** Engines forget what has ended. */
  forgetEnded(): void {
    const left = this.#workers.filter(({ state }) => state === 'pending' || state === 'running');
    this.#workers.splice(0, this.#workers.length, ...left);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.slots = 0;
    for (const { started } of this.#workers) {
      started?.kill('SIGKILL');
      await started?.ended;
    }
  }

  #answer(): void {
    if (!this.isReachable) throw new LauncherError('the controller does not answer', { hint: 'Start it.' });
  }

  #take(): void {
    this.#answer();
    if (this.refusal !== undefined) throw new LauncherError(this.refusal, { isRefusal: true });
  }

  #fill(): void {
    for (const worker of this.#workers) {
      if (this.#workers.filter(({ state }) => state === 'running').length >= this.slots) return;
      if (worker.state !== 'pending') continue;
      Object.assign(worker, { state: 'running', reason: undefined });
      worker.started = this.#start(worker.order, worker.index);
      void worker.started.ended.then((end) => {
        if (worker.state === 'running') Object.assign(worker, end);
        this.#fill();
      });
    }
  }
}
