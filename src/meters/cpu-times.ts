import { join } from 'node:path';
import { parseCpuList } from './cpu-list.ts';
import { readIfThere } from './proc-file.ts';
import { msPerTick } from './process-stat.ts';

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
