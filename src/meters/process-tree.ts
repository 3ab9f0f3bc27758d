import { readdirSync } from 'node:fs';
import { systemFolders } from './proc-file.ts';
import { readProcessStat, type ProcessStat } from './process-stat.ts';

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
  if (all === undefined) return undefined;
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

function readAllProcesses(proc: string): readonly ProcessStat[] | undefined {
  let names: readonly string[];
  try {
    names = readdirSync(proc);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcessStat(proc, Number(name)))
    .filter((stat) => stat !== undefined);
}
