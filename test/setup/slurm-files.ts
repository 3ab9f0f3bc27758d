import { join } from 'node:path';

/** The only address in the cluster's network. */
export const slurmAddress = '10.99.0.1';

interface SlurmNode {
  readonly name: string;
  readonly cpus: number;
  readonly memoryMib: number;
  readonly gpuType: string;
  readonly gpus: number;
}

export const slurmNodes: readonly SlurmNode[] = [
  { name: 'n1', cpus: 16, memoryMib: 64_000, gpuType: 'h100', gpus: 8 },
  { name: 'n2', cpus: 16, memoryMib: 64_000, gpuType: 'h100', gpus: 8 },
  { name: 'n3', cpus: 8, memoryMib: 32_000, gpuType: 'a100', gpus: 4 },
];

export interface SlurmOptions {
  /** How long the controller knows a job that has ended, at least, in seconds. It looks once a minute. */
  readonly minJobAge?: number;
}

const controllerPort = 7817;

/**
 * Configuration of a cluster in a folder, by file name.
 *
 * Times are short: a node that doesn't answer is given up after 10 s, and a job is started again after 5 s, which is as
 * long as credentials live (by default 2 min).
 */
export function slurmFiles(
  place: string,
  host: string,
  { minJobAge = 600 }: SlurmOptions,
): Readonly<Record<string, string>> {
  const at = (...parts: readonly string[]): string => join(place, ...parts);
  const config = (port: number): string =>
    [
      'ClusterName=perbench',
      `SlurmctldHost=${host}(${slurmAddress})`,
      `SlurmctldPort=${port}`,
      'SlurmUser=root',
      'AuthType=auth/munge',
      `AuthInfo=socket=${at('munge/socket')},cred_expire=5`,
      `StateSaveLocation=${at('state')}`,
      `SlurmdSpoolDir=${at('spool/%n')}`,
      `SlurmctldPidFile=${at('ctld.pid')}`,
      `SlurmdPidFile=${at('%n.pid')}`,
      `SlurmctldLogFile=${at('ctld.log')}`,
      `SlurmdLogFile=${at('%n.log')}`,
      'ProctrackType=proctrack/linuxproc',
      'TaskPlugin=task/none',
      'MpiDefault=none',
      'SelectType=select/cons_tres',
      'SelectTypeParameters=CR_Core_Memory',
      'SchedulerParameters=sched_interval=2,bf_interval=5',
      // This machine is smaller than what its nodes claim.
      'SlurmdParameters=config_overrides',
      'GresTypes=gpu',
      'ReturnToService=2',
      'SlurmdTimeout=10',
      'KillWait=5',
      `MinJobAge=${minJobAge}`,
      'JobRequeue=1',
      ...slurmNodes.map(
        ({ name, cpus, memoryMib, gpuType, gpus }, index) =>
          `NodeName=${name} NodeHostname=${host} NodeAddr=${slurmAddress} Port=${17_001 + index} CPUs=${cpus} RealMemory=${memoryMib} Gres=gpu:${gpuType}:${gpus}`,
      ),
      'PartitionName=gpu Nodes=ALL Default=YES MaxTime=INFINITE State=UP',
      '',
    ].join('\n');
  return {
    'slurm.conf': config(controllerPort),
    'deaf.conf': config(controllerPort + 1),
    'gres.conf': slurmNodes
      .map(
        ({ name, gpuType, gpus }) =>
          `NodeName=${name} Name=gpu Type=${gpuType} File=${at('dev')}/nvidia[0-${gpus - 1}]\n`,
      )
      .join(''),
    // An empty folder stands for no control groups at all.
    'cgroup.conf': `CgroupPlugin=cgroup/v1\nCgroupMountpoint=${at('cgroups')}\n`,
  };
}
