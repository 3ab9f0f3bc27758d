import { freemem } from 'node:os';
import { join } from 'node:path';
import { controlGroupMemoryLeft } from './control-group.ts';
import { readIfThere, systemFolders, type SystemFolders } from './proc-file.ts';

/** Bytes that processes started now can take: what the system has available and control groups allow. */
export function memoryLimitBytes(folders: SystemFolders = systemFolders): number {
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(readIfThere(join(folders.proc, 'meminfo')) ?? '')?.[1];
  const system = available === undefined ? freemem() : Number(available) * 1024;
  return Math.min(system, controlGroupMemoryLeft(folders) ?? system);
}
