import type { ClusterSettings } from '../core/cluster-settings.ts';
import type { Launcher, LauncherName } from '../core/cluster.ts';
import { LauncherError } from '../core/errors.ts';

/** What launchers take from outside. */
export interface LauncherWorld {
  /** Programs are looked for and started with it; what workers need of it is passed on. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute: workers start in it, where nodes share it. */
  readonly workingFolder: string;
  readonly signal: AbortSignal;
}

export interface LauncherEntry {
  readonly summary: string;
  readonly load: (settings: ClusterSettings, world: LauncherWorld) => Promise<Launcher>;
}

/** Engines that place workers. */
export const launchers: Readonly<Partial<Record<LauncherName, LauncherEntry>>> = {};

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
