import type { Cell, CellMeasurements } from '../core/cell.ts';
import type { Store } from '../core/store.ts';
import { launchEvidence, type LaunchEvidence } from '../metrics/launches.ts';
import { valueOf } from '../scoring/scoreboard.ts';
import { launchedModels, type ModelEvidence, type TaskEvidence } from '../scoring/task-evidence.ts';

/** As much of a store as is read. */
type EvidenceStore = Pick<Store, 'passResults' | 'scores'>;

/** Scores of several cells by item, in the order of the first. */
interface AlignedScores {
  /** One per cell; NaN where the cell lacks the item. */
  readonly columns: readonly Float64Array[];
  readonly clusters: readonly (string | undefined)[];
}

async function alignScores(
  store: EvidenceStore,
  cells: readonly Cell[],
  signal: AbortSignal | undefined,
): Promise<AlignedScores> {
  const positions = new Map<string, number>();
  const clusters: (string | undefined)[] = [];
  const columns: Float64Array[] = [];
  for (const [index, { id }] of cells.entries()) {
    const first: number[] = [];
    const column = new Float64Array(positions.size).fill(Number.NaN);
    for await (const { itemId, value, cluster } of store.scores(id)) {
      signal?.throwIfAborted();
      if (index === 0) {
        positions.set(itemId, first.length);
        clusters.push(cluster);
        first.push(value);
        continue;
      }
      const position = positions.get(itemId);
      if (position !== undefined) column[position] = value;
    }
    columns.push(index === 0 ? Float64Array.from(first) : column);
  }
  return { columns, clusters };
}

/** Leaves out items that some model doesn't have. */
function commonItems({ columns, clusters }: AlignedScores): AlignedScores {
  const kept = clusters.flatMap((_, item) => (columns.every((column) => !Number.isNaN(column[item])) ? [item] : []));
  if (kept.length === clusters.length) return { columns, clusters };
  return {
    columns: columns.map((column) => Float64Array.from(kept, (item) => column[item] as number)),
    clusters: kept.map((item) => clusters[item]),
  };
}

/** At least two items share a cluster. */
function clustersOf(clusters: readonly (string | undefined)[]): readonly string[] | undefined {
  const labels = clusters.map((label, item) => label ?? `item ${item}`);
  const distinct = new Set(labels).size;
  return distinct < 2 || distinct === labels.length ? undefined : labels;
}

/** Performance launch by launch; a figure that was derived or measured once has its one value. */
function launchesOf(
  { throughput, latency, memory }: CellMeasurements,
  evidence: LaunchEvidence,
): ModelEvidence['launches'] | undefined {
  const values = (name: 'throughput' | 'latency' | 'memory', measured: number | undefined): readonly number[] => {
    const own = evidence[name]?.values ?? [];
    return own.length > 0 || measured === undefined || measured <= 0 ? own : [measured];
  };
  const found = {
    throughput: values('throughput', valueOf(throughput)),
    latency: values('latency', valueOf(latency)),
    memory: values('memory', valueOf(memory)),
  };
  return Object.values(found).some((own) => own.length === 0) ? undefined : found;
}

/**
 * What the store knows of the models on one task: scores item by item on the items that all have, and performance launch
 * by launch. Input of `bootstrapTask`.
 *
 * Only scores are kept in memory, eight bytes each; cells are read one after the other.
 *
 * @param cells of one task and protocol; those that aren't done, or lack one of the four factors, are left out
 * @returns undefined where no model is left, or they have no item in common
 */
export async function runEvidence(
  store: EvidenceStore,
  cells: readonly Cell[],
  signal?: AbortSignal,
): Promise<TaskEvidence | undefined> {
  const found: { readonly cell: Cell; readonly launches: ModelEvidence['launches'] }[] = [];
  for (const cell of cells) {
    if (cell.state !== 'done' || valueOf(cell.measurements.accuracy) === undefined) continue;
    const passes = await store.passResults(cell.id);
    const launches = launchesOf(cell.measurements, launchEvidence(cell.measurements, cell.protocol, passes));
    if (launches !== undefined) found.push({ cell, launches });
  }
  if (found.length === 0) return undefined;
  const ranked = found.map(({ cell }) => cell);
  const aligned = commonItems(await alignScores(store, ranked, signal));
  const items = aligned.clusters.length;
  if (items === 0) return undefined;
  const { models, notes } = launchedModels(
    found.map(({ cell, launches }, index) => ({
      model: cell.model,
      scores: aligned.columns[index] ?? [],
      launches,
    })),
  );
  return {
    models,
    clusters: clustersOf(aligned.clusters),
    items,
    isSameWindow: ranked.some(({ measurements }) => measurements.latency?.status === 'derived'),
    notes: [...itemNotes(ranked, items), ...notes],
  };
}

function itemNotes(cells: readonly Cell[], items: number): readonly string[] {
  const most = Math.max(
    ...cells.map(({ measurements: { accuracy } }) =>
      accuracy === undefined || accuracy.status === 'unavailable' ? 0 : accuracy.n,
    ),
  );
  return items < most ? [`models are ranked on the ${items} of ${most} items that all of them answered`] : [];
}
