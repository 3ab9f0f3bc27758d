import type { HostFacts } from '../core/manifest.ts';
import type { LaunchSpreadFacts } from '../core/race.ts';
import type { Store } from '../core/store.ts';
import { type LaunchedModel, launchHistory } from '../metrics/launch-history.ts';

const newestRuns = 30;

/** Hosts of one class start an engine alike: the same CPU, as much of it, and the same GPUs. */
function hardwareOf({ cpuModel, cores, cpuQuotaCores, gpus }: HostFacts): string {
  return JSON.stringify([cpuModel, cores, cpuQuotaCores ?? null, gpus]);
}

/**
 * How far launches of an engine differ on hardware like this, from what the newest runs in a store measured.
 *
 * @returns undefined where no model was launched twice
 */
export async function machineSpread(
  store: Pick<Store, 'listRuns' | 'cells' | 'passResults'>,
  host: HostFacts,
  engine: string,
): Promise<LaunchSpreadFacts | undefined> {
  const models: LaunchedModel[] = [];
  for (const { id, protocol, manifest } of await store.listRuns({ limit: newestRuns })) {
    if (manifest.imported !== undefined || hardwareOf(manifest.host) !== hardwareOf(host)) continue;
    const byModel = Map.groupBy(await store.cells(id), ({ model }) => model);
    for (const [name, cells] of byModel) {
      if (manifest.models[name]?.engine !== engine) continue;
      const passes = [];
      for (const cell of cells) passes.push(await store.passResults(cell.id));
      models.push({ protocol, cells: passes });
    }
  }
  return launchHistory(models);
}

/** Of several engines the wider spread in each figure: bounds must hold for models of each. */
function widest(a: LaunchSpreadFacts, b: LaunchSpreadFacts): LaunchSpreadFacts {
  return {
    throughput: Math.max(a.throughput, b.throughput),
    latency: Math.max(a.latency, b.latency),
    memory: Math.max(a.memory, b.memory),
    degrees: Math.min(a.degrees, b.degrees),
    ...(a.measured !== undefined &&
      b.measured !== undefined && {
        measured: {
          launches: a.measured.launches + b.measured.launches,
          throughput: Math.max(a.measured.throughput, b.measured.throughput),
          latency: Math.max(a.measured.latency, b.measured.latency),
        },
      }),
  };
}

/** {@link machineSpread} of several engines; undefined as soon as one isn't known. */
export async function spreadOfEngines(
  store: Parameters<typeof machineSpread>[0],
  host: HostFacts,
  engines: readonly string[],
): Promise<LaunchSpreadFacts | undefined> {
  let all: LaunchSpreadFacts | undefined;
  for (const engine of new Set(engines)) {
    const own = await machineSpread(store, host, engine);
    if (own === undefined) return undefined;
    all = all === undefined ? own : widest(all, own);
  }
  return all;
}
