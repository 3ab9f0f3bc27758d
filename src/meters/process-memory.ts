import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere, systemFolders } from './proc-file.ts';
import { readProcessTree } from './process-tree.ts';

export interface ProcessMemory {
  readonly nowBytes: number;
  /** Sum of each process's own peak: no less than the peak of the sum. */
  readonly peakBytes: number;
}

/**
 * Resident memory of processes and their descendants. Pages that they share count in each of them.
 *
 * @returns undefined where the system doesn't tell, or none of them is alive
 */
export function readProcessMemory(
  roots: readonly number[],
  proc: string = systemFolders.proc,
): ProcessMemory | undefined {
  const readings = (readProcessTree(roots, proc) ?? [])
    .map(({ pid }) => readResident(proc, pid))
    .filter((reading) => reading !== undefined);
  if (readings.length === 0) return undefined;
  return {
    nowBytes: readings.reduce((sum, reading) => sum + reading.nowBytes, 0),
    peakBytes: readings.reduce((sum, reading) => sum + reading.peakBytes, 0),
  };
}

function readResident(proc: string, pid: number): ProcessMemory | undefined {
  const status = readIfThere(join(proc, String(pid), 'status'));
  const kibibytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status ?? '')?.[1]);
  const nowBytes = kibibytes('VmRSS') * 1024;
  const peakBytes = kibibytes('VmHWM') * 1024;
  // Absent in a process that has ended but was not waited for.
  return Number.isNaN(nowBytes + peakBytes) ? undefined : { nowBytes, peakBytes };
}

/**
 * Makes the present resident size the new peak of processes and their descendants.
 *
 * @returns false where the system doesn't allow it for one of them, or none is alive
 */
export function resetMemoryPeak(roots: readonly number[], proc: string = systemFolders.proc): boolean {
  const tree = readProcessTree(roots, proc) ?? [];
  return tree.length > 0 && tree.every(({ pid }) => resetPeakOf(proc, pid));
}

function resetPeakOf(proc: string, pid: number): boolean {
  try {
    // 5 resets the peak alone; lower numbers would clear the page references as well.
    writeFileSync(join(proc, String(pid), 'clear_refs'), '5');
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}
