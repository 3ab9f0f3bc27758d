import { UnsupportedError } from '../../core/errors.ts';
import type { MemoryReading } from '../../core/memory.ts';
import type { GpuPrograms } from '../../meters/devices/ask-tool.ts';
import { readDeviceMemory } from '../../meters/devices/process-device-memory.ts';
import { systemFolders } from '../../meters/proc-file.ts';
import { readProcessMemory, resetMemoryPeak } from '../../meters/process-memory.ts';
import { readProcessTree } from '../../meters/process-tree.ts';
import { findForwarder, hostMemoryDoubt, machineHasGpu } from './host-memory-doubt.ts';
import { localServerProcesses } from './local-server.ts';
import type { ServerHost } from './served-model.ts';

export interface LocalHostOptions {
  readonly baseUrl: string;
  /** What the model's weights take, where the server says it. */
  readonly weightsBytes: number | undefined;
  readonly tools: GpuPrograms;
  readonly proc?: string;
}

/** What a process takes on a GPU holds the cache that it set aside, used or not. */
const wholeDevice = 'the server does not split its memory: all that it took on the GPU counts';

/** Memory of a server on this machine, by its processes; nothing where it is elsewhere. */
export function localHost(options: LocalHostOptions): ServerHost {
  const { baseUrl, weightsBytes, tools, proc = systemFolders.proc } = options;
  const processIds = localServerProcesses(baseUrl, proc);
  const isKnown = readProcessMemory(processIds, proc) !== undefined;
  const hasGpu = isKnown ? machineHasGpu(tools) : Promise.resolve(false);
  let isPeakReset = false;

  async function memory(): Promise<MemoryReading> {
    const resident = readProcessMemory(processIds, proc);
    if (resident === undefined) throw new UnsupportedError(`the process that listened at ${baseUrl} is gone`);
    const tree = readProcessTree(processIds, proc)?.map(({ pid }) => pid) ?? processIds;
    const devices = await readDeviceMemory(tree, tools);
    if (devices !== undefined) {
      const bytes = Math.max(...devices.values());
      return {
        nowBytes: bytes,
        peakBytes: bytes,
        isPeakReset,
        split: undefined,
        reservedBytes: undefined,
        doubt: wholeDevice,
      };
    }
    const residentBytes = resident.peakBytes;
    const doubt = await hostMemoryDoubt({ processIds: tree, residentBytes, weightsBytes, hasGpu, proc });
    return { ...resident, isPeakReset, split: undefined, reservedBytes: undefined, doubt };
  }

  return {
    // CPU time and energy of what passes requests on aren't the engine's.
    processIds: findForwarder(processIds, proc) === undefined ? processIds : [],
    memory: isKnown ? memory : undefined,
    async resetMemoryPeak() {
      isPeakReset = isKnown && resetMemoryPeak(processIds, proc);
    },
    async close() {},
  };
}
