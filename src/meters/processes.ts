import type { ProcessMemory, ProcessStat, System } from './systems/system.ts';
import { thisSystem } from './systems/this-system.ts';

/**
 * Processes and all their descendants, as the system has them now. Those that are gone are left out.
 *
 * @returns undefined where processes can't be listed
 */
export function readProcessTree(
  roots: readonly number[],
  system: System = thisSystem,
): readonly ProcessStat[] | undefined {
  const all = system.processes();
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

function treeIds(roots: readonly number[], system: System): readonly number[] {
  return (readProcessTree(roots, system) ?? []).map(({ pid }) => pid);
}

/**
 * Resident memory of processes and their descendants. Pages that they share count in each of them.
 *
 * @returns undefined where the system doesn't tell, or none of them is alive
 */
export function readProcessMemory(roots: readonly number[], system: System = thisSystem): ProcessMemory | undefined {
  const readings = system.memoryOf(treeIds(roots, system));
  if (readings.length === 0) return undefined;
  return {
    nowBytes: readings.reduce((sum, { nowBytes }) => sum + nowBytes, 0),
    peakBytes: readings.reduce((sum, { peakBytes }) => sum + peakBytes, 0),
    doubt: readings.find(({ doubt }) => doubt !== undefined)?.doubt,
  };
}

/**
 * Makes the present resident size the new peak of processes and their descendants.
 *
 * @returns false where the system doesn't allow it for one of them, or none is alive
 */
export function resetMemoryPeak(roots: readonly number[], system: System = thisSystem): boolean {
  const ids = treeIds(roots, system);
  return ids.length > 0 && system.resetPeaks(ids);
}
