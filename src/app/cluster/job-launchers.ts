import type { ClusterSettings } from '../../core/cluster-settings.ts';
import type { JobRecord, Launcher, LauncherName } from '../../core/cluster.ts';

/** Opens a launcher by what its engine is told. */
export type OpenLauncher = (name: LauncherName, cluster: ClusterSettings) => Promise<Launcher>;

/** Jobs that were submitted by one launcher. */
export interface JobsOfLauncher {
  /** Of the engine and what it was told. */
  readonly key: string;
  readonly name: LauncherName;
  readonly jobs: readonly JobRecord[];
  /** @throws {LauncherError} if the engine isn't here */
  readonly open: () => Promise<Launcher>;
}

/** A run may have been on several engines, and have told them other things each time. */
export function byLauncher(jobs: readonly JobRecord[], open: OpenLauncher): readonly JobsOfLauncher[] {
  const groups = Map.groupBy(jobs, ({ launcher, cluster }) => JSON.stringify([launcher, cluster]));
  return [...groups].flatMap(([key, own]) => {
    const [first] = own;
    if (first === undefined) return [];
    const { launcher: name, cluster = {} } = first;
    return [{ key, name, jobs: own, open: async () => open(name, cluster) }];
  });
}
