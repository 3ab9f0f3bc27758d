import { UsageError } from '../../core/errors.ts';
import { hardwareClassOf, hostsText, isWantedHost } from '../../core/hardware-class.ts';
import type { HostFacts, Manifest } from '../../core/manifest.ts';
import type { RunRecord, Store } from '../../core/store.ts';
import type { RunPlan } from '../../run/plan.ts';

/**
 * The machine as a cluster calls it, which may be more than its host name: several nodes of one host, or a pod.
 *
 * @param environment of the process: Slurm and Kubernetes (by its downward API) tell the node there
 */
export function namedHost(host: HostFacts, environment: Readonly<Record<string, string | undefined>> = {}): HostFacts {
  const name = environment['SLURMD_NODENAME'] ?? environment['NODE_NAME'];
  return name === undefined || name === '' ? host : { ...host, hostname: name };
}

/** Why times of a machine don't count in a run, as a clause; undefined where they do. */
export function whyNotMeasuring(
  { suite, manifest }: Pick<RunRecord, 'suite' | 'manifest'>,
  host: HostFacts,
): string | undefined {
  const own = hardwareClassOf(host);
  if (suite.hosts !== undefined) {
    return isWantedHost(suite.hosts, host) ? undefined : `times count on ${hostsText(suite.hosts)}, and this is ${own}`;
  }
  const { hardwareClass = own } = manifest;
  return hardwareClass === own ? undefined : `times are measured on ${hardwareClass}, and this is ${own}`;
}

/** The manifest with a machine in it. The first one that measures stands for the run. */
function withMachine(manifest: Manifest, host: HostFacts, measures: boolean): Manifest {
  const hardwareClass = hardwareClassOf(host);
  const { hostname } = host;
  const { [hostname]: before, ...others } = manifest.machines ?? {};
  if (measures && manifest.hardwareClass === undefined) {
    const { machines: _, ...rest } = manifest;
    return { ...rest, host, hardwareClass, ...(Object.keys(others).length > 0 && { machines: others }) };
  }
  if (hostname === manifest.host.hostname && hardwareClass === manifest.hardwareClass) return manifest;
  const facts = { host, hardwareClass, measures: measures || before?.measures === true };
  return { ...manifest, machines: { ...manifest.machines, [hostname]: facts } };
}

/**
 * Notes that a machine works on a run. The first that measures fixes the hardware; of two that come at once, the store
 * lets one be the first.
 *
 * @returns whether its times count
 */
export async function joinRun(
  store: Store,
  { id, suite }: Pick<RunRecord, 'id' | 'suite'>,
  host: HostFacts,
  mayMeasure: boolean,
): Promise<boolean> {
  let measures = false;
  await store.changeManifest(id, (manifest) => {
    measures = mayMeasure && whyNotMeasuring({ suite, manifest }, host) === undefined;
    return withMachine(manifest, host, measures);
  });
  return measures;
}

/**
 * A run that a process began by itself has no class of hardware yet: it is that of the machine on which it was made. To be
 * called before the first worker tells of itself.
 */
export async function fixEarlierClass(store: Store, { id, manifest }: RunRecord): Promise<void> {
  if (manifest.hardwareClass !== undefined || !(await wasBegunAlone(store, id))) return;
  await store.changeManifest(id, (stored) => ({
    ...stored,
    hardwareClass: stored.hardwareClass ?? hardwareClassOf(stored.host),
  }));
}

/** Whether somebody who is no worker has claimed or measured something. */
async function wasBegunAlone(store: Store, runId: string): Promise<boolean> {
  const begun = (await store.cells(runId)).filter(({ attempt }) => attempt > 0);
  if (begun.length > 0 && (await store.workers(runId)).length === 0) return true;
  for (const { id } of begun) if ((await store.passResults(id)).length > 0) return true;
  return false;
}

/**
 * Refuses to measure on this machine what a suite wants from others.
 *
 * @throws {UsageError}
 */
export function checkHosts({ suite, manifest }: Pick<RunPlan, 'suite' | 'manifest'>): void {
  if (suite.hosts === undefined || isWantedHost(suite.hosts, manifest.host)) return;
  throw new UsageError(
    `nothing can be measured here: hosts of the suite wants ${hostsText(suite.hosts)}, and this is ${hardwareClassOf(manifest.host)}`,
    { hint: 'Start it on such a machine, send it there with --on, or correct hosts.' },
  );
}

/**
 * Lets a process that goes on with a run by itself be one of its machines, where others worked on it too.
 *
 * @returns how results name it; undefined where nobody else worked on the run
 * @throws {UsageError} if times of this machine don't count
 */
export async function joinSharedRun(store: Store, runId: string, host: HostFacts): Promise<string | undefined> {
  const run = await store.getRun(runId);
  if (run === undefined) return undefined;
  const why = whyNotMeasuring(run, host);
  if (why !== undefined) {
    throw new UsageError(`run ${runId} can't be measured here: ${why}`, {
      hint: `Go on with it there, or only answer items here: perbench work ${runId} --accuracy-only.`,
    });
  }
  if (run.manifest.hardwareClass === undefined) return undefined;
  await joinRun(store, run, host, true);
  return host.hostname;
}
