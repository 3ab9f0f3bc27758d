import { join } from 'node:path';
import * as clock from '../core/clock.ts';
import type { HostWindow, HostMeter } from '../core/meter.ts';
import { systemFolders, readIfThere } from './proc-file.ts';
import { readProcessTree, msPerTick } from './processes.ts';

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

/** Time since boot, summed over the CPUs that this process may use. */
export interface CpuTimes {
  readonly cores: number;
  /** Not idle and not waiting for a disk; steal included. */
  readonly busyMs: number;
  /** Time in which the hypervisor ran something else. */
  readonly stealMs: number;
  readonly totalMs: number;
}

/**
 * Reads `/proc/stat`. In a container that is usually the whole host: work of neighbours on the same CPUs counts, as it
 * should. CPUs that this process is kept from by its affinity don't.
 *
 * @returns undefined where the system doesn't tell
 */
export function readCpuTimes(proc: string): CpuTimes | undefined {
  const stat = readIfThere(join(proc, 'stat'));
  if (stat === undefined) return undefined;
  const allowed = allowedCpus(proc);
  const times = { cores: 0, busyMs: 0, stealMs: 0, totalMs: 0 };
  for (const [, cpu, numbers = ''] of stat.matchAll(/^cpu(\d+) (.*)$/gm)) {
    if (allowed !== undefined && !allowed.has(Number(cpu))) continue;
    // Guest times are part of user and nice: the first eight numbers are all there is.
    const ticks = numbers.trim().split(/\s+/).slice(0, 8).map(Number);
    const [user = 0, nice = 0, system = 0, idle = 0, ioWait = 0, irq = 0, softIrq = 0, steal = 0] = ticks;
    const busy = user + nice + system + irq + softIrq + steal;
    times.cores += 1;
    times.busyMs += busy * msPerTick;
    times.stealMs += steal * msPerTick;
    times.totalMs += (busy + idle + ioWait) * msPerTick;
  }
  // Sandboxes that fake the file show zeros.
  return times.cores === 0 || !(times.totalMs > 0) ? undefined : times;
}

function allowedCpus(proc: string): ReadonlySet<number> | undefined {
  const status = readIfThere(join(proc, 'self/status'));
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status ?? '')?.[1];
  return list === undefined ? undefined : parseCpuList(list);
}

/**
 * CPU numbers of a kernel list such as `0-3,8`.
 *
 * @returns undefined where the text is no such list
 */
export function parseCpuList(text: string): ReadonlySet<number> | undefined {
  const cpus = new Set<number>();
  for (const part of text.trim().split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match === null) return undefined;
    const first = Number(match[1]);
    for (let cpu = first; cpu <= Number(match[2] ?? first); cpu += 1) cpus.add(cpu);
  }
  return cpus;
}
