import { askTool } from './ask-tool.ts';
import type { DeviceProcess, DeviceSample } from './device-sample.ts';
import { startLineProcess } from './line-process.ts';
import { createSmiTable, type SmiTool } from './smi-table.ts';

/** Where a monitor puts what its tool says. */
export interface MonitorSink {
  sample(sample: DeviceSample): void;
  process(process: DeviceProcess): void;
  garbage(line: string): void;
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
  readonly sink: MonitorSink;
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
  { program, sink }: MonitorOptions,
): ProcessPoll {
  let problem: string | undefined;
  let asking: Promise<void> | undefined;
  const stopped = new AbortController();
  const list = async (): Promise<void> => {
    const found = await listProcesses(stopped.signal);
    problem = found === undefined ? `processes on the GPUs aren't shown: ${program} doesn't list them` : undefined;
    for (const each of found ?? []) sink.process(each);
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
  const { program, sink, environment, now } = options;
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
      if (sample === undefined) sink.garbage(line);
      else sink.sample(sample);
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
