import * as clock from '../core/clock.ts';
import type { HostWindow } from '../core/host-window.ts';
import type { HostMeter } from '../core/meter.ts';
import { readCpuTimes, type CpuTimes } from './cpu-times.ts';
import { systemFolders } from './proc-file.ts';
import { readProcessTree } from './process-tree.ts';

export interface HostMeterOptions {
  /** Monotonic, in milliseconds. */
  readonly now?: () => number;
  /** CPU time of this process and its threads, in milliseconds. */
  readonly ownCpuMs?: () => number;
  readonly proc?: string;
}

interface HostReading {
  readonly atMs: number;
  readonly ownCpuMs: number;
  readonly cpu: CpuTimes | undefined;
  /** Undefined where processes can't be read, or one of those asked for is not there. */
  readonly engineCpuMs: number | undefined;
}

/** Watches the CPU of this Linux host: who used it while a pass ran. Elsewhere windows say that they don't know. */
export function createHostMeter(options: HostMeterOptions = {}): HostMeter {
  const { now = () => performance.now(), ownCpuMs = clock.ownCpuMs, proc = systemFolders.proc } = options;

  function read(engineProcessIds: readonly number[]): HostReading {
    const cpu = readCpuTimes(proc);
    const engineCpuMs = readEngineCpuMs(engineProcessIds, proc);
    return { atMs: now(), ownCpuMs: ownCpuMs(), cpu, engineCpuMs };
  }

  return {
    async start({ processIds }) {
      // An engine inside this process is counted as perbench itself.
      const engines = processIds.filter((pid) => pid !== process.pid);
      const stopDelay = clock.watchLoopDelay();
      const before = read(engines);
      return {
        async stop() {
          return describeWindow(before, read(engines), stopDelay());
        },
      };
    },
  };
}

function readEngineCpuMs(roots: readonly number[], proc: string): number | undefined {
  if (roots.length === 0) return 0;
  const tree = readProcessTree(roots, proc);
  const areAllThere = roots.every((pid) => tree?.some((stat) => stat.pid === pid));
  return areAllThere ? tree?.reduce((sum, stat) => sum + stat.cpuMs, 0) : undefined;
}

function describeWindow(before: HostReading, after: HostReading, eventLoopDelayP99Ms: number): HostWindow {
  const durationMs = after.atMs - before.atMs;
  const parentCpuMs = after.ownCpuMs - before.ownCpuMs;
  const unknown: HostWindow = {
    durationMs,
    cores: after.cpu?.cores ?? 1,
    engineCpuMs: 0,
    parentCpuMs,
    otherCpuMs: 0,
    stealMs: 0,
    otherShare: 0,
    eventLoopDelayP99Ms,
    isKnown: false,
    devices: undefined,
    energy: undefined,
  };
  if (before.cpu === undefined || after.cpu === undefined) return unknown;
  const stealMs = Math.max(0, after.cpu.stealMs - before.cpu.stealMs);
  if (before.engineCpuMs === undefined || after.engineCpuMs === undefined) return { ...unknown, stealMs };
  const engineCpuMs = Math.max(0, after.engineCpuMs - before.engineCpuMs);
  // The system's ticks are coarser than the processes' own times, so the rest may come out slightly negative.
  const otherCpuMs = Math.max(0, after.cpu.busyMs - before.cpu.busyMs - engineCpuMs - parentCpuMs);
  const capacityMs = durationMs * after.cpu.cores;
  const otherShare = capacityMs > 0 ? otherCpuMs / capacityMs : 0;
  return { ...unknown, engineCpuMs, otherCpuMs, stealMs, otherShare, isKnown: true };
}
