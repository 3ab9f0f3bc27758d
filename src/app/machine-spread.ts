import type { HostFacts } from '../core/manifest.ts';
import type { AssumedSpread } from '../core/race.ts';
import type { Store } from '../core/store.ts';
import type { RunPlan } from '../run/plan.ts';
import { type LaunchedModel, type LaunchHistory, launchHistory } from '../metrics/launch-history.ts';

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
): Promise<LaunchHistory | undefined> {
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

/**
 * What a race of models of these engines may assume: of several the wider spread in each figure, since bounds must hold for
 * models of each.
 *
 * @returns undefined as soon as one isn't known
 */
async function assumedSpread(
  store: Parameters<typeof machineSpread>[0],
  host: HostFacts,
  engines: ReadonlySet<string>,
): Promise<AssumedSpread | undefined> {
  const spreads: AssumedSpread[] = [];
  for (const engine of engines) {
    const known = await machineSpread(store, host, engine);
    if (known === undefined) return undefined;
    spreads.push(known.spread);
  }
  const [widest] = spreads.toSorted((left, right) => right.throughput - left.throughput);
  if (widest === undefined) return undefined;
  const most = (figure: 'throughput' | 'latency' | 'memory'): number =>
    Math.max(...spreads.map((spread) => spread[figure]));
  const degrees = Math.min(...spreads.map((spread) => spread.degrees ?? Infinity));
  return { ...widest, latency: most('latency'), memory: most('memory'), degrees };
}

/** The plan of a race with what the store knows of launches here; other plans, and those without it, as they are. */
export async function withAssumedSpread(plan: RunPlan, store: Parameters<typeof machineSpread>[0]): Promise<RunPlan> {
  const { models, manifest } = plan;
  const { race, host } = manifest;
  if (race === undefined) return plan;
  const spread = await assumedSpread(store, host, new Set(models.map(({ spec }) => spec.engine)));
  if (spread === undefined) return plan;
  return { ...plan, manifest: { ...manifest, race: { ...race, assumedSpread: spread } } };
}
