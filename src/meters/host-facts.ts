import { existsSync } from 'node:fs';
import { availableParallelism, cpus, hostname, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import type { HostFacts } from '../core/manifest.ts';
import { readGpuDevices } from './devices/gpu-tools.ts';
import { controlGroupCores } from './systems/control-groups.ts';
import { readIfThere, systemFolders, type SystemFolders } from './proc-file.ts';

export interface HostFactsOptions {
  readonly folders?: SystemFolders;
  /** Program that lists GPUs as NVIDIA's does. */
  readonly gpuProgram?: string | undefined;
  readonly amdProgram?: string | undefined;
  readonly platform?: string;
}

/** What this machine is, for the manifest. Starts programs: not to be called while a pass runs. */
export async function readHostFacts(options: HostFactsOptions = {}): Promise<HostFacts> {
  const { folders = systemFolders, gpuProgram, amdProgram, platform = process.platform } = options;
  const gpus = await readGpuDevices({ nvidiaProgram: gpuProgram, amdProgram });
  return {
    hostname: hostname(),
    os: type(),
    kernel: release(),
    cpuModel: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    cpuQuotaCores: controlGroupCores(folders),
    memoryBytes: totalmem(),
    governor: readGovernor(folders),
    isContainer: platform === 'linux' ? isContainer(folders) : undefined,
    gpus: gpus.map(({ name }) => name),
    gpuFacts: gpus.length > 0 ? gpus : undefined,
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
