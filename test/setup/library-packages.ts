import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pinnedPackageVersion } from '../../src/engines/llama-cpp/library-location.ts';

/**
 * What lies beside the libraries of each `@node-llama-cpp` package, one variant of CPU kernels kept of many. Those of
 * Linux are of release 3.22.1; those of macOS and Windows of 3.21.1, whose number in the names is 0.4.0.
 */
export const packageFiles = {
  'linux-arm64': [
    '_nlcBuildMetadata.json',
    'libggml-base.so',
    'libggml-cpu-armv8.0_1.so',
    'libggml.v0.5.0.so',
    'libllama-common.so',
    'libllama.v0.5.0.so',
    'llama-addon.node',
  ],
  'linux-armv7l': [
    '_nlcBuildMetadata.json',
    'libggml-base.so',
    'libggml-cpu.so',
    'libggml.v0.5.0.so',
    'libllama-common.so',
    'libllama.v0.5.0.so',
    'llama-addon.node',
  ],
  'linux-x64': [
    '_nlcBuildMetadata.json',
    'libggml-base.so',
    'libggml-cpu-haswell.so',
    'libggml.v0.5.0.so',
    'libllama-common.so',
    'libllama.v0.5.0.so',
    'llama-addon.node',
  ],
  'linux-x64-cuda': [
    '_nlcBuildMetadata.json',
    'libggml-base.so',
    'libggml-cpu-haswell.so',
    'libggml-cuda.so',
    'libggml.cuda.v0.5.0.so',
    'libllama-common.so',
    'libllama.cuda.v0.5.0.so',
    'llama-addon.node',
  ],
  'linux-x64-cuda-ext': ['fallback/libggml-cuda.so'],
  'linux-x64-vulkan': [
    '_nlcBuildMetadata.json',
    'libggml-base.so',
    'libggml-cpu-haswell.so',
    'libggml-vulkan.so',
    'libggml.vulkan.v0.5.0.so',
    'libllama-common.so',
    'libllama.vulkan.v0.5.0.so',
    'llama-addon.node',
  ],
  'mac-arm64-metal': [
    '_nlcBuildMetadata.json',
    'libggml-base.dylib',
    'libggml-blas.so',
    'libggml-cpu-apple_m1.so',
    'libggml-metal.so',
    'libggml.metal.v0.4.0.dylib',
    'libllama-common.dylib',
    'libllama.metal.v0.4.0.dylib',
    'llama-addon.node',
  ],
  'mac-x64': [
    '_nlcBuildMetadata.json',
    'libggml-base.dylib',
    'libggml-blas.so',
    'libggml-cpu-haswell.so',
    'libggml.v0.4.0.dylib',
    'libllama-common.dylib',
    'libllama.v0.4.0.dylib',
    'llama-addon.node',
  ],
  'win-arm64': [
    '_nlcBuildMetadata.json',
    'ggml-base.dll',
    'ggml-cpu.dll',
    'ggml.v0.4.0.dll',
    'llama-addon.lib',
    'llama-addon.node',
    'llama-common.dll',
    'llama.v0.4.0.dll',
  ],
  'win-x64': [
    '_nlcBuildMetadata.json',
    'ggml-base.dll',
    'ggml-cpu-haswell.dll',
    'ggml.v0.4.0.dll',
    'llama-addon.lib',
    'llama-addon.node',
    'llama-common.dll',
    'llama.v0.4.0.dll',
  ],
  'win-x64-cuda': [
    '_nlcBuildMetadata.json',
    'ggml-base.dll',
    'ggml-cpu-haswell.dll',
    'ggml-cuda.dll',
    'ggml.cuda.v0.4.0.dll',
    'llama-addon.exp',
    'llama-addon.lib',
    'llama-addon.node',
    'llama-common.dll',
    'llama.cuda.v0.4.0.dll',
  ],
  'win-x64-cuda-ext': ['fallback/ggml-cuda.dll'],
  'win-x64-vulkan': [
    '_nlcBuildMetadata.json',
    'ggml-base.dll',
    'ggml-cpu-haswell.dll',
    'ggml-vulkan.dll',
    'ggml.vulkan.v0.4.0.dll',
    'llama-addon.lib',
    'llama-addon.node',
    'llama-common.dll',
    'llama.vulkan.v0.4.0.dll',
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type PackageName = keyof typeof packageFiles;

/** A package of empty files; the way to its entry file. */
async function place(folder: string, name: string, version: string, files: readonly string[]): Promise<string> {
  const root = join(folder, name);
  const bins = join(root, 'bins', name.replace(/-ext$/, ''));
  await mkdir(join(root, 'dist'), { recursive: true });
  await mkdir(bins, { recursive: true });
  await writeFile(join(root, 'package.json'), JSON.stringify({ version }));
  for (const file of files) {
    await mkdir(dirname(join(bins, file)), { recursive: true });
    await writeFile(join(bins, file), '');
  }
  return join(root, 'dist', 'index.js');
}

export interface PlaceOptions {
  readonly version?: string;
  readonly files?: readonly string[];
}

/** Packages in a folder, as if they were installed: how they are resolved. */
export async function placePackages(
  folder: string,
  names: readonly PackageName[],
  { version = pinnedPackageVersion, files }: PlaceOptions = {},
): Promise<(packageName: string) => string | undefined> {
  const entries = new Map<string, string>();
  for (const name of names) {
    entries.set(`@node-llama-cpp/${name}`, await place(folder, name, version, files ?? packageFiles[name]));
  }
  return (packageName) => entries.get(packageName);
}
