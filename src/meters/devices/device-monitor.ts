import { amdMetricWords, amdProcesses, amdSample, amdTimestampMs } from './amd-smi.ts';
import { askTool } from './ask-tool.ts';
import type { DeviceProcess, DeviceSample } from './device-sample.ts';
import { type LineProcess, startLineProcess } from './line-process.ts';
import { nvidiaFields, nvidiaProcesses, nvidiaProcessWords, nvidiaSample, nvidiaTimestampMs } from './nvidia-smi.ts';
import { createSmiTable, type SmiRow } from './smi-table.ts';

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
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Unix time in milliseconds. */
  readonly now?: () => number;
}

const nvidiaIntervalMs = 500;
const processIntervalMs = 5_000;
/** A tool's own time is believed if it is at most so far from ours; it tells when, not when it was written out. */
const believedMs = 5_000;

function readingTime(toldMs: number | undefined, nowMs: number): number {
  return toldMs !== undefined && Math.abs(nowMs - toldMs) <= believedMs ? toldMs : nowMs;
}

function watchTable(
  options: MonitorOptions,
  words: readonly string[],
  firstHeading: string,
  onRow: (row: SmiRow, nowMs: number) => boolean,
): LineProcess {
  const { program, sink, now = Date.now, environment } = options;
  const table = createSmiTable((names) => names[0] === firstHeading);
  return startLineProcess({
    program,
    words,
    ...(environment !== undefined && { environment }),
    onLine: (line) => {
      const row = table.read(line);
      if (row === undefined) return;
      if (row === 'garbage' || !onRow(row, now())) sink.garbage(line);
    },
  });
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

function createMonitor(tool: string, readings: LineProcess, processes: ProcessPoll): DeviceMonitor {
  return {
    tool,
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

/** One long-lived `nvidia-smi` for readings; processes are asked for: it can't tell both at once. */
export async function startNvidiaMonitor(options: MonitorOptions): Promise<DeviceMonitor> {
  const { program, sink, now = Date.now } = options;
  const fields = nvidiaFields(await askTool(program, ['--help-query-gpu'], { environment: options.environment }));
  const query = [`--query-gpu=${fields.join(',')}`, '--format=csv', '-lms', String(nvidiaIntervalMs)];
  const readings = watchTable(options, query, 'timestamp', (row, nowMs) => {
    const sample = nvidiaSample(row, readingTime(nvidiaTimestampMs(row.get('timestamp')), nowMs));
    if (sample !== undefined) sink.sample(sample);
    return sample !== undefined;
  });
  const processes = pollProcesses(async (signal) => {
    const text = await askTool(program, nvidiaProcessWords, { environment: options.environment, signal });
    return text === undefined ? undefined : nvidiaProcesses(text, now());
  }, options);
  return createMonitor('nvidia-smi', readings, processes);
}

/** One long-lived `amd-smi metric`; processes are asked for now and then, since it has no way to watch them. */
export async function startAmdMonitor(options: MonitorOptions): Promise<DeviceMonitor> {
  const { program, sink, now = Date.now } = options;
  // Written by Python, which keeps back what it writes into a pipe.
  const { environment } = options;
  const unbuffered = environment === undefined ? {} : { environment: { ...environment, PYTHONUNBUFFERED: '1' } };
  const readings = watchTable({ ...options, ...unbuffered }, amdMetricWords, 'timestamp', (row, nowMs) => {
    const sample = amdSample(row, readingTime(amdTimestampMs(row.get('timestamp')), nowMs));
    if (sample !== undefined) sink.sample(sample);
    return sample !== undefined;
  });
  const processes = pollProcesses(async (signal) => {
    const text = await askTool(program, ['process', '--json'], { environment: options.environment, signal });
    return text === undefined ? undefined : amdProcesses(text, now());
  }, options);
  return createMonitor('amd-smi', readings, processes);
}
