import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EnvironmentError, UsageError } from '../../core/errors.ts';

/** Release of the `@node-llama-cpp` packages whose library the struct layouts here belong to. */
export const pinnedPackageVersion = '3.22.1';

/** GPUs by what computes on them, in the order in which they are preferred. */
const gpuKinds = ['cuda', 'metal', 'vulkan'] as const;
export type GpuKind = (typeof gpuKinds)[number];

/** Where the native library lies, and what it was built for. */
export interface LibraryLocation {
  readonly packageName: string;
  readonly packageVersion: string;
  readonly device: 'cpu' | GpuKind;
  /** Folder that holds the library and its back-ends. */
  readonly directory: string;
  readonly llama: string;
  readonly ggml: string;
  readonly ggmlBase: string;
  /** The CPU back-end to load; undefined: the library chooses the best for this processor. */
  readonly cpuBackend: string | undefined;
  /** The back-end of a GPU: its file, which needs the driver's. */
  readonly gpuBackend: string | undefined;
  /** The same for an older driver, of a package of its own; tried where `gpuBackend` can't be loaded. */
  readonly olderGpuBackend: string | undefined;
}

/** Path of a package's entry file, or undefined where it isn't installed. */
type Resolve = (packageName: string) => string | undefined;

export interface LibrarySearch {
  readonly platform?: string;
  readonly arch?: string;
  readonly resolve?: Resolve;
}

/** Packages by device. */
type HostPackages = Partial<Record<LibraryLocation['device'], string>>;

const packagesByHost: Readonly<Record<string, HostPackages>> = {
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

/** Packages for a GPU have its kind in the names of their libraries: `libllama.cuda.v0.5.0.so`. */
function libraryFile(directory: string, name: string): string | undefined {
  if (!existsSync(directory)) return undefined;
  const pattern = new RegExp(`^(lib)?${name}(\\.(cuda|vulkan|metal))?(\\.v[0-9.]+)?\\.(so|dylib|dll)$`);
  const file = readdirSync(directory).find((entry) => pattern.test(entry));
  return file === undefined ? undefined : join(directory, file);
}

/** The command that installs a package of the release that is known here. */
export function installCommand(packageName: string): string {
  return `npm install ${packageName}@${pinnedPackageVersion}`;
}

function installHint(packageName: string): string {
  return `Run \`${installCommand(packageName)}\`.`;
}

/** CUDA's back-end for the driver before: a package that holds nothing else. */
function olderBackend(name: string, resolve: Resolve): string | undefined {
  const entry = resolve(`@node-llama-cpp/${name}-ext`);
  return entry === undefined
    ? undefined
    : libraryFile(join(dirname(dirname(entry)), 'bins', name, 'fallback'), 'ggml-cuda');
}

function describePackage(
  device: LibraryLocation['device'],
  name: string,
  entry: string,
  resolve: Resolve,
): LibraryLocation {
  const packageName = `@node-llama-cpp/${name}`;
  const root = dirname(dirname(entry));
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const version = manifest instanceof Object && 'version' in manifest ? String(manifest.version) : 'unknown';
  if (version !== pinnedPackageVersion) {
    const message = `${packageName} is version ${version}, expected ${pinnedPackageVersion}`;
    throw new EnvironmentError(message, { hint: installHint(packageName) });
  }
  const directory = join(root, 'bins', name);
  const [llama, ggml, ggmlBase] = ['llama', 'ggml', 'ggml-base'].map((each) => libraryFile(directory, each));
  if (llama === undefined || ggml === undefined || ggmlBase === undefined) {
    throw new EnvironmentError(`${directory}: the llama.cpp library is missing from ${packageName}`, {
      hint: `${installHint(packageName)} If that doesn't help, remove node_modules first.`,
    });
  }
  return {
    packageName,
    packageVersion: version,
    device,
    directory,
    llama,
    ggml,
    ggmlBase,
    cpuBackend: undefined,
    gpuBackend: device === 'cpu' ? undefined : libraryFile(directory, `ggml-${device}`),
    olderGpuBackend: device === 'cuda' ? olderBackend(name, resolve) : undefined,
  };
}

/** Names of the packages for this host, by device. */
function packagesOf({ platform = process.platform, arch = process.arch }: LibrarySearch): HostPackages {
  const host = `${platform}-${arch}`;
  const packages = packagesByHost[host];
  if (packages === undefined) {
    throw new EnvironmentError(`no prebuilt llama.cpp library for ${host}`, {
      hint: `Use one of ${Object.keys(packagesByHost).join(', ')}.`,
    });
  }
  return packages;
}

/**
 * The package for a device of this host.
 *
 * @returns undefined where there is none
 * @throws {EnvironmentError} if there is none for this host at all
 */
export function packageFor(device: LibraryLocation['device'], search: LibrarySearch = {}): string | undefined {
  const name = packagesOf(search)[device];
  return name === undefined ? undefined : `@node-llama-cpp/${name}`;
}

/** Kinds of GPUs whose packages are installed, in the order in which they are tried. */
export function installedGpuKinds(search: LibrarySearch = {}): readonly GpuKind[] {
  const { resolve = resolveInstalled } = search;
  return gpuKinds.filter((kind) => {
    const name = packageFor(kind, search);
    return name !== undefined && resolve(name) !== undefined;
  });
}

/**
 * Finds the installed llama.cpp library for a device.
 *
 * @throws {EnvironmentError} naming the npm package where none is installed, or the wrong version is
 * @throws {UsageError} if no package exists for this device on this platform
 */
export function findLibrary(device: LibraryLocation['device'], search: LibrarySearch = {}): LibraryLocation {
  const { platform = process.platform, arch = process.arch, resolve = resolveInstalled } = search;
  const packages = packagesOf(search);
  const name = packages[device];
  if (name === undefined) {
    const known = Object.keys(packages).join(', ');
    throw new UsageError(`device "${device}" isn't available on ${platform}-${arch}; known: ${known}`);
  }
  const entry = resolve(`@node-llama-cpp/${name}`);
  if (entry !== undefined) return describePackage(device, name, entry, resolve);
  throw new EnvironmentError(`the llama.cpp library isn't installed: no package @node-llama-cpp/${name}`, {
    hint: installHint(`@node-llama-cpp/${name}`),
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
