import { expect, it } from 'vitest';
import { diagnose, doctorFolder } from '../../../test/setup/doctor-folder.ts';
import { placePackages } from '../../../test/setup/library-packages.ts';
import { EnvironmentError } from '../../core/errors.ts';
import type { ChoiceOptions } from '../../engines/llama-cpp/choose-device.ts';
import { devicesCheck } from './install-checks.ts';

it('lists GPUs with their number and its memory', async () => {
  const { home, options } = doctorFolder();
  const gpu = { name: 'Vulkan0', kind: 'gpu', freeBytes: 2 ** 31, totalBytes: 2 ** 32 } as const;
  const devices = [
    { ...gpu, name: 'CPU', description: 'some CPU', kind: 'cpu', isSoftware: false } as const,
    { ...gpu, description: 'NVIDIA T4', isSoftware: false },
    { ...gpu, name: 'Vulkan1', description: 'llvmpipe', isSoftware: true },
  ];
  const resolve = await placePackages(home, ['linux-x64-cuda', 'linux-x64-vulkan']);
  const search = { platform: 'linux', arch: 'x64', resolve } as const;
  const probe: NonNullable<ChoiceOptions['probe']> = async ({ device }) => {
    if (device === 'cuda') throw new EnvironmentError('loading the library failed with signal SIGSEGV');
    return { version: '1', devices };
  };
  const given = { ...options(), probe };
  expect(await diagnose(devicesCheck, { ...given, search: { resolve: () => undefined } })).toBe(
    'ok: cpu only: no package for a GPU is installed',
  );
  expect(await diagnose(devicesCheck, { ...given, search })).toBe(
    'ok: cuda: loading the library failed with signal SIGSEGV | vulkan: 0: Vulkan0 NVIDIA T4, 2.0 GiB of 4.0 GiB free; 1: Vulkan1 llvmpipe (software), 2.0 GiB of 4.0 GiB free',
  );
});
