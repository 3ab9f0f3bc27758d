import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../../../test/setup/test-settings.ts';
import { findLibrary, pinnedPackageVersion, withKernels } from './library-location.ts';

async function install(folder: string, name: string, version: string, files: readonly string[]): Promise<string> {
  const root = join(folder, name);
  await mkdir(join(root, 'dist'), { recursive: true });
  await mkdir(join(root, 'bins', name), { recursive: true });
  await writeFile(join(root, 'package.json'), JSON.stringify({ version }));
  for (const file of files) await writeFile(join(root, 'bins', name, file), '');
  return join(root, 'dist', 'index.js');
}

const libraryFiles = ['libllama.v0.5.0.so', 'libggml.v0.5.0.so', 'libggml-base.so', 'libllama-common.so'];
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

  it('refuses another release, and a package without its library', async () => {
    await using folder = await testFolder();
    const old = await install(folder.path, 'linux-x64', '3.0.0', libraryFiles);
    expect(() => findLibrary('cpu', { ...linux, resolve: () => old })).toThrow(
      `@node-llama-cpp/linux-x64 is version 3.0.0, expected ${pinnedPackageVersion}`,
    );
    const empty = await install(folder.path, 'linux-arm64', pinnedPackageVersion, []);
    expect(() => findLibrary('cpu', { platform: 'linux', arch: 'arm64', resolve: () => empty })).toThrow(
      'the llama.cpp library is missing from @node-llama-cpp/linux-arm64',
    );
  });
});

describe('withKernels', () => {
  const variants = ['libggml-cpu-haswell.so', 'libggml-cpu-x64.so'];

  it('takes the variant of that name', async () => {
    await using folder = await testFolder();
    const entry = await install(folder.path, 'linux-x64', pinnedPackageVersion, [...libraryFiles, ...variants]);
    const location = findLibrary('cpu', { ...linux, resolve: () => entry });
    expect(withKernels(location, 'haswell').cpuBackend).toBe(join(location.directory, 'libggml-cpu-haswell.so'));
    expect(() => withKernels(location, 'm1')).toThrow(
      'no kernels "m1" in @node-llama-cpp/linux-x64; known: haswell, x64',
    );
  });

  it('refuses a GPU', async () => {
    await using folder = await testFolder();
    const entry = await install(folder.path, 'linux-x64-cuda', pinnedPackageVersion, [...libraryFiles, ...variants]);
    const location = findLibrary('cuda', { ...linux, resolve: () => entry });
    expect(() => withKernels(location, 'haswell')).toThrow('are for the CPU, but the device is "cuda"');
  });
});
