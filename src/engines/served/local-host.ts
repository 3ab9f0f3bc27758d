import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UnsupportedError } from '../../core/errors.ts';
import type { MemoryReading } from '../../core/meter.ts';
import type { GpuPrograms } from '../../meters/devices/gpu-tools.ts';
import { readIfThere, systemFolders } from '../../meters/proc-file.ts';
import { readProcessMemory, readProcessTree, resetMemoryPeak } from '../../meters/processes.ts';
import type { ServerHost } from './served-model.ts';
import { findForwarder, holdsOpen, machineHasGpu, measureServerMemory } from './server-memory.ts';
import { untoldMemory } from './server-reports.ts';

const loopback = /^(localhost|127(?:\.\d+){3}|\[::1\]|0\.0\.0\.0)$/;
/** `TCP_LISTEN` in /proc/net/tcp. */
const listening = '0A';

/** Inodes of the sockets that listen on a port of this machine. */
function listeningInodes(port: number, proc: string): ReadonlySet<string> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['net/tcp', 'net/tcp6']) {
    for (const line of (readIfThere(join(proc, table)) ?? '').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[3] === listening && fields[1]?.endsWith(`:${wanted}`) === true) inodes.add(fields[9] ?? '');
    }
  }
  return inodes;
}

/**
 * Processes of this machine that listen at a server's address: whose memory and CPU time are the engine's. Empty for
 * servers elsewhere, and where the system doesn't tell.
 */
export function localServerProcesses(baseUrl: string, proc: string = systemFolders.proc): readonly number[] {
  const { hostname, port, protocol } = new URL(baseUrl);
  if (!loopback.test(hostname)) return [];
  const inodes = listeningInodes(Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port), proc);
  if (inodes.size === 0) return [];
  const listens = (open: string): boolean => inodes.has(/^socket:\[(\d+)\]$/.exec(open)?.[1] ?? '');
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name) && holdsOpen(proc, name, listens))
    .map(Number);
}

export interface LocalHostOptions {
  readonly baseUrl: string;
  /** What the model's weights take, where the server says it. */
  readonly weightsBytes: number | undefined;
  readonly tools: GpuPrograms;
  readonly proc?: string;
}

/** Memory of a server on this machine, by its processes; nothing where it is elsewhere. */
export function localHost(options: LocalHostOptions): Omit<ServerHost, 'watch' | 'close'> {
  const { baseUrl, weightsBytes, tools, proc = systemFolders.proc } = options;
  const processIds = localServerProcesses(baseUrl, proc);
  const isKnown = readProcessMemory(processIds, proc) !== undefined;
  const hasGpu = isKnown ? machineHasGpu(tools) : Promise.resolve(false);
  let isPeakReset = false;

  async function memory(): Promise<MemoryReading> {
    const resident = readProcessMemory(processIds, proc);
    if (resident === undefined) throw new UnsupportedError(`the process that listened at ${baseUrl} is gone`);
    const tree = readProcessTree(processIds, proc)?.map(({ pid }) => pid) ?? processIds;
    const reading = await measureServerMemory({
      report: untoldMemory,
      kvUsageMax: undefined,
      processIds: tree,
      resident,
      isPeakReset,
      weightsBytes,
      hasGpu,
      tools,
      proc,
    });
    return reading ?? { ...resident, isPeakReset, split: undefined, reservedBytes: undefined, doubt: undefined };
  }

  return {
    // CPU time and energy of what passes requests on aren't the engine's.
    processIds: findForwarder(processIds, proc) === undefined ? processIds : [],
    memory: isKnown ? memory : undefined,
    async resetMemoryPeak() {
      isPeakReset = isKnown && resetMemoryPeak(processIds, proc);
    },
    describe: () => ({}),
    explain: async (error) => error,
  };
}
