import type { MemoryReading } from '../../core/meter.ts';
import { type GpuPrograms, readDeviceMemory, readGpuDevices } from '../../meters/devices/gpu-tools.ts';
import type { ProcessMemory, System } from '../../meters/systems/system.ts';
import type { ServerMemoryReport } from './server-reports.ts';

/** Programs that pass requests on to a server elsewhere, by the names that systems show: on Linux at most 15 letters. */
const forwarders: ReadonlySet<string> = new Set([
  'OrbStack Helper',
  ...(
    'com.docker.backend com.docker.vpnkit vpnkit limactl wslrelay wslhost ' +
    'ssh sshd sshd-session autossh kubectl oc socat ncat nc srun wsl docker docker-proxy podman nerdctl conmon ' +
    'rootlessport rootlesskit slirp4netns pasta pasta.avx2 passt passt.avx2 gvproxy tailscaled ngrok cloudflared ' +
    'frpc chisel nginx haproxy envoy caddy traefik stunnel stunnel4 litellm'
  ).split(' '),
]);

const gpuFiles = /^\/dev\/(nvidia|kfd$|dxg$|dri\/renderD)/;

/** No language model that is worth measuring takes less, with the program that runs it. */
const minBytes = 96 * 2 ** 20;
/** Files that are mapped into memory are there as far as they were read. */
const minShareOfWeights = 0.5;

/** Whether the tool of a vendor shows a GPU of this machine. */
export async function machineHasGpu(tools: GpuPrograms): Promise<boolean> {
  return (await readGpuDevices(tools)).length > 0;
}

/** The first of these processes that only passes requests on, by its name. */
export function findForwarder(processIds: readonly number[], system: System): string | undefined {
  if (processIds.length === 0) return undefined;
  const all = system.processes() ?? [];
  return all.find(({ pid, name }) => processIds.includes(pid) && forwarders.has(name))?.name;
}

/**
 * Why the resident memory of a server's processes may not be what its model takes: the model may be on a GPU, or the
 * processes may only pass requests on. Undefined where there is no such doubt.
 *
 * @param residentBytes of the processes, at their peak
 */
async function hostMemoryDoubt(
  { processIds, weightsBytes, hasGpu, system }: ServerMemoryQuestion,
  residentBytes: number,
): Promise<string | undefined> {
  const forwarder = findForwarder(processIds, system);
  if (forwarder !== undefined) {
    return `${forwarder} forwards requests: this is not the memory of the server that answers them`;
  }
  if (residentBytes < (weightsBytes === undefined ? minBytes : weightsBytes * minShareOfWeights)) {
    return 'the server uses too little memory for a model: it may forward requests';
  }
  const holdGpu = processIds.map((pid) => system.holdsOpen(pid, (name) => gpuFiles.test(name)));
  if (holdGpu.includes(true) || (await hasGpu)) {
    return 'this machine has a GPU, but it is unknown whether the model is on it: only host memory is counted';
  }
  // The vendors' tools don't know all GPUs: those of Apple and Intel have none.
  if (!holdGpu.includes(undefined)) return undefined;
  return `${system.source} does not tell whether the server uses a GPU: only host memory is counted`;
}

/** What is known of a server's memory when a reading is made. */
export interface ServerMemoryState {
  readonly report: ServerMemoryReport;
  /** Highest share of the pool in use since the last reset. */
  readonly kvUsageMax: number | undefined;
  /** Most that its processes take on one GPU now, by the vendor's tool. */
  readonly deviceBytes: number | undefined;
  /** Resident memory of its processes on the host. */
  readonly resident: ProcessMemory | undefined;
  readonly isPeakReset: boolean;
  /** Why resident memory may not be the model's, where the server doesn't say that the model is on the host. */
  readonly hostDoubt: string | undefined;
}

function sentence(parts: readonly (string | undefined)[]): string | undefined {
  const told = parts.filter((part) => part !== undefined);
  return told.length === 0 ? undefined : told.join('; ');
}

/** Weights, the part of the pool that was in use, and what else the processes hold. The rest of the pool is no need. */
function onDevice({ report, kvUsageMax, deviceBytes, isPeakReset }: ServerMemoryState): MemoryReading | undefined {
  const { weightsBytes, poolBytes, isPoolNeeded, computeBytes = 0, place } = report;
  if (weightsBytes === undefined) {
    const bytes = deviceBytes ?? report.deviceBytes;
    if (bytes === undefined) return undefined;
    const doubt =
      deviceBytes === undefined
        ? 'the server does not break down its memory, and the GPU tool lists none of its processes: all GPU memory that it reports is counted'
        : 'the server does not break down its memory: all of its GPU memory is counted';
    return { nowBytes: bytes, peakBytes: bytes, isPeakReset, split: undefined, reservedBytes: undefined, doubt };
  }
  const usedShare = isPoolNeeded ? 1 : kvUsageMax;
  const kvBytes = (poolBytes ?? 0) * (usedShare ?? 1);
  const overheadBytes =
    deviceBytes === undefined ? 0 : Math.max(0, deviceBytes - weightsBytes - (poolBytes ?? 0) - computeBytes);
  const doubt = sentence([
    deviceBytes === undefined ? 'memory other than weights and cache is unknown' : undefined,
    poolBytes === undefined ? 'the server does not report the size of its KV cache' : undefined,
    poolBytes !== undefined && usedShare === undefined
      ? 'the server does not report how much of its KV cache was in use: all of it is counted'
      : undefined,
    place === 'both' ? 'part of the model is in host memory and is not counted' : undefined,
  ]);
  const peakBytes = weightsBytes + kvBytes + computeBytes + overheadBytes;
  return {
    nowBytes: peakBytes,
    peakBytes,
    isPeakReset: true,
    split: { weightsBytes, kvBytes, computeBytes, overheadBytes },
    reservedBytes: isPoolNeeded ? undefined : poolBytes,
    doubt,
  };
}

/** Resident memory, split by the buffers that the server named: as the llama engine counts. */
function onHost({ report, resident, isPeakReset, hostDoubt }: ServerMemoryState): MemoryReading | undefined {
  if (resident === undefined) return undefined;
  const { weightsBytes, poolBytes: kvBytes = 0, computeBytes = 0, place } = report;
  const doubt = sentence([place === 'host' ? undefined : hostDoubt, resident.doubt]);
  const reading = { ...resident, isPeakReset, reservedBytes: undefined, doubt };
  if (weightsBytes === undefined) return { ...reading, split: undefined };
  const overheadBytes = Math.max(0, resident.peakBytes - weightsBytes - kvBytes - computeBytes);
  return { ...reading, split: { weightsBytes, kvBytes, computeBytes, overheadBytes } };
}

/** What a server's memory comes to; undefined where nothing tells. */
export function readServerMemory(state: ServerMemoryState): MemoryReading | undefined {
  const isOnDevice =
    state.report.place === 'device' ||
    state.report.place === 'both' ||
    (state.report.place === 'unknown' && state.deviceBytes !== undefined);
  return isOnDevice ? onDevice(state) : onHost(state);
}

export interface ServerMemoryQuestion {
  /** What the server says of it. */
  readonly report: ServerMemoryReport;
  readonly kvUsageMax: number | undefined;
  /** Of the server, its children included. */
  readonly processIds: readonly number[];
  readonly resident: ServerMemoryState['resident'];
  readonly isPeakReset: boolean;
  /** What the model's weights take, where the server says it. */
  readonly weightsBytes: number | undefined;
  /** By `machineHasGpu`, asked once: the tool may take a second, which a pass shouldn't wait for. */
  readonly hasGpu: Promise<boolean>;
  readonly tools: GpuPrograms;
  readonly system: System;
}

/** Asks the vendors' GPU tools and the host what a server takes now; undefined where nothing tells. */
export async function measureServerMemory(question: ServerMemoryQuestion): Promise<MemoryReading | undefined> {
  const { report, kvUsageMax, resident, isPeakReset } = question;
  const devices = await readDeviceMemory(question.processIds, question.tools);
  const mayBeElsewhere = report.place === 'unknown' && devices === undefined && resident !== undefined;
  return readServerMemory({
    report,
    kvUsageMax,
    deviceBytes: devices === undefined ? undefined : Math.max(...devices.values()),
    resident,
    isPeakReset,
    hostDoubt: mayBeElsewhere ? await hostMemoryDoubt(question, resident.peakBytes) : undefined,
  });
}
