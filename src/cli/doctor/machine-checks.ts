import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentText, sizeText } from '../../core/amount-text.ts';
import type { DeviceReadings } from '../../core/meter.ts';
import { createDeviceMeter, type DeviceFindings } from '../../meters/devices/device-meter.ts';
import { readHostFacts } from '../../meters/host-facts.ts';
import { memoryLimitBytes } from '../../meters/host-limits.ts';
import { createHostMeter } from '../../meters/host-meter.ts';
import { ifTold, systemFolders } from '../../meters/proc-file.ts';
import { readProcessMemory, resetMemoryPeak } from '../../meters/processes.ts';
import { thisSystem } from '../../meters/systems/this-system.ts';
import { createRaplMeter } from '../../meters/rapl.ts';
import { type DoctorCheck, type DoctorOptions, fail, ok, warn } from './doctor-check.ts';

/** Systems whose readers have only seen answers that were written after the documentation. */
const unseenReaders: ReadonlySet<string> = new Set(['darwin', 'win32']);

export const platformCheck: DoctorCheck = {
  name: 'platform',
  async run({ platform = process.platform, architecture = process.arch }) {
    const here = `${platform} ${architecture}`;
    if (here === 'linux x64') return ok(here);
    const mend = 'Compare a first run with the figures of the system itself; docs/platforms.md says what is known.';
    if (platform === 'linux') return warn(`${here}: perbench has never run here`, mend);
    const isRead = unseenReaders.has(platform);
    return warn(
      isRead
        ? `${here}: perbench has never run here; what it reads of the system was tested on texts written from documentation only`
        : `${here}: perbench has never run here, and has no reader of processes for it`,
      mend,
    );
  },
};

export const cpuCheck: DoctorCheck = {
  name: 'CPU',
  async run({ folders = systemFolders, gpuProgram = 'nvidia-smi' }) {
    const { cores, cpuModel, cpuQuotaCores, governor } = await readHostFacts({ folders, gpuProgram });
    const cpu = `${cores} ${cores === 1 ? 'core' : 'cores'}, ${cpuModel}`;
    if (cpuQuotaCores !== undefined) {
      const quota = Number(cpuQuotaCores.toFixed(2));
      return warn(
        `${cpu}, but a control group allows ${quota} cores of CPU time and stops all threads when it is used up`,
        `Raise the container's CPU limit, pin it to whole cores, or pass --threads ${Math.max(1, Math.floor(quota))}.`,
      );
    }
    if (governor !== undefined && governor !== 'performance') {
      return warn(
        `${cpu}, CPU governor "${governor}": speed depends on what ran before`,
        'Run sudo cpupower frequency-set --governor performance before measuring.',
      );
    }
    return ok(governor === undefined ? cpu : `${cpu}, CPU governor "${governor}"`);
  },
};

async function waitOrStop(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

const hostWatchMs = 1_000;
/** Above it a window is marked `host_busy`. */
const busyShare = 0.05;

export const hostBusyCheck: DoctorCheck = {
  name: 'other processes',
  async run({ system = thisSystem, clocks = {}, watchMs = hostWatchMs, wait = waitOrStop, signal }) {
    const window = await createHostMeter({ ...clocks, system }).start({ processIds: [] });
    await wait(watchMs, signal);
    const { isKnown, otherShare, stealMs, durationMs, cores } = await window.stop();
    if (!isKnown) {
      return warn(
        `${system.source} does not show the CPU use of other processes: busy windows go unnoticed`,
        'Keep the machine idle yourself, or measure on a Linux host with /proc/stat.',
      );
    }
    const percent = (share: number): string => percentText(share, 1);
    const steal = percent(stealMs / (durationMs * cores));
    const detail = `using ${percent(otherShare)} of the CPU now (hypervisor steal: ${steal})`;
    if (otherShare <= busyShare) return ok(detail);
    return warn(
      `${detail}; above ${percent(busyShare)} measurements are marked host_busy`,
      'Stop other programs (see top), or measure on another machine.',
    );
  },
};

export const processMemoryCheck: DoctorCheck = {
  name: 'memory of processes',
  async run({ system = thisSystem }) {
    const memory = readProcessMemory([process.pid], system);
    if (memory === undefined) {
      return fail(
        `${system.source} does not show process memory: the memory of models cannot be measured`,
        'Run perbench on Linux with /proc mounted.',
      );
    }
    if (!resetMemoryPeak([process.pid], system)) {
      return warn('peaks cannot be reset: they cover a whole launch, including loading', system.resetMend);
    }
    if (memory.doubt !== undefined) return warn(memory.doubt, 'Measure on Linux where a few percent matter.');
    return ok('readable, and peaks can be reset');
  },
};

/** Enough for each small model of the catalogue. */
const roomyBytes = 2 * 2 ** 30;
const minBytes = 512 * 2 ** 20;

export const memoryCheck: DoctorCheck = {
  name: 'memory',
  async run({ system = thisSystem, lowBytes = roomyBytes }) {
    const bytes = memoryLimitBytes(system);
    const detail = `${sizeText(bytes)} available`;
    if (bytes >= lowBytes) return ok(detail);
    const mend = "Close other programs, or raise the container's limit.";
    if (bytes >= minBytes) return warn(`${detail}: enough for the smallest models only`, mend);
    return fail(`${detail}: no model fits`, mend);
  },
};

const toolWatchMs = 1_200;
const firstReadingMs = 5_000;

async function watchDevices(options: DoctorOptions): Promise<DeviceFindings> {
  const { gpuProgram, amdProgram, watchMs = toolWatchMs, signal } = options;
  await using meter = createDeviceMeter({
    firstReadingMs,
    environment: options.settings.childEnvironment,
    nvidiaProgram: gpuProgram,
    amdProgram,
  });
  const first = await (await meter.start({ processIds: [] })).stop();
  if (first.window === undefined) return first;
  // As an engine that may use them all.
  const window = await meter.start({ processIds: [], gpus: 'all' });
  await waitOrStop(watchMs, signal);
  return await window.stop();
}

const quantities: readonly (readonly [name: string, reading: (device: DeviceReadings) => unknown])[] = [
  ['memory', ({ memoryPeakBytes }) => memoryPeakBytes],
  ['utilisation', ({ utilisation }) => utilisation],
  ['power', ({ powerMeanWatts }) => powerMeanWatts],
  ['clocks', ({ clockMeanMhz }) => clockMeanMhz],
  ['throttling', ({ throttledShare }) => throttledShare],
];

export const gpuTelemetryCheck: DoctorCheck = {
  name: 'GPU telemetry',
  async run(options) {
    const startedMs = performance.now();
    const { window } = await watchDevices(options);
    if (window === undefined) return ok('neither nvidia-smi nor amd-smi found: no GPU is monitored');
    const { tool, devices, gaps } = window;
    if (devices.length === 0) {
      const mend = `Fix the driver until ${tool} works on the command line; without it, memory, power and other processes of GPUs are unknown.`;
      return warn(gaps.join('; '), mend);
    }
    const missing = quantities.filter(([, reading]) => devices.some((device) => reading(device) === undefined));
    const problems = [
      ...(missing.length > 0 ? [`${tool} does not report ${missing.map(([name]) => name).join(', ')}`] : []),
      ...gaps,
    ];
    if (problems.length > 0) {
      const isSplit = devices.some(({ isPartitioned }) => isPartitioned);
      const mend = isSplit
        ? 'A GPU split into instances (MIG) reports little about each; measure energy on a whole GPU.'
        : 'Use a newer driver or a physical machine; missing quantities stay empty in results.';
      return warn(problems.join('; '), mend);
    }
    const readings = Math.min(...devices.map((device) => device.readings));
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    const number = `${devices.length} ${devices.length === 1 ? 'GPU' : 'GPUs'}`;
    const names = quantities.map(([name]) => name).join(', ');
    return ok(`${tool} reports ${names} of ${number}; ${readings} readings in ${seconds} s`);
  },
};

export const energyCheck: DoctorCheck = {
  name: 'energy',
  async run(options) {
    const { folders = systemFolders } = options;
    const rapl = createRaplMeter(folders.sys);
    const { window, energyParts, energyGaps } = await watchDevices(options);
    const sources = [
      ...(energyParts.length > 0 && window !== undefined ? [`GPU power from ${window.tool}`] : []),
      ...(rapl.domains.length > 0 ? [`CPU energy counters: ${rapl.domains.join(', ')}`] : []),
    ];
    if (rapl.problem !== undefined) {
      const mend = 'Run sudo chmod -R a+r /sys/class/powercap (until the next boot), or run perbench as root.';
      return warn([rapl.problem, ...sources].join('; '), mend);
    }
    if (energyGaps.length > 0) {
      const mend =
        'Measure on whole GPUs that report power; energy per answer is omitted while a GPU of the engine has gaps.';
      return warn([...energyGaps, ...sources].join('; '), mend);
    }
    if (sources.length > 0) return ok(sources.join(', '));
    return warn(
      'no energy source; energy per answer is omitted',
      'Measure on a host with a GPU or /sys/class/powercap; most virtual machines have neither.',
    );
  },
};

const serverPrograms = ['vllm', 'llama-server', 'ollama', 'sglang'] as const;

function isInPath(program: string, path: string): boolean {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  return folders.some((folder) =>
    // Windows runs what ends so.
    ['', '.exe'].some(
      (ending) => ifTold(() => accessSync(join(folder, program + ending), constants.X_OK) === undefined) === true,
    ),
  );
}

export const serverProgramsCheck: DoctorCheck = {
  name: 'server programs',
  async run({ settings }) {
    // On Windows it is called Path.
    const [, path = ''] = Object.entries(settings.childEnvironment).find(([key]) => key.toUpperCase() === 'PATH') ?? [];
    const found = serverPrograms.filter((program) => isInPath(program, path));
    if (found.length > 0) return ok(found.join(', '));
    return ok(`none of ${serverPrograms.join(', ')} is in PATH; perbench cannot start servers for models`);
  },
};
