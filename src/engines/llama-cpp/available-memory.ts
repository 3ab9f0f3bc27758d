import { readFile } from 'node:fs/promises';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { EnvironmentError } from '../../core/errors.ts';

const kibibyte = 1024;
const mebibyte = 1024 * 1024;
/** What the process needs beside the weights before any context is opened: Node, the library, its tables. */
const processBytes = 96 * mebibyte;

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

/** What the control group of this process, or one above it, still allows; undefined where there is no limit. */
async function cgroupBytes(root: string, membership: string): Promise<number | undefined> {
  const path = /^0::(.*)$/m.exec(membership)?.[1];
  if (path === undefined) return undefined;
  let least: number | undefined;
  const parts = path.split('/').filter((part) => part !== '');
  for (let depth = parts.length; depth >= 0; depth -= 1) {
    const folder = join(root, ...parts.slice(0, depth));
    const [limit, used, stat] = await Promise.all(
      ['memory.max', 'memory.current', 'memory.stat'].map((name) => readIfThere(join(folder, name))),
    );
    if (limit === undefined || used === undefined || limit.trim() === 'max') continue;
    // File pages count as used, but are given up when memory gets short.
    const fileBytes = Number(/^inactive_file (\d+)$/m.exec(stat ?? '')?.[1] ?? 0);
    const left = Number(limit) - Number(used) + fileBytes;
    least = least === undefined ? left : Math.min(least, left);
  }
  return least;
}

export interface MemoryFiles {
  readonly meminfo: string;
  readonly membership: string;
  readonly cgroupRoot: string;
}

const linuxFiles: MemoryFiles = {
  meminfo: '/proc/meminfo',
  membership: '/proc/self/cgroup',
  cgroupRoot: '/sys/fs/cgroup',
};

/** Bytes that a new process can take: what the system has available and its control groups allow. */
export async function availableMemory(files: MemoryFiles = linuxFiles): Promise<number> {
  const meminfo = await readIfThere(files.meminfo);
  const kilobytes = /^MemAvailable:\s+(\d+) kB/m.exec(meminfo ?? '')?.[1];
  const system = kilobytes === undefined ? freemem() : Number(kilobytes) * kibibyte;
  const membership = await readIfThere(files.membership);
  const group = membership === undefined ? undefined : await cgroupBytes(files.cgroupRoot, membership);
  return Math.max(0, Math.min(system, group ?? system));
}

/**
 * Refuses a model that can't fit, before the system has to kill something.
 *
 * @throws {EnvironmentError} with both numbers
 */
export function checkMemory(name: string, weightsBytes: number, availableBytes: number): void {
  const needed = weightsBytes + processBytes;
  if (needed <= availableBytes) return;
  const inMebibytes = (bytes: number): string => `${Math.ceil(bytes / mebibyte)} MiB`;
  throw new EnvironmentError(
    `${name} needs at least ${inMebibytes(needed)} of memory, ${inMebibytes(availableBytes)} are available`,
    { hint: 'Free memory, raise the limit, or choose a smaller model or quantisation.' },
  );
}
