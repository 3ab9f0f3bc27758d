import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { UnsupportedError } from '../../core/errors.ts';
import type { MemoryReading } from '../../core/memory.ts';
import { type GpuPrograms, readDeviceMemory, readGpuDevices } from '../../meters/devices/gpu-tools.ts';
import { readIfThere, systemFolders } from '../../meters/proc-file.ts';
import { readProcessMemory, resetMemoryPeak, readProcessTree } from '../../meters/processes.ts';
import type { ServerHost } from './served-model.ts';

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

function holdsSocket(proc: string, pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(join(proc, pid, 'fd')).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(join(proc, pid, 'fd', fd)))?.[1];
      return inode !== undefined && inodes.has(inode);
    });
  } catch (error) {
    // Another user's, or it ended while it was looked at.
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
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
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name) && holdsSocket(proc, name, inodes))
    .map(Number);
}

/** Programs that pass requests on to a server elsewhere, by the names that `/proc` has: at most 15 letters. */
const forwarders: ReadonlySet<string> = new Set(
  (
    'ssh sshd sshd-session autossh kubectl oc socat ncat nc srun wsl docker docker-proxy podman nerdctl conmon ' +
    'rootlessport rootlesskit slirp4netns pasta pasta.avx2 passt passt.avx2 gvproxy tailscaled ngrok cloudflared ' +
    'frpc chisel nginx haproxy envoy caddy traefik stunnel stunnel4 litellm'
  ).split(' '),
);

const gpuFiles = /^\/dev\/(nvidia|kfd$|dxg$|dri\/renderD)/;

/** No language model that is worth measuring takes less, with the program that runs it. */
const leastBytes = 96 * 2 ** 20;
/** Files that are mapped into memory are there as far as they were read. */
const leastShareOfWeights = 0.5;

function holdsGpu(proc: string, pid: number): boolean {
  const folder = join(proc, String(pid), 'fd');
  try {
    return readdirSync(folder).some((descriptor) => gpuFiles.test(readlinkSync(join(folder, descriptor))));
  } catch (error) {
    // Another user's, or it ended while it was looked at.
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

/** Whether the tool of a vendor shows a GPU of this machine. */
export async function machineHasGpu(tools: GpuPrograms): Promise<boolean> {
  return (await readGpuDevices(tools)).length > 0;
}

/** The first of these processes that only passes requests on, by its name. */
function findForwarder(processIds: readonly number[], proc: string): string | undefined {
  const names = processIds.map((pid) => (readIfThere(join(proc, String(pid), 'comm')) ?? '').trim());
  return names.find((name) => forwarders.has(name));
}

export interface HostMemoryQuestion {
  /** Of the server, its children included. */
  readonly processIds: readonly number[];
  /** At their peak. */
  readonly residentBytes: number;
  /** What the model's weights take, where the server says it. */
  readonly weightsBytes: number | undefined;
  /** By `machineHasGpu`, asked once: the tool may take a second, which a pass shouldn't wait for. */
  readonly hasGpu: Promise<boolean>;
  readonly proc?: string;
}

/**
 * Why the resident memory of a server's processes may not be what its model takes: the model may be on a GPU, or the
 * processes may only pass requests on. Undefined where there is no such doubt.
 */
export async function hostMemoryDoubt(question: HostMemoryQuestion): Promise<string | undefined> {
  const { processIds, residentBytes, weightsBytes, hasGpu, proc = systemFolders.proc } = question;
  const forwarder = findForwarder(processIds, proc);
  if (forwarder !== undefined) {
    return `${forwarder} passes requests on: this is not the memory of what answers them`;
  }
  if (residentBytes < (weightsBytes === undefined ? leastBytes : weightsBytes * leastShareOfWeights)) {
    return 'the server holds too little memory for a model: perhaps it passes requests on';
  }
  const isGpuNear = processIds.some((pid) => holdsGpu(proc, pid)) || (await hasGpu);
  if (!isGpuNear) return undefined;
  return 'this machine has a GPU, and nothing tells whether the model is on it: only memory of the host counts';
}

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
