import type { HostFacts, ModelFacts } from '../core/manifest.ts';
import type { AssumedSpread } from '../core/race.ts';
import type { Store } from '../core/store.ts';
import type { RunPlan } from '../run/plan.ts';
import { type LaunchedModel, type LaunchHistory, launchHistory } from '../metrics/launch-history.ts';
import { usualSpread } from '../scoring/race/launch-noise.ts';

const newestRuns = 30;

/** Hosts of one class start an engine alike: the same CPU, as much of it, and the same GPUs. */
function hardwareOf({ cpuModel, cores, cpuQuotaCores, gpus }: HostFacts): string {
  return JSON.stringify([cpuModel, cores, cpuQuotaCores ?? null, gpus]);
}

/**
 * What runs a model, as far as launches differ by it: the engine on this hardware, or a server, whose hardware nobody knows.
 *
 * @returns undefined where nobody knows either, as in runs of older versions
 */
export function launchedBy({
  engine,
  source,
  fileSha256,
}: Pick<ModelFacts, 'engine' | 'source' | 'fileSha256'>): string | undefined {
  return engine !== undefined && fileSha256 === undefined && /^https?:/i.test(source)
    ? `${engine} at ${new URL(source).origin}`
    : engine;
}

/**
 * How far launches differ on hardware like this, from what the newest runs in a store measured.
 *
 * @param by as {@link launchedBy} says
 * @returns undefined where no model was launched twice
 */
export async function machineSpread(
  store: Pick<Store, 'listRuns' | 'cells' | 'passResults'>,
  host: HostFacts,
  by: string,
): Promise<LaunchHistory | undefined> {
  const models: LaunchedModel[] = [];
  for (const { id, protocol, manifest } of await store.listRuns({ limit: newestRuns })) {
    if (manifest.imported !== undefined || hardwareOf(manifest.host) !== hardwareOf(host)) continue;
    const byModel = Map.groupBy(await store.cells(id), ({ model }) => model);
    for (const [name, cells] of byModel) {
      const facts = manifest.models[name];
      if (facts === undefined || launchedBy(facts) !== by) continue;
      const passes = [];
      for (const cell of cells) passes.push(await store.passResults(cell.id));
      models.push({ protocol, cells: passes });
    }
  }
  return launchHistory(models);
}

/** The plan of a race with what the store knows of launches here; other plans as they are. */
export async function withAssumedSpread(plan: RunPlan, store: Parameters<typeof machineSpread>[0]): Promise<RunPlan> {
  const { models, manifest } = plan;
  const { race, host } = manifest;
  if (race === undefined) return plan;
  const spreads: AssumedSpread[] = [];
  for (const by of new Set(models.map(({ facts }) => launchedBy(facts)))) {
    const known = by === undefined ? undefined : await machineSpread(store, host, by);
    spreads.push(known?.spread ?? usualSpread);
  }
  // Bounds must hold for models of each.
  const [widest = usualSpread] = spreads.toSorted((left, right) => right.throughput - left.throughput);
  const most = (figure: 'throughput' | 'latency' | 'memory'): number =>
    Math.max(...spreads.map((spread) => spread[figure]));
  const assumedSpread = { ...widest, latency: most('latency'), memory: most('memory') };
  return { ...plan, manifest: { ...manifest, race: { ...race, assumedSpread } } };
}
