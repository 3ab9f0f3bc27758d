import { join } from 'node:path';
import { readIfThere } from './proc-file.ts';

/** Linux counts CPU time in hundredths of a second, whatever the kernel's own clock. */
export const msPerTick = 10;

export interface ProcessStat {
  readonly pid: number;
  readonly parentPid: number;
  /** All its threads, those that ended included, and the children that it has waited for. */
  readonly cpuMs: number;
}

/** One process of `/proc`; undefined where it is gone or may not be read. */
export function readProcessStat(proc: string, pid: number): ProcessStat | undefined {
  const text = readIfThere(join(proc, String(pid), 'stat'));
  if (text === undefined) return undefined;
  // The name comes second, in brackets, and may itself hold brackets and spaces.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const numberAt = (field: number): number => Number(fields[field - 3]);
  const ticks = numberAt(14) + numberAt(15) + numberAt(16) + numberAt(17);
  if (!Number.isFinite(ticks)) return undefined;
  return { pid, parentPid: numberAt(4), cpuMs: ticks * msPerTick };
}
