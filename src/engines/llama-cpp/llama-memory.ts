import { EnvironmentError, EngineError } from '../../core/errors.ts';
import type { MemoryReading } from '../../core/meter.ts';
import { readProcessMemory } from '../../meters/processes.ts';

const mebibyte = 1024 * 1024;
/** What the process needs beside the weights before any context is opened: Node, the library, its tables. */
const processBytes = 96 * mebibyte;

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

/**
 * The resident memory of a model's process, split by the buffers that its library reports.
 *
 * @throws {EngineError} if the system doesn't tell, or the process is gone
 */
export function readSplitMemory(
  pid: number,
  isPeakReset: boolean,
  buffers: { readonly weightsBytes: number; readonly kvBytes: number; readonly computeBytes: number },
): MemoryReading {
  const resident = readProcessMemory([pid]);
  if (resident === undefined) {
    throw new EngineError(`the memory of process ${pid} can't be read`, {
      hint: process.platform === 'linux' ? undefined : 'Measure memory on Linux: perbench reads it from /proc.',
    });
  }
  const { weightsBytes, kvBytes, computeBytes } = buffers;
  const overheadBytes = Math.max(0, resident.peakBytes - weightsBytes - kvBytes - computeBytes);
  const split = { weightsBytes, kvBytes, computeBytes, overheadBytes };
  return { ...resident, isPeakReset, split, reservedBytes: undefined, doubt: undefined };
}
