import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EnvironmentError, UsageError } from '../../core/errors.ts';
import type { DeviceChoice } from '../../core/llama-settings.ts';

/** Release of the `@node-llama-cpp` packages whose library the struct layouts here belong to. */
export const pinnedPackageVersion = '3.22.1';

/** Where the native library lies, and what it was built for. */
export interface LibraryLocation {
  readonly packageName: string;
  readonly packageVersion: string;
  readonly device: Exclude<DeviceChoice, 'auto'>;
  /** Folder that holds the library and its back-ends. */
  readonly directory: string;
  readonly llama: string;
  readonly ggml: string;
  readonly ggmlBase: string;
  /** The CPU back-end to load; undefined: the library chooses the best for this processor. */
  readonly cpuBackend: string | undefined;
}

export interface LibrarySearch {
  readonly platform?: string;
  readonly arch?: string;
  /** Path of a package's entry file, or undefined where it isn't installed. */
  readonly resolve?: (packageName: string) => string | undefined;
}

/** By device, in the order that `auto` tries; the CPU comes last. */
const packagesByHost: Readonly<Record<string, Partial<Record<LibraryLocation['device'], string>>>> = {
  'linux-x64': { cuda: 'linux-x64-cuda', vulkan: 'linux-x64-vulkan', cpu: 'linux-x64' },
  'linux-arm64': { cpu: 'linux-arm64' },
  'linux-arm': { cpu: 'linux-armv7l' },
  'darwin-arm64': { metal: 'mac-arm64-metal', cpu: 'mac-arm64-metal' },
  'darwin-x64': { cpu: 'mac-x64' },
  'win32-x64': { cuda: 'win-x64-cuda', vulkan: 'win-x64-vulkan', cpu: 'win-x64' },
  'win32-arm64': { cpu: 'win-arm64' },
};

function resolveInstalled(packageName: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(packageName);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

function libraryFile(directory: string, name: string): string | undefined {
  const pattern = new RegExp(`^(lib)?${name}(\\.v[0-9.]+)?\\.(so|dylib|dll)$`);
  const file = readdirSync(directory).find((entry) => pattern.test(entry));
  return file === undefined ? undefined : join(directory, file);
}

function installHint(packageName: string): string {
  return `Run \`npm install ${packageName}@${pinnedPackageVersion}\`.`;
}

function describePackage(device: LibraryLocation['device'], name: string, entry: string): LibraryLocation {
  const packageName = `@node-llama-cpp/${name}`;
  const root = dirname(dirname(entry));
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const version = manifest instanceof Object && 'version' in manifest ? String(manifest.version) : 'unknown';
  if (version !== pinnedPackageVersion) {
    const message = `${packageName} is version ${version}, expected ${pinnedPackageVersion}`;
    throw new EnvironmentError(message, { hint: installHint(packageName) });
  }
  const directory = join(root, 'bins', name);
  const found = existsSync(directory) && {
    llama: libraryFile(directory, 'llama'),
    ggml: libraryFile(directory, 'ggml'),
    ggmlBase: libraryFile(directory, 'ggml-base'),
  };
  if (!found || found.llama === undefined || found.ggml === undefined || found.ggmlBase === undefined) {
    throw new EnvironmentError(`${directory}: the llama.cpp library is missing from ${packageName}`, {
      hint: `${installHint(packageName)} If that doesn't help, remove node_modules first.`,
    });
  }
  const { llama, ggml, ggmlBase } = found;
  return { packageName, packageVersion: version, device, directory, llama, ggml, ggmlBase, cpuBackend: undefined };
}

/**
 * Finds the installed llama.cpp library for a device.
 *
 * @throws {EnvironmentError} naming the npm package where none is installed, or the wrong version is
 * @throws {UsageError} if no package exists for this device on this platform
 */
export function findLibrary(choice: DeviceChoice, search: LibrarySearch = {}): LibraryLocation {
  const { platform = process.platform, arch = process.arch, resolve = resolveInstalled } = search;
  const host = `${platform}-${arch}`;
  const packages = packagesByHost[host];
  if (packages === undefined) {
    throw new EnvironmentError(`no prebuilt llama.cpp library for ${host}`, {
      hint: `Use one of ${Object.keys(packagesByHost).join(', ')}.`,
    });
  }
  for (const device of ['cuda', 'metal', 'vulkan', 'cpu'] as const) {
    const name = packages[device];
    if (name === undefined || (choice !== 'auto' && choice !== device)) continue;
    const entry = resolve(`@node-llama-cpp/${name}`);
    if (entry !== undefined) return describePackage(device, name, entry);
  }
  const missing = packages[choice === 'auto' ? 'cpu' : choice];
  if (missing === undefined) {
    throw new UsageError(`device "${choice}" isn't available on ${host}; known: ${Object.keys(packages).join(', ')}`);
  }
  throw new EnvironmentError(`the llama.cpp library isn't installed: no package @node-llama-cpp/${missing}`, {
    hint: installHint(`@node-llama-cpp/${missing}`),
  });
}

/**
 * A library that computes with one variant of its CPU kernels, such as `haswell`, on processors that could do more:
 * variants round differently, which changes answers of quantised models.
 *
 * @throws {UsageError} naming the variants that the library has
 */
export function withKernels(location: LibraryLocation, kernels: string): LibraryLocation {
  if (location.device !== 'cpu') {
    throw new UsageError(`kernels "${kernels}" are for the CPU, but the device is "${location.device}"`, {
      hint: 'Leave `kernels` out, or set `device: cpu`.',
    });
  }
  const variants = new Map(
    readdirSync(location.directory).flatMap((file): [string, string][] => {
      const name = /^(?:lib)?ggml-cpu-(.+)\.(?:so|dylib|dll)$/.exec(file)?.[1];
      return name === undefined ? [] : [[name, join(location.directory, file)]];
    }),
  );
  const cpuBackend = variants.get(kernels);
  if (cpuBackend === undefined) {
    const known = [...variants.keys()].toSorted().join(', ');
    throw new UsageError(`no kernels "${kernels}" in ${location.packageName}; known: ${known || 'none'}`);
  }
  return { ...location, cpuBackend };
}
