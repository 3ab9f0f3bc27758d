import { execFile } from 'node:child_process';
import { amdMetricWords, amdProcesses, amdSample, amdTimestampMs } from './amd-smi.ts';
import type { DeviceProcess, DeviceSample } from './device-sample.ts';
import { type LineProcess, startLineProcess } from './line-process.ts';
import { nvidiaFields, nvidiaProcess, nvidiaProcessFields, nvidiaSample, nvidiaTimestampMs } from './nvidia-smi.ts';
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
  /** Why no more readings come, or why processes aren't shown; empty while all is well. */
  problems(): readonly string[];
  stop(): Promise<void>;
}

export interface MonitorOptions {
  readonly program: string;
  readonly sink: MonitorSink;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Unix time in milliseconds. */
  readonly now?: () => number;
}

const nvidiaIntervalMs = 500;
const processIntervalMs = 2_000;
const helpTimeoutMs = 5_000;
/** A tool's own time is believed if it is at most so far from ours; it tells when, not when it was written out. */
const believedMs = 5_000;

function readingTime(toldMs: number | undefined, nowMs: number): number {
  return toldMs !== undefined && Math.abs(nowMs - toldMs) <= believedMs ? toldMs : nowMs;
}

/** Stdout of a short call, or undefined where it failed. */
async function ask(program: string, words: readonly string[], options: MonitorOptions): Promise<string | undefined> {
  return new Promise((resolve) => {
    const settings = {
      timeout: helpTimeoutMs,
      encoding: 'utf8' as const,
      killSignal: 'SIGKILL' as const,
      maxBuffer: 16 * 2 ** 20,
      ...(options.environment !== undefined && { env: options.environment }),
    };
    execFile(program, words, settings, (error, stdout) => resolve(error === null ? stdout : undefined));
  });
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

/** One long-lived `nvidia-smi` for readings, and one for the processes on the GPUs: it can't tell both at once. */
export async function startNvidiaMonitor(options: MonitorOptions): Promise<DeviceMonitor> {
  const { program, sink } = options;
  const fields = nvidiaFields(await ask(program, ['--help-query-gpu'], options));
  const query = [`--query-gpu=${fields.join(',')}`, '--format=csv', '-lms', String(nvidiaIntervalMs)];
  const readings = watchTable(options, query, 'timestamp', (row, nowMs) => {
    const sample = nvidiaSample(row, readingTime(nvidiaTimestampMs(row.get('timestamp')), nowMs));
    if (sample !== undefined) sink.sample(sample);
    return sample !== undefined;
  });
  const processQuery = `--query-compute-apps=${nvidiaProcessFields.join(',')}`;
  const processes = watchTable(
    options,
    [processQuery, '--format=csv', '-lms', String(processIntervalMs)],
    'timestamp',
    (row, nowMs) => {
      const found = nvidiaProcess(row, readingTime(nvidiaTimestampMs(row.get('timestamp')), nowMs));
      if (found !== undefined) sink.process(found);
      return found !== undefined;
    },
  );
  return {
    tool: 'nvidia-smi',
    isInstalled: () => readings.isInstalled,
    isRunning: () => readings.failure === undefined,
    problems: () => [
      ...(readings.failure === undefined ? [] : [readings.failure]),
      ...(processes.failure === undefined ? [] : [`processes on the GPUs aren't shown: ${processes.failure}`]),
    ],
    async stop() {
      await Promise.all([readings.stop(), processes.stop()]);
    },
  };
}

/** One long-lived `amd-smi metric`; processes are asked for now and then, since it has no way to watch them. */
export async function startAmdMonitor(options: MonitorOptions): Promise<DeviceMonitor> {
  const { program, sink, now = Date.now } = options;
  // Written by Python, which keeps back what it writes into a pipe.
  const environment = { ...options.environment, PYTHONUNBUFFERED: '1' };
  const readings = watchTable({ ...options, environment }, amdMetricWords, 'timestamp', (row, nowMs) => {
    const sample = amdSample(row, readingTime(amdTimestampMs(row.get('timestamp')), nowMs));
    if (sample !== undefined) sink.sample(sample);
    return sample !== undefined;
  });
  let processProblem: string | undefined;
  let isAsking = false;
  const askProcesses = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    const text = await ask(program, ['process', '--json'], options);
    const found = text === undefined ? undefined : amdProcesses(text, now());
    processProblem =
      found === undefined ? `processes on the GPUs aren't shown: ${program} process --json gave none` : undefined;
    for (const each of found ?? []) sink.process(each);
    isAsking = false;
  };
  await askProcesses();
  const timer = setInterval(() => void askProcesses(), 5 * processIntervalMs);
  timer.unref();
  return {
    tool: 'amd-smi',
    isInstalled: () => readings.isInstalled,
    isRunning: () => readings.failure === undefined,
    problems: () => [
      ...(readings.failure === undefined ? [] : [readings.failure]),
      ...(processProblem === undefined ? [] : [processProblem]),
    ],
    async stop() {
      clearInterval(timer);
      await readings.stop();
    },
  };
}
