import { readFile, writeFile } from 'node:fs/promises';
import { EngineError } from '../../core/errors.ts';
import type { MemoryReading } from '../../core/memory.ts';

const kibibyte = 1024;

export interface ResidentBytes {
  readonly nowBytes: number;
  readonly peakBytes: number;
}

/**
 * Resident memory of a process, and its peak since the last reset.
 *
 * @throws {EngineError} if the system has no /proc, or the process is gone
 */
export async function readResident(pid: number): Promise<ResidentBytes> {
  let status: string;
  try {
    status = await readFile(`/proc/${pid}/status`, 'utf8');
  } catch (error) {
    throw new EngineError(`the memory of process ${pid} can't be read`, {
      hint: process.platform === 'linux' ? undefined : 'Measure memory on Linux: perbench reads it from /proc.',
      cause: error,
    });
  }
  const bytes = (name: string): number => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status);
    if (match === null) throw new EngineError(`the memory of process ${pid} can't be read: it has ended`);
    return Number(match[1]) * kibibyte;
  };
  return { nowBytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') };
}

/** Starts a new peak; false where the system doesn't allow that. */
export async function resetPeak(pid: number): Promise<boolean> {
  try {
    await writeFile(`/proc/${pid}/clear_refs`, '5');
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

/** The reading of a process, split by the buffers that its library reports. */
export function splitMemory(
  resident: ResidentBytes,
  isPeakReset: boolean,
  buffers: { readonly weightsBytes: number; readonly kvBytes: number; readonly computeBytes: number },
): MemoryReading {
  const { weightsBytes, kvBytes, computeBytes } = buffers;
  const overheadBytes = Math.max(0, resident.peakBytes - weightsBytes - kvBytes - computeBytes);
  return { ...resident, isPeakReset, split: { weightsBytes, kvBytes, computeBytes, overheadBytes } };
}
