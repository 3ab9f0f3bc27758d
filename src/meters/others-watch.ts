import type { BusyProcess, OthersWatch, WatchedEngine } from '../core/meter.ts';
import { treeOf } from './processes.ts';
import type { CpuTimes, ProcessStat, System } from './systems/system.ts';
import { thisSystem } from './systems/this-system.ts';

/** A process below this share is nobody's reason to wait. */
const leastShare = 0.01;
const mostNamed = 3;

interface Reading {
  readonly cpu: CpuTimes;
  readonly all: readonly ProcessStat[];
  /** perbench's, the engine's, and all that descend from either. */
  readonly ours: ReadonlySet<number>;
  readonly oursMs: number;
}

/** @returns undefined where the system doesn't tell quickly, or a process of the engine is not there */
function read(roots: readonly number[], system: System): Reading | undefined {
  if (!system.isQuick) return undefined;
  const cpu = system.cpuTimes();
  const all = system.processes();
  if (cpu === undefined || all === undefined) return undefined;
  const tree = treeOf(roots, all);
  const ours = new Set(tree.map(({ pid }) => pid));
  if (!roots.every((pid) => ours.has(pid))) return undefined;
  return { cpu, all, ours, oursMs: tree.reduce((sum, { cpuMs }) => sum + cpuMs, 0) };
}

function busiestOf(before: Reading, after: Reading, system: System): readonly BusyProcess[] {
  const capacityMs = after.cpu.totalMs - before.cpu.totalMs;
  const earlier = new Map(before.all.map(({ pid, ownCpuMs }) => [pid, ownCpuMs]));
  const shares = new Map<string, number>();
  for (const stat of after.all) {
    // What a child had used before it ended comes to its parent all at once, so that only own time counts.
    const share = (stat.ownCpuMs - (earlier.get(stat.pid) ?? 0)) / capacityMs;
    if (after.ours.has(stat.pid) || !(share > 0)) continue;
    const name = system.nameOf(stat);
    shares.set(name, (shares.get(name) ?? 0) + share);
  }
  return Array.from(shares, ([name, share]) => ({ name, share: Math.min(1, share) }))
    .filter(({ share }) => share >= leastShare)
    .toSorted((left, right) => right.share - left.share)
    .slice(0, mostNamed);
}

export interface OthersWatchOptions {
  readonly system?: System | undefined;
  /** This process, which with its children is perbench. */
  readonly ownPid?: number;
}

/** Watches what other processes of this host take of the CPU. Where the system doesn't tell quickly, no look knows. */
export function watchOthers(
  { processIds }: WatchedEngine,
  { system = thisSystem, ownPid = process.pid }: OthersWatchOptions = {},
): OthersWatch {
  const roots = [ownPid, ...processIds];
  let before: Reading | undefined;
  let after = read(roots, system);
  return {
    look() {
      before = after;
      after = read(roots, system);
      if (before === undefined || after === undefined) return undefined;
      const capacityMs = after.cpu.totalMs - before.cpu.totalMs;
      if (!(capacityMs > 0)) return undefined;
      const oursMs = after.oursMs - before.oursMs;
      // Ticks of processes and of the machine are counted apart, so the rest may come out slightly negative.
      const othersMs = Math.max(0, after.cpu.busyMs - before.cpu.busyMs - oursMs);
      return { share: Math.min(1, othersMs / capacityMs), cores: after.cpu.cores };
    },
    busiest: () => (before === undefined || after === undefined ? [] : busiestOf(before, after, system)),
  };
}
