import type { ClusterSettings } from '../../core/cluster-settings.ts';
import type { Launcher, LauncherName, StoredJob } from '../../core/cluster.ts';

/** Opens a launcher by what its engine is told, and the folder in which workers start. */
export type OpenLauncher = (name: LauncherName, cluster: ClusterSettings, workingFolder: string) => Promise<Launcher>;

/** Jobs that were submitted by one launcher. */
export interface JobsOfLauncher {
  /** Of the engine, what it was told, and the folder. */
  readonly key: string;
  readonly name: LauncherName;
  readonly jobs: readonly StoredJob[];
  /** @throws {LauncherError} if the engine isn't here */
  readonly open: () => Promise<Launcher>;
}

/** A run may have been on several engines, and have told them other things each time. */
export function byLauncher(jobs: readonly StoredJob[], open: OpenLauncher): readonly JobsOfLauncher[] {
  const groups = Map.groupBy(jobs, ({ launcher, cluster, workingFolder }) =>
    JSON.stringify([launcher, cluster, workingFolder]),
  );
  return [...groups].flatMap(([key, own]) => {
    const [first] = own;
    if (first === undefined) return [];
    const { launcher: name, cluster = {}, workingFolder } = first;
    return [{ key, name, jobs: own, open: async () => open(name, cluster, workingFolder) }];
  });
}
