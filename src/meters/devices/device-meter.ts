import { setTimeout as sleep } from 'node:timers/promises';
import type { DeviceReadings, DeviceWindow, EnergyPart } from '../../core/device-window.ts';
import { systemFolders } from '../proc-file.ts';
import { readProcessTree } from '../process-tree.ts';
import {
  type DeviceMonitor,
  type MonitorOptions,
  type MonitorSink,
  startAmdMonitor,
  startNvidiaMonitor,
} from './device-monitor.ts';
import type { DeviceProcess, DeviceSample } from './device-sample.ts';
import { sortProcesses } from './foreign-processes.ts';
import { longestGapMs } from './integrate-power.ts';
import { deviceEnergy, summariseDevice } from './summarise-devices.ts';

export interface DeviceMeterOptions {
  /** Programs by tool; other ones in tests. */
  readonly nvidiaProgram?: string;
  readonly amdProgram?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly proc?: string;
  /** How long a tool may take to its first reading. */
  readonly firstReadingMs?: number;
  /** Without a window for so long the tools are stopped. */
  readonly idleMs?: number;
  /** Unix time in milliseconds. */
  readonly now?: () => number;
}

export interface DeviceFindings {
  /** Undefined where no tool is there. */
  readonly window: DeviceWindow | undefined;
  readonly energyParts: readonly EnergyPart[];
  readonly energyGaps: readonly string[];
}

/** Watches the GPUs of this machine with the vendors' tools. Where none is there, windows say nothing. */
export interface DeviceMeter extends AsyncDisposable {
  /** Starts the tools if they don't run, and waits for a first reading. */
  start(engineProcessIds: readonly number[]): Promise<{ stop(): Promise<DeviceFindings> }>;
}

const nothing: DeviceFindings = { window: undefined, energyParts: [], energyGaps: [] };
/** Readings kept from before a window, for its left edge. */
const keptMs = 10_000;
const pollMs = 20;

/** The tool that runs here, with what it has said so far. */
class Watch {
  readonly samples: DeviceSample[] = [];
  readonly processes: DeviceProcess[] = [];
  garbageLines = 0;
  monitor: DeviceMonitor | undefined;

  readonly sink: MonitorSink = {
    sample: (sample) => void this.samples.push(sample),
    process: (process) => void this.processes.push(process),
    garbage: () => {
      this.garbageLines += 1;
    },
  };

  dropBefore(atMs: number): void {
    const isOld = (each: { readonly atMs: number }): boolean => each.atMs < atMs;
    this.samples.splice(0, this.samples.length, ...this.samples.filter((each) => !isOld(each)));
    this.processes.splice(0, this.processes.length, ...this.processes.filter((each) => !isOld(each)));
  }
}

async function firstWorking(options: DeviceMeterOptions): Promise<Watch | undefined> {
  const { nvidiaProgram = 'nvidia-smi', amdProgram = 'amd-smi', firstReadingMs = 5_000, now = Date.now } = options;
  const { environment } = options;
  const tools: readonly [string, (options: MonitorOptions) => Promise<DeviceMonitor>][] = [
    [nvidiaProgram, startNvidiaMonitor],
    [amdProgram, startAmdMonitor],
  ];
  let silent: Watch | undefined;
  for (const [program, start] of tools) {
    const watch = new Watch();
    const monitor = await start({ program, sink: watch.sink, now, ...(environment !== undefined && { environment }) });
    watch.monitor = monitor;
    const endMs = now() + firstReadingMs;
    while (watch.samples.length === 0 && monitor.isRunning() && now() < endMs) await sleep(pollMs);
    if (watch.samples.length > 0) return watch;
    // A tool that is there but tells nothing is worth a word; one that isn't installed is not.
    if (monitor.isInstalled()) silent ??= watch;
    if (silent !== watch) await monitor.stop();
  }
  return silent;
}

function ownProcesses(roots: readonly number[], proc: string): ReadonlySet<number> {
  const tree = readProcessTree([...roots, process.pid], proc) ?? [];
  return new Set([...roots, process.pid, ...tree.map(({ pid }) => pid)]);
}

function describeGaps(watch: Watch, seen: readonly DeviceSample[], toMs: number): string[] {
  const { monitor, garbageLines } = watch;
  const gaps = [...(monitor?.problems() ?? [])];
  const last = watch.samples.at(-1);
  if (seen.length === 0) gaps.push(`${monitor?.tool ?? 'the tool'} gave no readings in the window`);
  else if (last !== undefined && toMs - last.atMs > longestGapMs) {
    gaps.push(`${monitor?.tool ?? 'the tool'} gave no readings for ${((toMs - last.atMs) / 1000).toFixed(1)} s`);
  }
  if (garbageLines > 0) gaps.push(`${garbageLines} lines of ${monitor?.tool ?? 'the tool'} could not be read`);
  return gaps;
}

function describeWindow(
  watch: Watch,
  own: ReadonlySet<number>,
  proc: string,
  [fromMs, toMs]: readonly [number, number],
): DeviceFindings {
  const seen = watch.samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  const processes = watch.processes.filter(({ atMs }) => atMs >= fromMs - keptMs && atMs <= toMs);
  const sorted = sortProcesses(processes, own, proc);
  const byDevice = Map.groupBy(watch.samples, ({ id }) => id);
  const canTell = sorted.ownDevices.size > 0;
  const devices: DeviceReadings[] = [];
  const energyParts: EnergyPart[] = [];
  const energyGaps: string[] = [];
  for (const [id, samples] of byDevice) {
    const isEngines = canTell ? sorted.ownDevices.has(id) : undefined;
    const inside = seen.filter((sample) => sample.id === id);
    const readings = summariseDevice(inside, isEngines);
    if (readings !== undefined) devices.push(readings);
    if (isEngines === false) continue;
    const energy = deviceEnergy(samples, fromMs, toMs);
    if (energy !== undefined && 'part' in energy) energyParts.push(energy.part);
    if (energy !== undefined && 'gap' in energy) energyGaps.push(energy.gap);
  }
  const gaps = describeGaps(watch, seen, toMs);
  if (sorted.gap !== undefined) gaps.push(sorted.gap);
  const tool = watch.monitor?.tool ?? 'none';
  return { window: { tool, devices, foreignProcesses: sorted.foreign, gaps }, energyParts, energyGaps };
}

export function createDeviceMeter(options: DeviceMeterOptions = {}): DeviceMeter {
  const { proc = systemFolders.proc, idleMs = 120_000, now = Date.now } = options;
  let starting: Promise<Watch | undefined> | undefined;
  let openWindows = 0;
  let idle: NodeJS.Timeout | undefined;

  async function stopAll(): Promise<void> {
    clearTimeout(idle);
    const watch = await starting;
    starting = undefined;
    await watch?.monitor?.stop();
  }

  return {
    async start(engineProcessIds) {
      clearTimeout(idle);
      openWindows += 1;
      let watch = await (starting ??= firstWorking(options));
      // A tool that died is started again for the next window.
      if (watch !== undefined && openWindows === 1 && watch.monitor?.isRunning() !== true) {
        await stopAll();
        watch = await (starting ??= firstWorking(options));
      }
      const fromMs = now();
      const before = ownProcesses(engineProcessIds, proc);
      if (openWindows === 1) watch?.dropBefore(fromMs - keptMs);
      return {
        async stop() {
          openWindows -= 1;
          idle = setTimeout(() => void stopAll(), idleMs);
          idle.unref();
          if (watch === undefined) return nothing;
          const own = new Set([...before, ...ownProcesses(engineProcessIds, proc)]);
          return describeWindow(watch, own, proc, [fromMs, now()]);
        },
      };
    },
    [Symbol.asyncDispose]: stopAll,
  };
}
