import { setTimeout as sleep } from 'node:timers/promises';
import type { DeviceReadings, DeviceWindow, EnergyPart, WatchedEngine } from '../../core/meter.ts';
import { readProcessTree } from '../processes.ts';
import type { System } from '../systems/system.ts';
import { thisSystem } from '../systems/this-system.ts';
import { type DeviceMonitor, startMonitor, ToolLog } from './device-monitor.ts';
import { gpuTools, type GpuPrograms } from './gpu-tools.ts';
import type { DeviceSample } from './smi-table.ts';
import {
  type SortedProcesses,
  sortProcesses,
  longestGapMs,
  enginesEnergy,
  summariseDevice,
} from './summarise-devices.ts';

export interface DeviceMeterOptions extends GpuPrograms {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly system?: System;
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
  start(engine: WatchedEngine): Promise<{ stop(): Promise<DeviceFindings> }>;
}

const nothing: DeviceFindings = { window: undefined, energyParts: [], energyGaps: [] };
/** Readings kept from before a window, for its left edge. */
const keptMs = 10_000;
const pollMs = 20;

/** The tool that runs here. */
interface Watch {
  readonly monitor: DeviceMonitor;
  readonly log: ToolLog;
}

async function firstWorking(options: DeviceMeterOptions): Promise<Watch | undefined> {
  const { firstReadingMs = 5_000, now = Date.now, environment } = options;
  let silent: Watch | undefined;
  for (const [tool, program] of gpuTools(options)) {
    const log = new ToolLog();
    const monitor = await startMonitor(tool, { program, log, now, environment });
    const endMs = now() + firstReadingMs;
    while (log.samples.length === 0 && monitor.isRunning() && now() < endMs) await sleep(pollMs);
    if (log.samples.length > 0) return { monitor, log };
    // A tool that is there but tells nothing is worth a word; one that isn't installed is not.
    if (monitor.isInstalled() && silent === undefined) silent = { monitor, log };
    else await monitor.stop();
  }
  return silent;
}

function isSilent({ monitor, log }: Watch, nowMs: number): boolean {
  return !monitor.isRunning() || nowMs - (log.samples.at(-1)?.atMs ?? 0) > longestGapMs;
}

function ownProcesses(roots: readonly number[], system: System): ReadonlySet<number> {
  const tree = readProcessTree([...roots, process.pid], system) ?? [];
  return new Set([...roots, process.pid, ...tree.map(({ pid }) => pid)]);
}

function describeGaps({ monitor, log }: Watch, seen: readonly DeviceSample[], toMs: number): string[] {
  const gaps = [...monitor.problems()];
  const last = log.samples.at(-1);
  if (seen.length === 0) gaps.push(`${monitor.tool} gave no readings in the window`);
  else if (last !== undefined && toMs - last.atMs > longestGapMs) {
    gaps.push(`${monitor.tool} gave no readings for ${((toMs - last.atMs) / 1000).toFixed(1)} s`);
  }
  if (log.garbageLines > 0) gaps.push(`${log.garbageLines} lines of ${monitor.tool} were not recognized`);
  return gaps;
}

/** Tells which GPUs are the engine's: by what it says, else by where its processes were seen. */
function tellEngines(
  { gpus }: WatchedEngine,
  { ownDevices, seen, gap }: SortedProcesses,
  areListed: boolean,
): (sample: DeviceSample) => boolean | undefined {
  return ({ id, index }) => {
    if (gpus === 'all') return true;
    if (gpus !== undefined) return gpus.some((gpu) => gpu === index || (gpu.startsWith('GPU-') && id.startsWith(gpu)));
    if (ownDevices.size > 0) return ownDevices.has(id);
    // Processes are shown, all of this namespace, and none of them is the engine's.
    return areListed && seen > 0 && gap === undefined ? false : undefined;
  };
}

function describeWindow(
  watch: Watch,
  engine: WatchedEngine,
  sorted: SortedProcesses,
  [fromMs, toMs]: readonly [number, number],
): DeviceFindings {
  const { monitor, log } = watch;
  const seen = log.samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  const isEnginesOf = tellEngines(engine, sorted, monitor.listsProcesses());
  const devices: DeviceReadings[] = [];
  const mayBeEngines: (readonly DeviceSample[])[] = [];
  let untold = 0;
  for (const [id, samples] of Map.groupBy(log.samples, (sample) => sample.id)) {
    const isEngines = samples[0] === undefined ? undefined : isEnginesOf(samples[0]);
    const readings = summariseDevice(
      seen.filter((sample) => sample.id === id),
      isEngines,
    );
    if (readings !== undefined) devices.push(readings);
    if (isEngines !== false) mayBeEngines.push(samples);
    if (isEngines === undefined) untold += 1;
  }
  const gaps = describeGaps(watch, seen, toMs);
  if (sorted.gap !== undefined) gaps.push(sorted.gap);
  const { tool } = monitor;
  const { parts, gaps: energyGaps } = enginesEnergy(mayBeEngines, fromMs, toMs);
  if (untold > 1) energyGaps.push(`unknown which of ${untold} GPUs the engine runs on`);
  // A tool that is silent hides what the GPUs took; an engine on the CPU takes none of it.
  if (seen.length === 0 && engine.gpus?.length !== 0) energyGaps.push(`${tool} gave no readings in the window`);
  const window = { tool, devices, foreignProcesses: sorted.foreign, gaps };
  return { window, energyParts: parts, energyGaps: [...new Set(energyGaps)] };
}

export function createDeviceMeter(options: DeviceMeterOptions = {}): DeviceMeter {
  const { system = thisSystem, idleMs = 120_000, now = Date.now } = options;
  let starting: Promise<Watch | undefined> | undefined;
  let openWindows = 0;
  let idle: NodeJS.Timeout | undefined;

  async function stopAll(): Promise<void> {
    clearTimeout(idle);
    const watch = await starting;
    starting = undefined;
    await watch?.monitor.stop();
  }

  return {
    async start(engine) {
      clearTimeout(idle);
      openWindows += 1;
      const isNew = starting === undefined;
      let watch = await (starting ??= firstWorking(options));
      // A tool that died or fell silent is started again for the next window.
      if (watch !== undefined && !isNew && openWindows === 1 && isSilent(watch, now())) {
        await stopAll();
        watch = await (starting ??= firstWorking(options));
      }
      const lookedFromMs = now();
      await watch?.monitor.lookAtProcesses();
      const fromMs = now();
      const before = ownProcesses(engine.processIds, system);
      if (openWindows === 1) watch?.log.dropBefore(fromMs - keptMs, lookedFromMs);
      return {
        async stop() {
          const toMs = now();
          openWindows -= 1;
          idle = setTimeout(() => void stopAll(), idleMs);
          idle.unref();
          if (watch === undefined) return nothing;
          await watch.monitor.lookAtProcesses();
          const own = new Set([...before, ...ownProcesses(engine.processIds, system)]);
          const processes = watch.log.processes.filter(({ atMs }) => atMs >= lookedFromMs);
          return describeWindow(watch, engine, sortProcesses(processes, own, system), [fromMs, toMs]);
        },
      };
    },
    [Symbol.asyncDispose]: stopAll,
  };
}
