import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ifTold, readIfThere, systemFolders } from './proc-file.ts';

/** Linux counts CPU time in hundredths of a second, whatever the kernel's own clock. */
export const msPerTick = 10;

export interface ProcessStat {
  readonly pid: number;
  readonly parentPid: number;
  /** As the kernel has it: of its main thread, at most 15 characters. */
  readonly name: string;
  /** All its threads, those that ended included. */
  readonly ownCpuMs: number;
  /** The same, and the children that it has waited for. */
  readonly cpuMs: number;
}

function readProcessStat(proc: string, pid: number): ProcessStat | undefined {
  const text = readIfThere(join(proc, String(pid), 'stat'));
  if (text === undefined) return undefined;
  // The name comes second, in brackets, and may itself hold brackets and spaces.
  const nameEnd = text.lastIndexOf(')');
  const fields = text.slice(nameEnd + 2).split(' ');
  const numberAt = (field: number): number => Number(fields[field - 3]);
  const ownTicks = numberAt(14) + numberAt(15);
  const ticks = ownTicks + numberAt(16) + numberAt(17);
  if (!Number.isFinite(ticks)) return undefined;
  return {
    pid,
    parentPid: numberAt(4),
    name: text.slice(text.indexOf('(') + 1, nameEnd),
    ownCpuMs: ownTicks * msPerTick,
    cpuMs: ticks * msPerTick,
  };
}

/**
 * Processes and all their descendants, as `/proc` has them now. Those that are gone are left out.
 *
 * @returns undefined where `/proc` can't be listed
 */
export function readProcessTree(
  roots: readonly number[],
  proc: string = systemFolders.proc,
): readonly ProcessStat[] | undefined {
  const all = readAllProcesses(proc);
  return all === undefined ? undefined : treeOf(roots, all);
}

/** Those of all processes that are among the roots or descend from them. */
export function treeOf(roots: readonly number[], all: readonly ProcessStat[]): readonly ProcessStat[] {
  const children = Map.groupBy(all, (stat) => stat.parentPid);
  const tree = new Map<number, ProcessStat>();
  const waiting = all.filter((stat) => roots.includes(stat.pid));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (tree.has(next.pid)) continue;
    tree.set(next.pid, next);
    waiting.push(...(children.get(next.pid) ?? []));
  }
  return [...tree.values()];
}

/** Every process that `/proc` shows; undefined where it can't be listed. */
export function readAllProcesses(proc: string): readonly ProcessStat[] | undefined {
  return ifTold(() => readdirSync(proc))
    ?.filter((name) => /^\d+$/.test(name))
    .map((name) => readProcessStat(proc, Number(name)))
    .filter((stat) => stat !== undefined);
}

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
  const isReset = ifTold(() => {
    // 5 resets the peak alone; lower numbers would clear the page references as well.
    writeFileSync(join(proc, String(pid), 'clear_refs'), '5');
    return true;
  });
  return isReset === true;
}
