import { describe, expect, it } from 'vitest';
import type { DeviceReading } from './device-watch.ts';
import { DeviceWatch } from './device-watch.ts';
import { type LlamaMemoryState, readLlamaMemory } from './llama-memory.ts';
import { LogLines } from './native/library.ts';
import type { NativeDevice } from './native/native-devices.ts';

const mebibyte = 2 ** 20;

/** As llama.cpp wrote them for SmolLM2 with 12 of 31 layers on Vulkan's llvmpipe. */
const vulkanLog = `
load_tensors: offloading output layer to GPU
load_tensors: offloading 11 repeating layers to GPU
load_tensors: offloaded 12/31 layers to GPU
load_tensors:      Vulkan0 model buffer size =    51.94 MiB
load_tensors:  Vulkan_Host model buffer size =    68.85 MiB
llama_context: Vulkan_Host  output buffer size =     0.38 MiB
llama_kv_cache:        CPU KV buffer size =    14.25 MiB
llama_kv_cache:    Vulkan0 KV buffer size =     8.25 MiB
resolve_fused_ops: Flash Attention enabled
sched_reserve:    Vulkan0 compute buffer size =    13.70 MiB
sched_reserve: Vulkan_Host compute buffer size =     2.76 MiB
`;

function buffersOf(log: string) {
  const lines = new LogLines();
  for (const line of log.split('\n')) lines.add(2, line);
  return lines.bufferSizes();
}

const buffers = buffersOf(vulkanLog);

/** In MiB. */
function reading(
  free: { before: number; now: number; least: number },
  own: Partial<DeviceReading> = {},
): DeviceReading {
  return {
    name: 'Vulkan0',
    description: 'NVIDIA A10',
    isSoftware: false,
    totalBytes: 2048 * mebibyte,
    freeBeforeBytes: free.before * mebibyte,
    freeNowBytes: free.now * mebibyte,
    leastFreeBytes: free.least * mebibyte,
    ...own,
  };
}

function state(own: Partial<LlamaMemoryState>): LlamaMemoryState {
  return {
    resident: { nowBytes: 250 * mebibyte, peakBytes: 300 * mebibyte },
    isPeakReset: true,
    weightsBytes: 92 * mebibyte,
    buffers,
    devices: [],
    gpuLayers: 31,
    allLayers: 31,
    ...own,
  };
}

const inMebibytes = (bytes: number | undefined): number => Math.round(((bytes ?? NaN) / mebibyte) * 100) / 100;

describe('the log', () => {
  it('names the memory of each buffer', () => {
    expect(buffers.map(({ memory, use, bytes }) => `${memory} ${use} ${inMebibytes(bytes)}`)).toEqual([
      'Vulkan0 weights 51.94',
      'Vulkan_Host weights 68.85',
      'Vulkan_Host compute 0.38',
      'CPU kv 14.25',
      'Vulkan0 kv 8.25',
      'Vulkan0 compute 13.7',
      'Vulkan_Host compute 2.76',
    ]);
  });

  it('may have several caches and kinds of host memory', () => {
    const log = `load_tensors:          CPU model buffer size =   222.51 MiB
load_tensors:   CPU_REPACK model buffer size =    12.66 MiB
llama_kv_cache:        CPU KV buffer size =     3.00 MiB
llama_kv_cache:        CPU KV buffer size =    15.00 MiB
llama_memory_recurrent:      CUDA1 RS buffer size =     4.00 MiB`;
    expect(buffersOf(log).map(({ memory, use }) => `${memory} ${use}`)).toEqual([
      'CPU weights',
      'CPU_REPACK weights',
      'CPU kv',
      'CPU kv',
      'CUDA1 kv',
    ]);
  });
});

describe('memory of a model in process', () => {
  it('is what the GPU gave away, with the host beside it', () => {
    const memory = readLlamaMemory(state({ devices: [reading({ before: 2000, now: 1900, least: 1850 })] }));
    expect(inMebibytes(memory.nowBytes)).toBe(100);
    expect(inMebibytes(memory.peakBytes)).toBe(150);
    expect(inMebibytes(memory.hostPeakBytes)).toBe(300);
    expect(memory.doubt).toBeUndefined();
    const { weightsBytes, kvBytes, computeBytes, overheadBytes } = memory.split ?? {};
    expect([weightsBytes, kvBytes, computeBytes, overheadBytes].map(inMebibytes)).toEqual([51.94, 8.25, 13.7, 76.11]);
    expect(memory.devices).toMatchObject([{ name: 'Vulkan0', description: 'NVIDIA A10', isTold: true }]);
  });

  it("is the library's own buffers where the driver tells nothing, which is said", () => {
    const memory = readLlamaMemory(state({ devices: [reading({ before: 2048, now: 2048, least: 2048 })] }));
    expect(inMebibytes(memory.peakBytes)).toBe(73.89);
    expect(memory.doubt).toBe(
      "the driver of Vulkan0 does not tell how much is used: the library's own buffers are counted",
    );
  });

  it('says which layers are not in it', () => {
    const devices = [reading({ before: 2000, now: 1900, least: 1900 })];
    expect(readLlamaMemory(state({ devices, gpuLayers: 12 })).doubt).toBe(
      '19 of 31 layers are in host memory and are not counted',
    );
  });

  it('is per device on several', () => {
    const both = buffersOf('a: Vulkan0 model buffer size = 60.00 MiB\na: Vulkan1 model buffer size = 40.00 MiB');
    const devices = [
      reading({ before: 2000, now: 1900, least: 1900 }),
      reading({ before: 1000, now: 950, least: 940 }, { name: 'Vulkan1' }),
    ];
    const memory = readLlamaMemory(state({ buffers: both, devices }));
    expect(inMebibytes(memory.peakBytes)).toBe(80);
    expect(memory.devices?.map(({ peakBytes }) => inMebibytes(peakBytes))).toEqual([100, 60]);
  });

  it('is that of the host on a software device, whose buffers are shown', () => {
    const devices = [reading({ before: 2048, now: 2048, least: 2048 }, { isSoftware: true })];
    const memory = readLlamaMemory(state({ devices, gpuLayers: 12 }));
    expect(memory).toMatchObject({
      peakBytes: 300 * mebibyte,
      doubt: undefined,
      split: { weightsBytes: 92 * mebibyte },
    });
    expect(memory.hostPeakBytes).toBeUndefined();
    expect(memory.devices).toMatchObject([{ isSoftware: true, isTold: false }]);
  });

  it('is that of the host where nothing is on the GPU', () => {
    const devices = [reading({ before: 2000, now: 2000, least: 2000 })];
    const onHost = buffersOf('load_tensors: CPU model buffer size = 92.10 MiB');
    const memory = readLlamaMemory(state({ buffers: onHost, devices, gpuLayers: 0 }));
    expect(memory.peakBytes).toBe(300 * mebibyte);
    expect(memory.devices).toBeUndefined();
  });
});

describe('the watch of devices', () => {
  it('keeps the least free memory between two resets', () => {
    let freeBytes = 100;
    const device = (): NativeDevice => ({
      name: 'CUDA0',
      description: 'NVIDIA A10',
      kind: 'gpu',
      freeBytes,
      totalBytes: 200,
      isSoftware: false,
    });
    const watch = new DeviceWatch(() => [device()]);
    freeBytes = 40;
    watch.look();
    freeBytes = 60;
    expect(watch.look()).toMatchObject([{ freeBeforeBytes: 100, freeNowBytes: 60, leastFreeBytes: 40 }]);
    watch.reset();
    expect(watch.look()).toMatchObject([{ leastFreeBytes: 60 }]);
  });
});
