import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { askTool } from './gpu-tools.ts';
import { type DeviceProcess, type DeviceSample, createSmiTable, type SmiTool } from './smi-table.ts';

/** What a tool has said so far. */
export class ToolLog {
  readonly samples: DeviceSample[] = [];
  readonly processes: DeviceProcess[] = [];
  garbageLines = 0;

  dropBefore(sampleMs: number, processMs: number): void {
    this.samples.splice(0, this.samples.length, ...this.samples.filter(({ atMs }) => atMs >= sampleMs));
    // A process of before may have ended: it shares the GPU with nobody.
    this.processes.splice(0, this.processes.length, ...this.processes.filter(({ atMs }) => atMs >= processMs));
  }
}

/** A monitoring tool that runs for as long as it is needed. */
export interface DeviceMonitor {
  readonly tool: string;
  isInstalled(): boolean;
  /** Readings still come, as far as the tool's process tells. */
  isRunning(): boolean;
  /** Asks for the processes on the GPUs now, beside the times at which they are asked for anyway. */
  lookAtProcesses(): Promise<void>;
  /** Whether the tool listed processes when it was asked last, if only to say that there are none. */
  listsProcesses(): boolean;
  /** Why no more readings come, or why processes aren't shown; empty while all is well. */
  problems(): readonly string[];
  stop(): Promise<void>;
}

export interface MonitorOptions {
  readonly program: string;
  readonly log: ToolLog;
  /** Of the tool; without it, that of this process, and tools in Python tell late. */
  readonly environment: Readonly<Record<string, string | undefined>> | undefined;
  /** Unix time in milliseconds. */
  readonly now: () => number;
}

const processIntervalMs = 5_000;
/** A tool's own time is believed if it is at most so far from ours; it tells when, not when it was written out. */
const believedMs = 5_000;

function readingTime(toldMs: number | undefined, nowMs: number): number {
  return toldMs !== undefined && Math.abs(nowMs - toldMs) <= believedMs ? toldMs : nowMs;
}

interface ProcessPoll {
  problem(): string | undefined;
  look(): Promise<void>;
  stop(): void;
}

/** Asks for processes now and then, one call after the other. A watching one would stay silent, and behind, without any. */
function pollProcesses(
  listProcesses: (signal: AbortSignal) => Promise<readonly DeviceProcess[] | undefined>,
  { program, log }: MonitorOptions,
): ProcessPoll {
  let problem: string | undefined;
  let asking: Promise<void> | undefined;
  const stopped = new AbortController();
  const list = async (): Promise<void> => {
    const found = await listProcesses(stopped.signal);
    problem = found === undefined ? `processes on the GPUs are unknown: ${program} does not list them` : undefined;
    log.processes.push(...(found ?? []));
    asking = undefined;
  };
  asking = list();
  const timer = setInterval(() => void (asking ??= list()), processIntervalMs);
  timer.unref();
  return {
    problem: () => problem,
    async look() {
      // What is under way may have looked before this call.
      await asking;
      // A tool that hangs is asked by the timer alone: windows don't wait for it again and again.
      if (problem === undefined) await (asking ??= list());
    },
    stop() {
      clearInterval(timer);
      // A call that hangs must not stay behind.
      stopped.abort();
    },
  };
}

/** One long-lived process for readings; for processes the tool is asked now and then: it can't tell both at once. */
export async function startMonitor(tool: SmiTool, options: MonitorOptions): Promise<DeviceMonitor> {
  const { program, log, environment, now } = options;
  const ask = (words: readonly string[], signal?: AbortSignal): Promise<string | undefined> =>
    askTool(program, words, { environment, signal });
  const table = createSmiTable((names) => names[0] === 'timestamp');
  const readings = startLineProcess({
    program,
    words: await tool.watchWords(ask),
    environment: environment && { ...environment, ...tool.environment },
    onLine(line) {
      const row = table.read(line);
      if (row === undefined) return;
      const sample =
        row === 'garbage' ? undefined : tool.sample(row, readingTime(tool.timestampMs(row.get('timestamp')), now()));
      if (sample === undefined) log.garbageLines += 1;
      else log.samples.push(sample);
    },
  });
  const processes = pollProcesses(async (signal) => {
    const text = await ask(tool.processWords, signal);
    return text === undefined ? undefined : tool.processes(text, now());
  }, options);
  return {
    tool: tool.name,
    isInstalled: () => readings.isInstalled,
    isRunning: () => readings.failure === undefined,
    lookAtProcesses: () => processes.look(),
    listsProcesses: () => processes.problem() === undefined,
    problems: () => [readings.failure, processes.problem()].filter((problem) => problem !== undefined),
    async stop() {
      processes.stop();
      await readings.stop();
    },
  };
}

const keptErrorLines = 3;
/** A tool that writes on without ends of lines is cut here. */
const longestLine = 65_536;

interface LineProcessOptions {
  readonly program: string;
  readonly words: readonly string[];
  readonly onLine: (line: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>> | undefined;
}

/** A program that writes lines until it is stopped. It never keeps this process alive, and never outlives it by much. */
interface LineProcess {
  /** Why it writes no more: it couldn't be started, or has ended; undefined while it runs. */
  readonly failure: string | undefined;
  readonly isInstalled: boolean;
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
}

/** Starts the program with no shell in between. What is wrong with it is its `failure`, never an exception. */
function startLineProcess({ program, words, onLine, environment }: LineProcessOptions): LineProcess {
  let failure: string | undefined;
  let isInstalled = true;
  let rest = '';
  const errors: string[] = [];
  const child: ChildProcess = spawn(program, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment,
  });
  const closed = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      isInstalled = !('code' in error && error.code === 'ENOENT');
      failure ??= isInstalled ? `cannot start ${program}: ${error.message}` : `${program} is not installed`;
      resolve();
    });
    child.once('close', (code, signal) => {
      const how = signal === null ? `ended with code ${code}` : `was stopped by ${signal}`;
      failure ??= [`${program} ${how}`, ...errors].join(': ');
      resolve();
    });
  });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(-longestLine);
    for (const line of lines) onLine(line);
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = text.split('\n').map((line) => line.trim());
    errors.push(...lines.filter((line) => line !== ''));
    errors.splice(0, errors.length - keptErrorLines);
  });
  letGo(child);
  return {
    get failure() {
      return failure;
    },
    get isInstalled() {
      return isInstalled;
    },
    async stop() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return closed;
      child.ref();
      child.kill('SIGKILL');
      return closed;
    },
  };
}

function letGo(child: ChildProcess): void {
  child.unref();
  // Pipes of a child are sockets, which their type doesn't say.
  for (const stream of [child.stdout, child.stderr]) if (stream instanceof Socket) stream.unref();
}
