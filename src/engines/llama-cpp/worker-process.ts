import { fork, type ChildProcess } from 'node:child_process';
import { extname, join } from 'node:path';
import { EngineError } from '../../core/errors.ts';
import type { System } from '../../meters/systems/system.ts';
import { thisSystem } from '../../meters/systems/this-system.ts';
import { stderrTail } from './stderr-tail.ts';
import type { WorkerOrder, WorkerReport } from './worker-messages.ts';

const lessMemory =
  'Close other programs, or take a smaller model, quantisation, context or concurrency; then run perbench resume.';
const seeMore = 'Run perbench resume -v to see what the engine wrote last.';
const checkIntervalMs = 1000;
/** A process that computes, but reports nothing for so many times the limit, hangs too. */
const busyFactor = 10;

export interface WorkerProcessOptions {
  readonly modelName: string;
  readonly hangMs: number;
  /** Monotonic, in milliseconds: by it silence is measured. */
  readonly now: () => number;
  /** Tells whether a silent process computes; that of this machine when absent. */
  readonly system?: Pick<System, 'cpuMsOf'>;
  readonly onReport: (report: WorkerReport) => void;
  /** Called once, when the process has ended or was ended; not after `stop()`. */
  readonly onFailure: (error: EngineError) => void;
}

/** The process of one loaded model, in a process group of its own: whatever happens to it, this one lives on. */
export class WorkerProcess {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #options: WorkerProcessOptions;
  /** The last lines that the process wrote to stderr. */
  readonly #detail: () => string | undefined;
  readonly #closed: Promise<void>;
  readonly #watch: NodeJS.Timeout;
  /** Passes and questions that wait for the process. */
  #waiting = 0;
  #lastSignMs: number;
  #lastReportMs: number;
  #lastCpuMs: number | undefined;
  #failure: EngineError | undefined;
  #isStopping = false;

  /** @throws {EngineError} if the process can't be started */
  constructor(options: WorkerProcessOptions) {
    const entry = join(import.meta.dirname, `worker${extname(import.meta.filename)}`);
    const child = fork(entry, [], {
      detached: true,
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child = child;
    this.#options = options;
    this.#lastSignMs = options.now();
    this.#lastReportMs = this.#lastSignMs;
    if (child.pid === undefined) {
      child.once('error', () => undefined);
      throw new EngineError(`${options.modelName}: the engine's process can't be started`);
    }
    this.pid = child.pid;
    this.#closed = new Promise((resolve) => child.once('close', () => resolve()));
    this.#detail = stderrTail(child);
    child.on('message', (report: WorkerReport) => this.#hear(report));
    child.on('error', (error) => this.#fail(`the engine's process failed: ${error.message}`, seeMore));
    child.on('close', (code, signal) => {
      const how = signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
      const why = signal === 'SIGKILL' ? ' (out of memory, or killed by hand)' : '';
      this.#fail(`the engine's process ${how}${why}`, signal === 'SIGKILL' ? lessMemory : seeMore);
    });
    this.#watch = setInterval(() => this.#checkProgress(), Math.min(checkIntervalMs, options.hangMs / 4));
    this.#watch.unref();
    this.#letGo();
  }

  /** From now on silence counts as a hang, until `rest()` has been called as often. */
  work(): void {
    this.#waiting += 1;
    this.#lastSignMs = this.#options.now();
    this.#lastReportMs = this.#lastSignMs;
    this.#child.ref();
    this.#child.channel?.ref();
  }

  /** Whoever called `work()` waits no longer: where nobody does, the process may be silent. */
  rest(): void {
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#letGo();
  }

  /** Alone the process doesn't keep the caller running; a pass that waits for results does. */
  #letGo(): void {
    this.#child.unref();
    this.#child.channel?.unref();
  }

  send(order: WorkerOrder): void {
    // A process that has ended fails the pass by its `close` event.
    if (this.#child.connected) this.#child.send(order, () => undefined);
  }

  /** Ends the process and waits until it is gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#watch);
    this.#killGroup();
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.ref();
    await this.#closed;
  }

  #hear(report: WorkerReport): void {
    this.#lastSignMs = this.#options.now();
    this.#lastReportMs = this.#lastSignMs;
    this.#options.onReport(report);
  }

  #checkProgress(): void {
    const { hangMs, system = thisSystem } = this.#options;
    const nowMs = this.#options.now();
    const cpuMs = system.cpuMsOf(this.pid);
    // One long decode of a large model gives no message, but it takes CPU time. Where that isn't told, it may have.
    if (cpuMs === undefined || cpuMs !== this.#lastCpuMs) this.#lastSignMs = nowMs;
    this.#lastCpuMs = cpuMs;
    if (this.#waiting === 0) return;
    if (nowMs - this.#lastSignMs < hangMs && nowMs - this.#lastReportMs < hangMs * busyFactor) return;
    const silentMs = Math.round(nowMs - this.#lastReportMs);
    const hint = 'Raise hangSeconds if the model is that slow; -v shows what the engine wrote last.';
    this.#fail(`the engine's process hung: no progress for ${silentMs} ms, it was killed`, hint);
    this.#killGroup();
  }

  #fail(what: string, hint: string): void {
    if (this.#failure !== undefined || this.#isStopping) return;
    clearInterval(this.#watch);
    this.#failure = new EngineError(`${this.#options.modelName}: ${what}`, { hint, detail: this.#detail() });
    this.#options.onFailure(this.#failure);
  }

  #killGroup(): void {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch (error) {
      // It may have ended between the check and the signal; elsewhere than on POSIX there are no groups.
      if (!(error instanceof Error && 'code' in error)) throw error;
      this.#child.kill('SIGKILL');
    }
  }
}
