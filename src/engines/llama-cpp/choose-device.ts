import { EnvironmentError } from '../../core/errors.ts';
import type { DeviceChoice, LlamaOptions } from '../../core/llama-settings.ts';
import type { PlacementPlan } from '../../gguf/plan-placement.ts';
import { readGpuDevices } from '../../meters/devices/gpu-tools.ts';
import {
  findLibrary,
  type GpuKind,
  installCommand,
  installedGpuKinds,
  type LibraryLocation,
  type LibrarySearch,
  packageFor,
  withKernels,
} from './library-location.ts';
import { gpusOf, type NativeDevice } from './native/native-devices.ts';
import { type DeviceProbe, probeDevices } from './probe-devices.ts';

/** The library that a model is computed with, and on what. */
export interface ChosenDevice {
  readonly location: LibraryLocation;
  /** The GPUs that may be used, with their memory when they were first asked; none: the CPU alone computes. */
  readonly devices: readonly NativeDevice[];
  /** The choice and its reason as a predicate, such as `computes on NVIDIA A10 (cuda)`, where it tells something. */
  readonly note: string | undefined;
  /** What would let a GPU compute, as imperative sentences, where one might. */
  readonly mend: string | undefined;
}

/** What of the machine a choice depends on; given by tests. */
export interface ChoiceOptions {
  readonly search?: LibrarySearch;
  readonly probe?: (location: LibraryLocation, options?: { readonly showSoftware?: boolean }) => Promise<DeviceProbe>;
  /** Names of the GPUs that the vendors' tools show. */
  readonly gpuNames?: () => Promise<readonly string[]>;
}

/** Why no GPU is used, and what to do about it in imperative sentences. */
interface Obstacle {
  readonly reason: string;
  readonly mend: string;
}

const kindNames: Readonly<Record<GpuKind, string>> = { cuda: 'CUDA', metal: 'Metal', vulkan: 'Vulkan' };

/** What brings a file that the back-end of a GPU needs. */
function mendMissing(file: string): string {
  if (file.startsWith('libvulkan')) return 'Install the Vulkan loader (Debian: apt-get install libvulkan1).';
  if (file.startsWith('libcuda.')) return "Install NVIDIA's driver, and check that nvidia-smi works.";
  const older = installCommand('@node-llama-cpp/linux-x64-cuda-ext');
  return `Install NVIDIA's driver and the runtime libraries of CUDA 13; with those of CUDA 12, run \`${older}\`.`;
}

const driverMends: Readonly<Record<GpuKind, string>> = {
  cuda: 'Check that nvidia-smi shows a GPU, and that CUDA_VISIBLE_DEVICES does not hide it.',
  metal: 'Set `device: cpu`.',
  vulkan: "Install the GPU's Vulkan driver (Debian: apt-get install mesa-vulkan-drivers, or NVIDIA's driver).",
};

function onlySoftware(kind: GpuKind, { description }: NativeDevice, mend: string): Obstacle {
  return { reason: `the only ${kindNames[kind]} device is ${description}, a software one`, mend };
}

/** Why the library has no GPU to compute on. */
async function explainNoGpu(
  kind: GpuKind,
  location: LibraryLocation,
  { problem }: DeviceProbe,
  probe: NonNullable<ChoiceOptions['probe']>,
): Promise<Obstacle> {
  const missing = /([\w.+-]+\.so[\d.]*): cannot open/u.exec(problem ?? '')?.[1];
  if (missing !== undefined) {
    return { reason: `${location.packageName} needs ${missing}, which is missing`, mend: mendMissing(missing) };
  }
  if (problem !== undefined) {
    return { reason: `${location.packageName} can't be loaded: ${problem}`, mend: driverMends[kind] };
  }
  const [hidden] = kind === 'vulkan' ? gpusOf((await probe(location, { showSoftware: true })).devices) : [];
  if (hidden?.isSoftware !== true) return { reason: `${kindNames[kind]} finds no device`, mend: driverMends[kind] };
  const anyway =
    'To compute with the software one, set `device: vulkan`, and GGML_VK_VISIBLE_DEVICES=0 in the environment.';
  return onlySoftware(kind, hidden, `${driverMends[kind]} ${anyway}`);
}

/** The GPUs of an installed library, or why there are none. */
async function askKind(
  kind: GpuKind,
  acceptsSoftware: boolean,
  { search, probe = probeDevices }: ChoiceOptions,
): Promise<ChosenDevice | Obstacle> {
  const location = findLibrary(kind, search);
  const found = await probe(location);
  const gpus = gpusOf(found.devices);
  const devices = gpus.filter(({ isSoftware }) => acceptsSoftware || !isSoftware);
  if (devices.length > 0) return { location, devices, note: computesOn(devices, kind), mend: undefined };
  const software = gpus[0];
  if (software === undefined) return explainNoGpu(kind, location, found, probe);
  return onlySoftware(kind, software, `Set \`device: ${kind}\` to compute with it all the same.`);
}

function computesOn(devices: readonly NativeDevice[], kind: LibraryLocation['device']): string {
  return `computes on ${deviceNames(devices, kind)}`;
}

/** `2 x NVIDIA A10 (cuda)` */
function deviceNames(devices: readonly NativeDevice[], kind: LibraryLocation['device']): string {
  const names = [...Map.groupBy(devices, ({ description }) => description)].map(([name, alike]) =>
    alike.length === 1 ? name : `${alike.length} x ${name}`,
  );
  const isSoftware = devices.every((device) => device.isSoftware);
  return `${names.join(', ')} (${isSoftware ? 'software, ' : ''}${kind})`;
}

/** `ChosenDevice.note` once the layers of a model are placed: it says where they are. */
export function placedNote(
  { devices, location: { device: kind }, note }: ChosenDevice,
  { gpus, gpuLayers, allLayers }: PlacementPlan,
): string | undefined {
  if (devices.length === 0) return note;
  if (gpuLayers === 0)
    return `computes on the CPU: none of its ${allLayers} layers is on ${deviceNames(devices, kind)}`;
  const used = devices.filter(({ name }) => gpus.some((gpu) => gpu.name === name && gpu.layers > 0));
  if (gpuLayers === allLayers) return computesOn(used, kind);
  return `computes ${gpuLayers} of ${allLayers} layers on ${deviceNames(used, kind)}, the others on the CPU`;
}

async function installedGpuNames(): Promise<readonly string[]> {
  return (await readGpuDevices()).map(({ name }) => name);
}

/** Why a GPU that the vendor's tool shows isn't used: the package for it isn't installed. */
function notInstalled(
  [name]: readonly string[],
  installed: readonly GpuKind[],
  search: LibrarySearch | undefined,
): Obstacle | undefined {
  if (name === undefined) return undefined;
  const kind = /nvidia/iu.test(name) ? 'cuda' : 'vulkan';
  const packageName = packageFor(kind, search);
  if (packageName === undefined || installed.includes(kind)) return undefined;
  return {
    reason: `${name} needs ${packageName}, which isn't installed`,
    mend: `Run \`${installCommand(packageName)}\`.`,
  };
}

async function chooseByItself(options: ChoiceOptions): Promise<ChosenDevice> {
  const { search, gpuNames = installedGpuNames } = options;
  const obstacles: Obstacle[] = [];
  const kinds = installedGpuKinds(search);
  for (const kind of kinds) {
    try {
      const found = await askKind(kind, false, options);
      if ('location' in found) return found;
      obstacles.push(found);
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      obstacles.push({ reason: error.message, mend: error.hint ?? '' });
    }
  }
  const absent = notInstalled(await gpuNames(), kinds, search);
  if (absent !== undefined) obstacles.push(absent);
  const location = findLibrary('cpu', search);
  if (obstacles.length === 0) return { location, devices: [], note: undefined, mend: undefined };
  const note = `computes on the CPU: ${obstacles.map(({ reason }) => reason).join('; ')}`;
  return { location, devices: [], note, mend: obstacles.map(({ mend }) => mend).join(' ') };
}

/**
 * What a model is computed on. `auto` takes the first kind of GPU with a real device, else the CPU; never a software
 * device, which is slower than the CPU that it runs on.
 *
 * @throws {EnvironmentError} naming what is missing, where a device was asked for by its name
 * @throws {UsageError} if no package exists for this device on this platform
 */
export async function chooseDevice(choice: DeviceChoice, options: ChoiceOptions = {}): Promise<ChosenDevice> {
  if (choice === 'auto') return chooseByItself(options);
  if (choice === 'cpu') {
    return { location: findLibrary('cpu', options.search), devices: [], note: undefined, mend: undefined };
  }
  const found = await askKind(choice, true, options);
  if ('location' in found) return found;
  throw new EnvironmentError(`device "${choice}": ${found.reason}`, { hint: found.mend });
}

/**
 * What a model with these settings is computed on.
 *
 * @throws what `chooseDevice` and `withKernels` throw
 */
export async function chooseFor(
  { device, kernels }: Pick<LlamaOptions, 'device' | 'kernels'>,
  choose: typeof chooseDevice = chooseDevice,
): Promise<ChosenDevice> {
  if (kernels === undefined) return choose(device);
  // Kernels are the CPU's.
  const chosen = await choose(device === 'auto' ? 'cpu' : device);
  return { ...chosen, location: withKernels(chosen.location, kernels) };
}
