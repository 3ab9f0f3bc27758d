import { join } from 'node:path';
import { readIfThere, readNumberIfThere, type SystemFolders } from '../proc-file.ts';

/** A controller's folders, from the group of this process up to the root. */
function groupFolders({ proc, sys }: SystemFolders, controller: 'memory' | 'cpu'): readonly GroupFolder[] {
  const membership = readIfThere(join(proc, 'self/cgroup')) ?? '';
  const folders: GroupFolder[] = [];
  for (const line of membership.trim().split('\n')) {
    const [number, controllers = '', ...path] = line.split(':');
    const isUnified = number === '0' && controllers === '';
    if (!isUnified && !controllers.split(',').includes(controller)) continue;
    const base = join(sys, 'fs/cgroup', isUnified ? '' : controllers);
    const parts = path
      .join(':')
      .split('/')
      .filter((part) => part !== '');
    for (let depth = parts.length; depth >= 0; depth -= 1) {
      folders.push({ folder: join(base, ...parts.slice(0, depth)), isUnified });
    }
  }
  return folders;
}

interface GroupFolder {
  readonly folder: string;
  /** Version 2 of control groups: other file names. */
  readonly isUnified: boolean;
}

/**
 * Bytes that the control groups of this process still allow; undefined where none limits it. Version 1 says "no limit"
 * with a number near 2^63, which is returned as it is.
 */
export function controlGroupMemoryLeft(folders: SystemFolders): number | undefined {
  let least: number | undefined;
  for (const { folder, isUnified } of groupFolders(folders, 'memory')) {
    const limit = readNumberIfThere(join(folder, isUnified ? 'memory.max' : 'memory.limit_in_bytes'));
    const used = readNumberIfThere(join(folder, isUnified ? 'memory.current' : 'memory.usage_in_bytes'));
    if (limit === undefined || used === undefined) continue;
    const stat = readIfThere(join(folder, 'memory.stat')) ?? '';
    const inactiveFile = isUnified ? /^inactive_file (\d+)$/m : /^total_inactive_file (\d+)$/m;
    // File pages count as used, but are given up when memory gets short.
    const left = Math.max(0, limit - used + Number(inactiveFile.exec(stat)?.[1] ?? 0));
    least = Math.min(least ?? left, left);
  }
  return least;
}

/** CPU time per time that the control groups of this process allow, in cores; undefined where none limits it. */
export function controlGroupCores(folders: SystemFolders): number | undefined {
  let least: number | undefined;
  for (const { folder, isUnified } of groupFolders(folders, 'cpu')) {
    const [quota, period] = isUnified
      ? (readIfThere(join(folder, 'cpu.max')) ?? '').trim().split(' ').map(Number)
      : ['cpu.cfs_quota_us', 'cpu.cfs_period_us'].map((name) => readNumberIfThere(join(folder, name)));
    if (quota === undefined || period === undefined || !(quota > 0) || !(period > 0)) continue;
    least = Math.min(least ?? quota / period, quota / period);
  }
  return least;
}
