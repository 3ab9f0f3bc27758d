import * as clock from '../core/clock.ts';
import type { HostWindow, HostMeter } from '../core/meter.ts';
import { readProcessTree } from './processes.ts';
import type { CpuTimes, System } from './systems/system.ts';
import { thisSystem } from './systems/this-system.ts';

export interface HostMeterOptions {
  /** Monotonic, in milliseconds. */
  readonly now?: () => number;
  /** CPU time of this process and its threads, in milliseconds. */
  readonly ownCpuMs?: () => number;
  readonly system?: System | undefined;
}

interface HostEdge {
  readonly atMs: number;
  readonly ownCpuMs: number;
  readonly cpu: CpuTimes | undefined;
}

interface HostReading extends HostEdge {
  /** Undefined where processes can't be read, or one of those asked for is not there. */
  readonly engineCpuMs: number | undefined;
}

/** Watches the CPU of this host: who used it while a pass ran. Where the system doesn't tell, windows say so. */
export function createHostMeter(options: HostMeterOptions = {}): HostMeter {
  const { now = () => performance.now(), ownCpuMs = clock.ownCpuMs, system = thisSystem } = options;

  const edge = (): HostEdge => ({ cpu: system.cpuTimes(), ownCpuMs: ownCpuMs(), atMs: now() });

  return {
    async start({ processIds }) {
      // An engine inside this process is counted as perbench itself.
      const engines = processIds.filter((pid) => pid !== process.pid);
      const stopDelay = clock.watchLoopDelay();
      // A look at all processes takes time, on Windows much: it stays outside of the window.
      const engineCpuMs = readEngineCpuMs(engines, system);
      const before: HostReading = { engineCpuMs, ...edge() };
      return {
        async stop() {
          const delayMs = stopDelay();
          const after = edge();
          return describeWindow(before, { ...after, engineCpuMs: readEngineCpuMs(engines, system) }, delayMs);
        },
      };
    },
  };
}

function readEngineCpuMs(roots: readonly number[], system: System): number | undefined {
  if (roots.length === 0) return 0;
  const tree = readProcessTree(roots, system);
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
