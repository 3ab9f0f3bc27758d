import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { placePackages } from '../../../test/setup/library-packages.ts';
import { testFolder } from '../../../test/setup/test-settings.ts';
import { findLibrary, installedGpuKinds, pinnedPackageVersion, withKernels } from './library-location.ts';

const linux = { platform: 'linux', arch: 'x64' };

describe('findLibrary', () => {
  it('finds the one that is installed here', () => {
    expect(findLibrary('cpu')).toMatchObject({ device: 'cpu', packageVersion: pinnedPackageVersion });
  });

  it('names the package to install', () => {
    const search = { ...linux, resolve: () => undefined };
    expect(() => findLibrary('cpu', search)).toThrow("isn't installed: no package @node-llama-cpp/linux-x64");
    expect(() => findLibrary('cuda', search)).toThrow('@node-llama-cpp/linux-x64-cuda');
    expect(() => findLibrary('metal', search)).toThrow(
      'device "metal" isn\'t available on linux-x64; known: cuda, vulkan, cpu',
    );
    expect(() => findLibrary('cpu', { platform: 'sunos', arch: 'x64' })).toThrow('no prebuilt llama.cpp library');
  });

  it.each([
    ['linux', 'x64', 'cpu', 'linux-x64', 'libllama.v0.5.0.so libggml.v0.5.0.so libggml-base.so'],
    ['linux', 'arm64', 'cpu', 'linux-arm64', 'libllama.v0.5.0.so libggml.v0.5.0.so libggml-base.so'],
    ['linux', 'arm', 'cpu', 'linux-armv7l', 'libllama.v0.5.0.so libggml.v0.5.0.so libggml-base.so'],
    [
      'linux',
      'x64',
      'cuda',
      'linux-x64-cuda',
      'libllama.cuda.v0.5.0.so libggml.cuda.v0.5.0.so libggml-base.so libggml-cuda.so',
    ],
    [
      'linux',
      'x64',
      'vulkan',
      'linux-x64-vulkan',
      'libllama.vulkan.v0.5.0.so libggml.vulkan.v0.5.0.so libggml-base.so libggml-vulkan.so',
    ],
    ['darwin', 'x64', 'cpu', 'mac-x64', 'libllama.v0.4.0.dylib libggml.v0.4.0.dylib libggml-base.dylib'],
    [
      'darwin',
      'arm64',
      'metal',
      'mac-arm64-metal',
      'libllama.metal.v0.4.0.dylib libggml.metal.v0.4.0.dylib libggml-base.dylib libggml-metal.so',
    ],
    [
      'darwin',
      'arm64',
      'cpu',
      'mac-arm64-metal',
      'libllama.metal.v0.4.0.dylib libggml.metal.v0.4.0.dylib libggml-base.dylib',
    ],
    ['win32', 'x64', 'cpu', 'win-x64', 'llama.v0.4.0.dll ggml.v0.4.0.dll ggml-base.dll'],
    ['win32', 'arm64', 'cpu', 'win-arm64', 'llama.v0.4.0.dll ggml.v0.4.0.dll ggml-base.dll'],
    ['win32', 'x64', 'cuda', 'win-x64-cuda', 'llama.cuda.v0.4.0.dll ggml.cuda.v0.4.0.dll ggml-base.dll ggml-cuda.dll'],
    [
      'win32',
      'x64',
      'vulkan',
      'win-x64-vulkan',
      'llama.vulkan.v0.4.0.dll ggml.vulkan.v0.4.0.dll ggml-base.dll ggml-vulkan.dll',
    ],
  ] as const)('finds the libraries of %s %s for %s in %s', async (platform, arch, device, name, files) => {
    await using folder = await testFolder();
    const resolve = await placePackages(folder.path, [name]);
    const { llama, ggml, ggmlBase, gpuBackend, directory } = findLibrary(device, { platform, arch, resolve });
    const found = [llama, ggml, ggmlBase, ...(gpuBackend === undefined ? [] : [gpuBackend])];
    expect(found).toEqual(files.split(' ').map((file) => join(directory, file)));
  });

  it("finds CUDA's back-end for the release before, where its package is installed", async () => {
    await using folder = await testFolder();
    const alone = await placePackages(folder.path, ['linux-x64-cuda']);
    expect(findLibrary('cuda', { ...linux, resolve: alone }).olderGpuBackend).toBeUndefined();
    const both = await placePackages(folder.path, ['linux-x64-cuda', 'linux-x64-cuda-ext']);
    expect(findLibrary('cuda', { ...linux, resolve: both }).olderGpuBackend).toBe(
      join(folder.path, 'linux-x64-cuda-ext/bins/linux-x64-cuda/fallback/libggml-cuda.so'),
    );
  });

  it('tells which kinds of GPUs have their package here', async () => {
    await using folder = await testFolder();
    const resolve = await placePackages(folder.path, ['linux-x64', 'linux-x64-vulkan', 'linux-x64-cuda']);
    expect(installedGpuKinds({ ...linux, resolve })).toEqual(['cuda', 'vulkan']);
    expect(installedGpuKinds({ ...linux, resolve: () => undefined })).toEqual([]);
  });

  it('refuses another release, and a package without its library', async () => {
    await using folder = await testFolder();
    const old = await placePackages(folder.path, ['linux-x64'], { version: '3.0.0' });
    expect(() => findLibrary('cpu', { ...linux, resolve: old })).toThrow(
      `@node-llama-cpp/linux-x64 is version 3.0.0, expected ${pinnedPackageVersion}`,
    );
    const empty = await placePackages(folder.path, ['linux-arm64'], { files: [] });
    expect(() => findLibrary('cpu', { platform: 'linux', arch: 'arm64', resolve: empty })).toThrow(
      'the llama.cpp library is missing from @node-llama-cpp/linux-arm64',
    );
  });
});

describe('withKernels', () => {
  it('takes the variant of that name', async () => {
    await using folder = await testFolder();
    const files = ['libllama.v0.5.0.so', 'libggml.v0.5.0.so', 'libggml-base.so'];
    const kernels = ['libggml-cpu-haswell.so', 'libggml-cpu-x64.so'];
    const resolve = await placePackages(folder.path, ['linux-x64'], { files: [...files, ...kernels] });
    const location = findLibrary('cpu', { ...linux, resolve });
    expect(basename(withKernels(location, 'haswell').cpuBackend ?? '')).toBe('libggml-cpu-haswell.so');
    expect(() => withKernels(location, 'm1')).toThrow(
      'no kernels "m1" in @node-llama-cpp/linux-x64; known: haswell, x64',
    );
  });

  it('refuses a GPU', async () => {
    await using folder = await testFolder();
    const resolve = await placePackages(folder.path, ['linux-x64-cuda']);
    const location = findLibrary('cuda', { ...linux, resolve });
    expect(() => withKernels(location, 'haswell')).toThrow('are for the CPU, but the device is "cuda"');
  });
});
