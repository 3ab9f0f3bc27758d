import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { GpuPrograms } from '../../meters/devices/ask-tool.ts';
import { readGpuDevices } from '../../meters/gpu-devices.ts';
import { readIfThere, systemFolders } from '../../meters/proc-file.ts';

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
export function findForwarder(processIds: readonly number[], proc: string): string | undefined {
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
