import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type PackageName, placePackages } from '../../../test/setup/library-packages.ts';
import { testFolder } from '../../../test/setup/test-settings.ts';
import { EnvironmentError, UsageError } from '../../core/errors.ts';
import type { DeviceChoice } from '../../core/llama-settings.ts';
import { chooseDevice, type ChosenDevice } from './choose-device.ts';
import type { LibraryLocation } from './library-location.ts';
import type { NativeDevice } from './native/native-devices.ts';

const cpu: NativeDevice = {
  name: 'CPU',
  description: 'AMD EPYC',
  kind: 'cpu',
  freeBytes: 8e9,
  totalBytes: 8e9,
  isSoftware: false,
};
const a10: NativeDevice = { ...cpu, name: 'CUDA0', description: 'NVIDIA A10', kind: 'gpu', freeBytes: 23e9 };
const llvmpipe: NativeDevice = {
  ...cpu,
  name: 'Vulkan0',
  description: 'llvmpipe (LLVM 15.0.6, 256 bits)',
  kind: 'gpu',
  isSoftware: true,
};

/** A machine: what each library finds, an error where it can't be asked. */
interface Machine {
  readonly packages?: readonly PackageName[];
  readonly version?: string;
  readonly found?: Partial<Record<LibraryLocation['device'], readonly NativeDevice[] | Error>>;
  /** What Vulkan finds once it shows software. */
  readonly hidden?: readonly NativeDevice[];
  /** Why a back-end can't be loaded. */
  readonly problem?: string;
  readonly gpuNames?: readonly string[];
}

let folder: string;

beforeEach(async () => {
  const created = await testFolder();
  onTestFinished(async () => created[Symbol.asyncDispose]());
  folder = created.path;
});

async function choose(choice: DeviceChoice, machine: Machine): Promise<ChosenDevice> {
  const { packages = [], version, found = {}, hidden = [], problem, gpuNames = [] } = machine;
  const resolve = await placePackages(folder, ['linux-x64']);
  const resolveGpu = await placePackages(folder, packages, version === undefined ? {} : { version });
  return chooseDevice(choice, {
    search: { platform: 'linux', arch: 'x64', resolve: (name) => resolve(name) ?? resolveGpu(name) },
    probe: async ({ device }, { showSoftware = false } = {}) => {
      const seen = found[device] ?? [];
      if (seen instanceof Error) throw seen;
      return { version: '0.5.0', devices: [...(showSoftware ? hidden : seen), cpu], problem };
    },
    gpuNames: async () => gpuNames,
  });
}

const both = ['linux-x64-cuda', 'linux-x64-vulkan'] as const;

describe('the device `auto`', () => {
  it('is the first kind of GPU that has a real one', async () => {
    const { location, devices, note, mend } = await choose('auto', { packages: both, found: { cuda: [a10] } });
    expect([location.packageName, devices, note, mend]).toEqual([
      '@node-llama-cpp/linux-x64-cuda',
      [a10],
      'computes on NVIDIA A10 (cuda)',
      undefined,
    ]);
    const integrated = { ...a10, description: 'Intel Iris', kind: 'integrated gpu' } as const;
    const chosen = await choose('auto', { packages: both, found: { vulkan: [a10, a10, integrated, llvmpipe] } });
    // The library leaves the processor's own GPU aside where there is a card.
    expect([chosen.location.device, chosen.note]).toEqual(['vulkan', 'computes on 2 x NVIDIA A10 (vulkan)']);
    expect(chosen.devices).toEqual([a10, a10]);
    const alone = await choose('auto', { packages: both, found: { vulkan: [integrated] } });
    expect([alone.devices, alone.note]).toEqual([[integrated], 'computes on Intel Iris (vulkan)']);
  });

  it('is the CPU, without a word, where nothing speaks for anything else', async () => {
    const { location, devices, note, mend } = await choose('auto', {});
    expect([location.packageName, devices, note, mend]).toEqual([
      '@node-llama-cpp/linux-x64',
      [],
      undefined,
      undefined,
    ]);
  });

  it.each([
    [
      'there is only a software device',
      { packages: ['linux-x64-vulkan'], found: { vulkan: [llvmpipe] } },
      'the only Vulkan device is llvmpipe (LLVM 15.0.6, 256 bits), a software one',
      'Set `device: vulkan` to compute with it all the same.',
    ],
    [
      'the library hides the software device',
      { packages: ['linux-x64-vulkan'], hidden: [llvmpipe] },
      'the only Vulkan device is llvmpipe (LLVM 15.0.6, 256 bits), a software one',
      'GGML_VK_VISIBLE_DEVICES=0',
    ],
    ['there is no device', { packages: ['linux-x64-vulkan'] }, 'Vulkan finds no device', 'mesa-vulkan-drivers'],
    [
      'the Vulkan loader is missing',
      { packages: ['linux-x64-vulkan'], problem: 'libvulkan.so.1: cannot open shared object file: No such file' },
      '@node-llama-cpp/linux-x64-vulkan needs libvulkan.so.1, which is missing',
      'apt-get install libvulkan1',
    ],
    [
      'the NVIDIA driver is missing',
      { packages: ['linux-x64-cuda'], problem: 'libcuda.so.1: cannot open shared object file' },
      '@node-llama-cpp/linux-x64-cuda needs libcuda.so.1, which is missing',
      "Install NVIDIA's driver",
    ],
    [
      'the runtime of CUDA is missing',
      { packages: ['linux-x64-cuda'], problem: 'libcudart.so.13: cannot open shared object file' },
      '@node-llama-cpp/linux-x64-cuda needs libcudart.so.13, which is missing',
      'npm install @node-llama-cpp/linux-x64-cuda-ext@3.22.1',
    ],
    [
      'a back-end is damaged',
      { packages: ['linux-x64-cuda'], problem: 'file too short' },
      "@node-llama-cpp/linux-x64-cuda can't be loaded: file too short",
      'nvidia-smi',
    ],
    [
      'a driver crashes',
      {
        packages: ['linux-x64-vulkan'],
        found: { vulkan: new EnvironmentError('signal SIGSEGV', { hint: 'Report.' }) },
      },
      'signal SIGSEGV',
      'Report.',
    ],
    [
      'the package is of another release',
      { packages: ['linux-x64-cuda'], version: '3.0.0' },
      '@node-llama-cpp/linux-x64-cuda is version 3.0.0, expected 3.22.1',
      'npm install @node-llama-cpp/linux-x64-cuda@3.22.1',
    ],
    [
      'a GPU has no package',
      { gpuNames: ['NVIDIA A10'] },
      "NVIDIA A10 needs @node-llama-cpp/linux-x64-cuda, which isn't installed",
      'Run `npm install @node-llama-cpp/linux-x64-cuda@3.22.1`.',
    ],
    [
      'a GPU of AMD has no package',
      { gpuNames: ['AMD Instinct MI300X'] },
      "AMD Instinct MI300X needs @node-llama-cpp/linux-x64-vulkan, which isn't installed",
      'Run `npm install @node-llama-cpp/linux-x64-vulkan@3.22.1`.',
    ],
  ] as const satisfies readonly (readonly [string, Machine, string, string])[])(
    'is the CPU, with its reason, where %s',
    async (_, machine, reason, mend) => {
      const chosen = await choose('auto', machine);
      expect(chosen.location.packageName).toBe('@node-llama-cpp/linux-x64');
      expect([chosen.devices, chosen.note]).toEqual([[], `computes on the CPU: ${reason}`]);
      expect(chosen.mend).toContain(mend);
    },
  );

  it('is the CPU with all reasons where several kinds fail', async () => {
    const { note } = await choose('auto', { packages: both, gpuNames: ['NVIDIA A10'] });
    expect(note).toBe('computes on the CPU: CUDA finds no device; Vulkan finds no device');
  });
});

describe('a device by its name', () => {
  it('is the CPU, whatever else there is', async () => {
    const { location, devices, note } = await choose('cpu', { packages: both, found: { cuda: [a10] } });
    expect([location.device, devices, note]).toEqual(['cpu', [], undefined]);
  });

  it('may be a software one', async () => {
    const { devices, note } = await choose('vulkan', { packages: both, found: { vulkan: [llvmpipe] } });
    expect([devices, note]).toEqual([[llvmpipe], 'computes on llvmpipe (LLVM 15.0.6, 256 bits) (software, vulkan)']);
  });

  it('is refused with what is missing and what to do', async () => {
    await expect(choose('cuda', { gpuNames: ['NVIDIA A10'] })).rejects.toMatchObject({
      message: "the llama.cpp library isn't installed: no package @node-llama-cpp/linux-x64-cuda",
      hint: 'Run `npm install @node-llama-cpp/linux-x64-cuda@3.22.1`.',
    });
    const hidden = choose('vulkan', { packages: both, hidden: [llvmpipe] });
    await expect(hidden).rejects.toThrow(EnvironmentError);
    await expect(hidden).rejects.toMatchObject({
      message: 'device "vulkan": the only Vulkan device is llvmpipe (LLVM 15.0.6, 256 bits), a software one',
      hint: expect.stringContaining('set `device: vulkan`, and GGML_VK_VISIBLE_DEVICES=0 in the environment'),
    });
    await expect(choose('cuda', { packages: both })).rejects.toMatchObject({
      message: 'device "cuda": CUDA finds no device',
      hint: expect.stringContaining('CUDA_VISIBLE_DEVICES'),
    });
    await expect(choose('metal', {})).rejects.toThrow(UsageError);
  });
});
