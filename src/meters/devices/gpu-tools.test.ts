import { describe, expect, it } from 'vitest';
import { placeFakeSmi } from '../../../test/setup/fake-smi.ts';
import { readDeviceMemory, readGpuDevices } from './gpu-tools.ts';

const nowhere = '/nowhere/smi';

describe('the GPUs of a machine', () => {
  it('are told by the tool of their maker', async () => {
    const nvidia = placeFakeSmi({
      gpus: ['NVIDIA A10, 23028 MiB, 580.95.05, 150.00 W', 'NVIDIA GB10, [N/A], 580.95.05, [N/A]'],
    });
    expect(await readGpuDevices({ nvidiaProgram: nvidia.program, amdProgram: nowhere })).toEqual([
      { name: 'NVIDIA A10', memoryBytes: 23028 * 2 ** 20, driver: '580.95.05', powerLimitWatts: 150 },
      { name: 'NVIDIA GB10', memoryBytes: undefined, driver: '580.95.05' },
    ]);
    expect(await readGpuDevices({ nvidiaProgram: nowhere, amdProgram: nowhere })).toEqual([]);
  });

  it('hold memory of processes', async () => {
    const processes = [
      ['GPU-a', 7, '100 MiB', 'engine'],
      ['GPU-a', 8, '50 MiB', 'worker'],
      ['GPU-b', 8, '[N/A]', 'worker'],
      ['GPU-a', 9, '1 MiB', 'other'],
    ];
    const nvidia = placeFakeSmi({ processes, once: true });
    const programs = { nvidiaProgram: nvidia.program, amdProgram: nowhere };
    expect(await readDeviceMemory([7, 8], programs)).toEqual(new Map([['GPU-a', 150 * 2 ** 20]]));
    expect(await readDeviceMemory([1], programs)).toBeUndefined();
    expect(await readDeviceMemory([7], { nvidiaProgram: nowhere, amdProgram: nowhere })).toBeUndefined();
    const amd = placeFakeSmi({
      kind: 'amd',
      processes: [
        { gpu: 1, process_list: [{ process_info: { pid: 7, memory_usage: { vram_mem: { value: 2, unit: 'GiB' } } } }] },
      ],
    });
    expect(await readDeviceMemory([7], { nvidiaProgram: nowhere, amdProgram: amd.program })).toEqual(
      new Map([['1', 2 * 2 ** 30]]),
    );
  });
});
