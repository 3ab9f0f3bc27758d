import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeviceReadings } from '../../core/device-window.ts';
import { createDeviceMeter, type DeviceFindings } from '../../meters/devices/device-meter.ts';
import { systemFolders } from '../../meters/proc-file.ts';
import { createRaplMeter } from '../../meters/rapl.ts';
import type { DoctorCheck, DoctorOptions } from './doctor-check.ts';

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
  await sleep(watchMs, undefined, { signal }).catch(() => undefined);
  return await window.stop();
}

const quantities: readonly (readonly [name: string, told: (device: DeviceReadings) => unknown])[] = [
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
    if (window === undefined)
      return { state: 'ok', detail: 'neither nvidia-smi nor amd-smi is here: no GPU is watched' };
    const { tool, devices, gaps } = window;
    if (devices.length === 0) {
      const mend = `Mend the driver until ${tool} works by hand; without it memory, power and foreign processes of GPUs are unknown.`;
      return { state: 'warn', detail: gaps.join('; '), mend };
    }
    const missing = quantities.filter(([, told]) => devices.some((device) => told(device) === undefined));
    const untold = [
      ...(missing.length > 0 ? [`${tool} does not tell ${missing.map(([name]) => name).join(', ')}`] : []),
      ...gaps,
    ];
    if (untold.length > 0) {
      const isSplit = devices.some(({ isPartitioned }) => isPartitioned);
      const mend = isSplit
        ? 'A GPU that is split into instances (MIG) tells little of each; measure energy on a whole one.'
        : 'Use a newer driver, or a machine that is not virtual; what is missing stays empty in results.';
      return { state: 'warn', detail: untold.join('; '), mend };
    }
    const readings = Math.min(...devices.map((device) => device.readings));
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    const number = `${devices.length} ${devices.length === 1 ? 'GPU' : 'GPUs'}`;
    const names = quantities.map(([name]) => name).join(', ');
    return { state: 'ok', detail: `${tool} tells ${names} of ${number}; ${readings} readings in ${seconds} s` };
  },
};

export const energyCheck: DoctorCheck = {
  name: 'energy',
  async run(options) {
    const { folders = systemFolders } = options;
    const rapl = createRaplMeter(folders.sys);
    const { window, energyParts, energyGaps } = await watchDevices(options);
    const sources = [
      ...(energyParts.length > 0 && window !== undefined ? [`power of GPUs by ${window.tool}`] : []),
      ...(rapl.domains.length > 0 ? [`counters of the processor: ${rapl.domains.join(', ')}`] : []),
    ];
    if (rapl.problem !== undefined) {
      const mend = 'Run sudo chmod -R a+r /sys/class/powercap (until the next boot), or run perbench as root.';
      return { state: 'warn', detail: [rapl.problem, ...sources].join('; '), mend };
    }
    if (energyGaps.length > 0) {
      const mend =
        'Energy per answer is left out while a GPU of the engine has a gap; measure on whole GPUs with power readings.';
      return { state: 'warn', detail: [...energyGaps, ...sources].join('; '), mend };
    }
    if (sources.length > 0) return { state: 'ok', detail: sources.join(', ') };
    return {
      state: 'warn',
      detail: 'nothing tells energy here; energy per answer is left out',
      mend: 'Measure on a host with a GPU or with /sys/class/powercap; virtual machines mostly have neither.',
    };
  },
};

const serverPrograms = ['vllm', 'llama-server', 'ollama', 'sglang'] as const;

function isInPath(program: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== '';
    } catch (error) {
      if (error instanceof Error && 'code' in error) return false;
      throw error;
    }
  });
}

export const serverProgramsCheck: DoctorCheck = {
  name: 'server programs',
  async run({ settings }) {
    const path = settings.childEnvironment['PATH'] ?? '';
    const found = serverPrograms.filter((program) => isInPath(program, path));
    if (found.length > 0) return { state: 'ok', detail: found.join(', ') };
    const detail = `none of ${serverPrograms.join(', ')} is in PATH; models of suites can't have servers of their own`;
    return { state: 'ok', detail };
  },
};
