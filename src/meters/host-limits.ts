import { freemem } from 'node:os';
import type { System } from './systems/system.ts';
import { thisSystem } from './systems/this-system.ts';

/** Bytes that processes started now can take: what the system has available and control groups allow. */
export function memoryLimitBytes(system: System = thisSystem): number {
  return system.availableBytes() ?? freemem();
}
