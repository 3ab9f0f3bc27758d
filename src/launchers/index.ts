import type { ClusterSettings } from '../core/cluster-settings.ts';
import type { Launcher, LauncherName, LauncherWorld } from '../core/cluster.ts';
import { LauncherError } from '../core/errors.ts';

export interface LauncherEntry {
  readonly summary: string;
  readonly load: (settings: ClusterSettings, world: LauncherWorld) => Promise<Launcher>;
}

/** Engines that place workers. */
const launchers: Readonly<Partial<Record<LauncherName, LauncherEntry>>> = {
  kubernetes: {
    summary: 'Indexed Jobs of Kubernetes, by its API',
    load: async ({ kubernetes }, world) =>
      (await import('./kubernetes/kubernetes-launcher.ts')).openKubernetes(kubernetes, world),
  },
  slurm: {
    summary: 'jobs of Slurm, by sbatch, squeue and scancel',
    load: async ({ slurm }, world) => (await import('./slurm/slurm-launcher.ts')).openSlurm(slurm, world),
  },
  ray: {
    summary: 'jobs of a Ray cluster, through the dashboard of its head',
    load: async ({ ray }, world) => (await import('./ray/ray-launcher.ts')).openRay(ray, world),
  },
};

/** @throws {LauncherError} if the engine isn't there */
export async function openLauncher(
  name: LauncherName,
  settings: ClusterSettings,
  world: LauncherWorld,
): Promise<Launcher> {
  const entry = launchers[name];
  if (entry === undefined) throw new LauncherError(`${name} can't be used yet`);
  return entry.load(settings, world);
}
