import type { DeviceMemory, MemoryReading, MemorySplit } from '../../core/meter.ts';
import type { ProcessMemory } from '../../meters/systems/system.ts';
import type { DeviceReading } from './device-watch.ts';
import type { BufferSize, BufferUse } from './native/library.ts';

/** What is known of the engine's memory when a reading is made. */
export interface LlamaMemoryState {
  /** Resident memory of the process. */
  readonly resident: ProcessMemory;
  readonly isPeakReset: boolean;
  /** Of the model, without copies that a device needs. */
  readonly weightsBytes: number;
  /** Of the model and of the open context, by the library's word. */
  readonly buffers: readonly BufferSize[];
  /** GPUs that the library uses; none on the CPU. */
  readonly devices: readonly DeviceReading[];
  /** Layers on GPUs, and all of them. */
  readonly gpuLayers: number;
  readonly allLayers: number;
}

/** A driver's figure that moved by less than this part of what the library took there tells nothing. */
const believedShare = 0.9;

function sumOf(buffers: readonly BufferSize[], use?: BufferUse): number {
  return buffers.reduce((sum, buffer) => sum + (use === undefined || buffer.use === use ? buffer.bytes : 0), 0);
}

function splitOf(weightsBytes: number, buffers: readonly BufferSize[], peakBytes: number): MemorySplit {
  const [kvBytes, computeBytes] = [sumOf(buffers, 'kv'), sumOf(buffers, 'compute')];
  const overheadBytes = Math.max(0, peakBytes - weightsBytes - kvBytes - computeBytes);
  return { weightsBytes, kvBytes, computeBytes, overheadBytes };
}

/** `CUDA0_Split` is memory of `CUDA0`; `CUDA_Host` is the host's. */
function isOn(device: string, { memory }: BufferSize): boolean {
  return memory === device || memory.startsWith(`${device}_`);
}

/** What the model takes on a device: by its driver where that tells, else by the library's own buffers. */
function deviceMemory(reading: DeviceReading, all: readonly BufferSize[]): DeviceMemory {
  const { name, description, isSoftware, totalBytes, freeBeforeBytes, freeNowBytes, leastFreeBytes } = reading;
  const buffers = all.filter((buffer) => isOn(name, buffer));
  const ownBytes = sumOf(buffers);
  const isTold = freeBeforeBytes - freeNowBytes >= ownBytes * believedShare;
  const usedBytes = isTold ? freeBeforeBytes - freeNowBytes : ownBytes;
  const peakBytes = isTold ? Math.max(usedBytes, freeBeforeBytes - leastFreeBytes) : ownBytes;
  const split = splitOf(sumOf(buffers, 'weights'), buffers, peakBytes);
  return { name, description, isSoftware, usedBytes, peakBytes, totalBytes, split, isTold };
}

function meanOf(devices: readonly DeviceMemory[], value: (device: DeviceMemory) => number): number {
  return devices.reduce((sum, device) => sum + value(device), 0) / devices.length;
}

/** Per device, as throughput is counted: what all take, over their number. */
function onGpus(gpus: readonly DeviceMemory[], state: LlamaMemoryState): MemoryReading {
  const { resident, isPeakReset, gpuLayers, allLayers } = state;
  const part = (name: keyof MemorySplit): number => meanOf(gpus, ({ split }) => split[name]);
  const doubts = [
    ...gpus
      .filter(({ isTold }) => !isTold)
      .map(({ name }) => `the driver of ${name} does not tell how much is used: the library's own buffers are counted`),
    ...(gpuLayers < allLayers
      ? [`${allLayers - gpuLayers} of ${allLayers} layers are in host memory and are not counted`]
      : []),
  ];
  return {
    nowBytes: meanOf(gpus, ({ usedBytes }) => usedBytes),
    peakBytes: meanOf(gpus, ({ peakBytes }) => peakBytes),
    isPeakReset,
    split: {
      weightsBytes: part('weightsBytes'),
      kvBytes: part('kvBytes'),
      computeBytes: part('computeBytes'),
      overheadBytes: part('overheadBytes'),
    },
    reservedBytes: undefined,
    doubt: doubts.length === 0 ? undefined : doubts.join('; '),
    hostPeakBytes: resident.peakBytes,
  };
}

/**
 * The memory of a model in process. On GPUs it is what these gave away since before it was loaded, with the host's
 * resident size beside it; else the resident size. A software device is the host.
 */
export function readLlamaMemory(state: LlamaMemoryState): MemoryReading {
  const { resident, isPeakReset, weightsBytes, buffers } = state;
  const devices = state.devices.map((reading) => deviceMemory(reading, buffers));
  const used = devices.filter(
    ({ split: { weightsBytes: held, kvBytes, computeBytes } }) => held + kvBytes + computeBytes > 0,
  );
  const gpus = used.filter(({ isSoftware, split }) => !isSoftware && split.weightsBytes > 0);
  const split = splitOf(weightsBytes, buffers, resident.peakBytes);
  const reading =
    gpus.length > 0
      ? onGpus(gpus, state)
      : { ...resident, isPeakReset, split, reservedBytes: undefined, doubt: resident.doubt };
  return used.length === 0 ? reading : { ...reading, devices: used };
}
