import { UnsupportedError } from '../../core/errors.ts';
import type { MemoryReading } from '../../core/meter.ts';
import type { GpuPrograms } from '../../meters/devices/gpu-tools.ts';
import { readProcessMemory, readProcessTree, resetMemoryPeak } from '../../meters/processes.ts';
import type { System } from '../../meters/systems/system.ts';
import { thisSystem } from '../../meters/systems/this-system.ts';
import type { ServerHost } from './served-model.ts';
import { findForwarder, machineHasGpu, measureServerMemory } from './server-memory.ts';
import { untoldMemory } from './server-reports.ts';

const loopback = /^(localhost|127(?:\.\d+){3}|\[::1\]|0\.0\.0\.0)$/;

/**
 * Processes of this machine that listen at a server's address: whose memory and CPU time are the engine's. Empty for
 * servers elsewhere, and where the system doesn't tell.
 */
export function localServerProcesses(baseUrl: string, system: System = thisSystem): readonly number[] {
  const { hostname, port, protocol } = new URL(baseUrl);
  if (!loopback.test(hostname)) return [];
  return system.listenersOn(Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port));
}

export interface LocalHostOptions {
  readonly baseUrl: string;
  /** What the model's weights take, where the server says it. */
  readonly weightsBytes: number | undefined;
  readonly tools: GpuPrograms;
  readonly system?: System;
}

/** Memory of a server on this machine, by its processes; nothing where it is elsewhere. */
export function localHost(options: LocalHostOptions): Omit<ServerHost, 'watch' | 'close'> {
  const { baseUrl, weightsBytes, tools, system = thisSystem } = options;
  const processIds = localServerProcesses(baseUrl, system);
  const isKnown = readProcessMemory(processIds, system) !== undefined;
  const hasGpu = isKnown ? machineHasGpu(tools) : Promise.resolve(false);
  let isPeakReset = false;

  async function memory(): Promise<MemoryReading> {
    const resident = readProcessMemory(processIds, system);
    if (resident === undefined) throw new UnsupportedError(`the process that listened at ${baseUrl} is gone`);
    const tree = readProcessTree(processIds, system)?.map(({ pid }) => pid) ?? processIds;
    const reading = await measureServerMemory({
      report: untoldMemory,
      kvUsageMax: undefined,
      processIds: tree,
      resident,
      isPeakReset,
      weightsBytes,
      hasGpu,
      tools,
      system,
    });
    return reading ?? { ...resident, isPeakReset, split: undefined, reservedBytes: undefined, doubt: undefined };
  }

  return {
    // CPU time and energy of what passes requests on aren't the engine's.
    processIds: findForwarder(processIds, system) === undefined ? processIds : [],
    memory: isKnown ? memory : undefined,
    async resetMemoryPeak() {
      isPeakReset = isKnown && resetMemoryPeak(processIds, system);
    },
    describe: () => ({}),
    explain: async (error) => error,
  };
}
