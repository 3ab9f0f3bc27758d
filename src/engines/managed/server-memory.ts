import type { MemoryReading } from '../../core/memory.ts';
import type { ServerMemoryReport } from './memory-report.ts';

/** What is known of a server's memory when a reading is made. */
export interface ServerMemoryState {
  readonly report: ServerMemoryReport;
  /** Highest share of the pool in use since the last reset. */
  readonly kvUsageMax: number | undefined;
  /** Most that its processes take on one GPU now, by the vendor's tool. */
  readonly deviceBytes: number | undefined;
  /** Resident memory of its processes on the host. */
  readonly resident: { readonly nowBytes: number; readonly peakBytes: number } | undefined;
  readonly isPeakReset: boolean;
  /** Why resident memory may not be the model's, where the server doesn't say that the model is on the host. */
  readonly hostDoubt?: string | undefined;
}

function sentence(parts: readonly (string | undefined)[]): string | undefined {
  const told = parts.filter((part) => part !== undefined);
  return told.length === 0 ? undefined : told.join('; ');
}

/** Weights, the part of the pool that was in use, and what else the processes hold. The rest of the pool is no need. */
function onDevice({ report, kvUsageMax, deviceBytes, isPeakReset }: ServerMemoryState): MemoryReading | undefined {
  const { weightsBytes, poolBytes, isPoolNeeded = false, computeBytes = 0, place } = report;
  if (weightsBytes === undefined) {
    const bytes = deviceBytes ?? report.deviceBytes;
    if (bytes === undefined) return undefined;
    const doubt =
      deviceBytes === undefined
        ? 'the server does not split its memory, and the GPU tool shows none of its processes: all that it says it took on GPUs counts'
        : 'the server does not split its memory: all that it took on the GPU counts';
    return { nowBytes: bytes, peakBytes: bytes, isPeakReset, split: undefined, reservedBytes: undefined, doubt };
  }
  const usedShare = isPoolNeeded ? 1 : kvUsageMax;
  const kvBytes = (poolBytes ?? 0) * (usedShare ?? 1);
  const overheadBytes =
    deviceBytes === undefined ? 0 : Math.max(0, deviceBytes - weightsBytes - (poolBytes ?? 0) - computeBytes);
  const doubt = sentence([
    deviceBytes === undefined ? "what its processes take beside weights and cache isn't known" : undefined,
    poolBytes === undefined ? 'the server does not tell the size of its key-value cache' : undefined,
    poolBytes !== undefined && usedShare === undefined
      ? 'the server does not tell how much of its key-value cache was in use: all of it counts'
      : undefined,
    place === 'both' ? 'a part of the model is on the host, and is not counted' : undefined,
  ]);
  const peakBytes = weightsBytes + kvBytes + computeBytes + overheadBytes;
  return {
    nowBytes: peakBytes,
    peakBytes,
    isPeakReset: true,
    split: { weightsBytes, kvBytes, computeBytes, overheadBytes },
    reservedBytes: isPoolNeeded ? undefined : poolBytes,
    doubt,
  };
}

/** Resident memory, split by the buffers that the server named: as the llama engine counts. */
function onHost({ report, resident, isPeakReset, hostDoubt }: ServerMemoryState): MemoryReading | undefined {
  if (resident === undefined) return undefined;
  const { weightsBytes, poolBytes: kvBytes = 0, computeBytes = 0, place } = report;
  const doubt = place === 'host' ? undefined : hostDoubt;
  const reading = { ...resident, isPeakReset, reservedBytes: undefined, doubt };
  if (weightsBytes === undefined) return { ...reading, split: undefined };
  const overheadBytes = Math.max(0, resident.peakBytes - weightsBytes - kvBytes - computeBytes);
  return { ...reading, split: { weightsBytes, kvBytes, computeBytes, overheadBytes } };
}

/** What a server's memory comes to; undefined where nothing tells. */
export function readServerMemory(state: ServerMemoryState): MemoryReading | undefined {
  const isOnDevice =
    state.report.place === 'device' ||
    state.report.place === 'both' ||
    (state.report.place === 'unknown' && state.deviceBytes !== undefined);
  return isOnDevice ? onDevice(state) : onHost(state);
}
