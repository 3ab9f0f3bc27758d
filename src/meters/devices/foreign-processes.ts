import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ForeignProcess } from '../../core/device-window.ts';
import type { DeviceProcess } from './device-sample.ts';

export interface SortedProcesses {
  readonly foreign: readonly ForeignProcess[];
  /** Devices on which the engine's own processes were seen. */
  readonly ownDevices: ReadonlySet<string>;
  /** Processes that were seen, whoever's. */
  readonly seen: number;
  /** Why some processes can't be told apart; undefined where all can. */
  readonly gap: string | undefined;
}

/**
 * Tells the engine's processes on the GPUs from others.
 *
 * In a container drivers show the process ids of the host: then neither is certain, and it says so instead of blaming a
 * process that may be the engine.
 *
 * @param own the engine's process ids with their descendants, and perbench's own
 */
export function sortProcesses(seen: readonly DeviceProcess[], own: ReadonlySet<number>, proc: string): SortedProcesses {
  const newest = new Map(seen.map((each) => [`${each.deviceId} ${each.pid}`, each]));
  const mine = [...newest.values()].filter(({ pid }) => own.has(pid));
  const others = [...newest.values()].filter(({ pid }) => !own.has(pid));
  const isOfThisNamespace = (pid: number): boolean => existsSync(join(proc, String(pid)));
  const strangers = others.filter(({ pid }) => !isOfThisNamespace(pid));
  const areIdsOurs = mine.length > 0 || strangers.length === 0;
  const foreign = areIdsOurs ? others : others.filter(({ pid }) => isOfThisNamespace(pid));
  return {
    foreign: foreign.map(({ deviceId, pid, name, memoryBytes }) => ({ deviceId, pid, name, memoryBytes })),
    seen: newest.size,
    ownDevices: new Set(mine.map(({ deviceId }) => deviceId)),
    gap: areIdsOurs
      ? undefined
      : `the driver shows process ids of another namespace (a container): whether ${strangers.length} of the processes on the GPUs are the engine's can't be told`,
  };
}
