import { type CpuInfo, cpus } from 'node:os';
import type { CpuTimes } from './system.ts';

/**
 * CPU times as Node has them from macOS (`host_processor_info`) and Windows (`NtQuerySystemInformation`). Neither counts
 * steal. Interrupts are left out: Windows counts them as system time already, and macOS not at all.
 */
export function nodeCpuTimes(told: readonly CpuInfo[] = cpus()): CpuTimes | undefined {
  const times = { cores: told.length, busyMs: 0, stealMs: 0, totalMs: 0 };
  for (const { times: each } of told) {
    const busyMs = each.user + each.nice + each.sys;
    times.busyMs += busyMs;
    times.totalMs += busyMs + each.idle;
  }
  return times.totalMs > 0 ? times : undefined;
}
