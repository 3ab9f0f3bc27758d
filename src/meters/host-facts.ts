import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, hostname, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import type { GpuFacts, HostFacts } from '../core/manifest.ts';
import { controlGroupCores } from './control-group.ts';
import { type GpuDevice, readGpuDevices } from './gpu-devices.ts';
import { readIfThere, systemFolders, type SystemFolders } from './proc-file.ts';

export interface HostFactsOptions {
  readonly folders?: SystemFolders;
  /** Program that lists GPUs as NVIDIA's does. */
  readonly gpuProgram?: string;
  readonly platform?: string;
}

/** Longest wait for the GPU tool: it may hang where a driver does. */
const gpuTimeoutMs = 5_000;

/** What this machine is, for the manifest. Starts a program: not to be called while a pass runs. */
export async function readHostFacts(options: HostFactsOptions = {}): Promise<HostFacts> {
  const { folders = systemFolders, gpuProgram = 'nvidia-smi', platform = process.platform } = options;
  const cpuQuotaCores = controlGroupCores(folders);
  const gpus = await listGpus(gpuProgram);
  const gpuFacts = gpus.length === 0 ? [] : (await readGpuDevices({ nvidiaProgram: gpuProgram })).map(factsOf);
  return {
    hostname: hostname(),
    os: type(),
    kernel: release(),
    cpuModel: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    ...(cpuQuotaCores !== undefined && { cpuQuotaCores }),
    memoryBytes: totalmem(),
    governor: readGovernor(folders),
    isContainer: platform === 'linux' ? isContainer(folders) : undefined,
    gpus,
    ...(gpuFacts.length > 0 && { gpuFacts }),
  };
}

function factsOf({ name, memoryBytes, driver, powerLimitWatts }: GpuDevice): GpuFacts {
  return {
    name,
    ...(memoryBytes !== undefined && { memoryBytes }),
    ...(driver !== undefined && { driver }),
    ...(powerLimitWatts !== undefined && { powerLimitWatts }),
  };
}

/** How the kernel chooses clock rates, such as `performance`; undefined where it doesn't, as in virtual machines. */
function readGovernor({ sys }: SystemFolders = systemFolders): string | undefined {
  return readIfThere(join(sys, 'devices/system/cpu/cpu0/cpufreq/scaling_governor'))?.trim();
}

function isContainer({ proc, root }: SystemFolders): boolean {
  const marks = ['.dockerenv', 'run/.containerenv', 'run/systemd/container'];
  if (marks.some((mark) => existsSync(join(root, mark)))) return true;
  return /docker|kubepods|containerd|libpod|lxc/.test(readIfThere(join(proc, '1/cgroup')) ?? '');
}

/** Names of NVIDIA GPUs; none where the tool is missing or fails. */
export async function listGpus(program = 'nvidia-smi'): Promise<readonly string[]> {
  const query = ['--query-gpu=name', '--format=csv,noheader'];
  return new Promise((resolve) => {
    execFile(program, query, { timeout: gpuTimeoutMs, encoding: 'utf8' }, (error, stdout) => {
      const lines = error === null ? stdout.split('\n') : [];
      resolve(lines.map((line) => line.trim()).filter((line) => line !== ''));
    });
  });
}
