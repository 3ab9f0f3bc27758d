import type { Cell, PassResult } from '../core/cell.ts';
import type { Store } from '../core/store.ts';
import { launchEvidence, passesByLaunch } from '../metrics/launches.ts';
import type { BootstrapModel, LaunchPerformance } from '../scoring/bootstrap.ts';
import { performanceNames } from '../scoring/factor.ts';
import { valueOf } from '../scoring/scoreboard.ts';
import { areInRounds, launchNotes, type TaskEvidence } from '../scoring/task-evidence.ts';
import { isMacroF1 } from '../stats/macro-f1.ts';
import { geometricMean } from '../stats/means.ts';
import type { AnswerFacts } from '../scoring/answer.ts';
import type { AnswerTally } from '../scoring/answers/tally-answers.ts';
import { independentItems } from '../scoring/usable.ts';

/** As much of a store as is read. */
type EvidenceStore = Pick<Store, 'passResults' | 'scores' | 'samples'>;

/** Scores of several cells by item, in the order of the first. */
interface AlignedScores {
  /** One per cell; NaN where the cell lacks the item. */
  readonly columns: readonly Float64Array[];
  readonly clusters: readonly (string | undefined)[];
}

export interface EvidenceOptions {
  readonly signal?: AbortSignal | undefined;
  /** Counts the answers on the way, so that they are read once. */
  readonly tally?: AnswerTally | undefined;
}

interface StoredAnswers {
  readonly itemIds: readonly string[];
  readonly scores: Float64Array;
  readonly clusters: readonly (string | undefined)[];
  readonly facts: AnswerFacts;
}

/** More different right answers are no labels. */
const maxLabels = 20;

async function storedAnswers(
  store: EvidenceStore,
  { id, model, measurements }: Cell,
  { signal, tally }: EvidenceOptions,
): Promise<StoredAnswers | undefined> {
  const itemIds: string[] = [];
  const scores: number[] = [];
  const clusters: (string | undefined)[] = [];
  const labels = new Set<string>();
  const answers = new Map<string, number>();
  let unreadable = 0;
  const count = tally?.begin(model, measurements.extra?.['macro_f1']);
  for await (const score of store.scores(id)) {
    const { itemId, value, cluster, isUnparsed, answer, expected } = score;
    signal?.throwIfAborted();
    count?.(score);
    itemIds.push(itemId);
    scores.push(value);
    clusters.push(cluster);
    if (labels.size <= maxLabels) labels.add(expected);
    if (isUnparsed) unreadable += 1;
    else if (answer !== undefined && (answers.size <= maxLabels || answers.has(answer)))
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
  }
  if (scores.length === 0) return undefined;
  const [first] = unreadable > scores.length / 2 ? await firstUnreadable(store, id) : [];
  // As few as labels are: each of them on several items.
  const isLabelled = labels.size <= Math.min(maxLabels, scores.length / 3);
  const amongLabels = [...labels].reduce((sum, label) => sum + (answers.get(label) ?? 0), 0);
  return {
    itemIds,
    scores: Float64Array.from(scores),
    clusters,
    facts: {
      items: scores.length,
      right: scores.reduce((sum, score) => sum + score, 0),
      independentItems: independentItems(scores, clustersOf(clusters)),
      unreadable,
      firstUnreadable: first,
      labels: isLabelled && answers.size > 0 ? { labels: [...labels], amongLabels } : undefined,
    },
  };
}

async function firstUnreadable(store: EvidenceStore, cellId: string): Promise<readonly string[]> {
  for await (const { output } of store.samples(cellId, { only: 'unparsed', limit: 1 })) return [output];
  return [];
}

function alignScores([first, ...others]: readonly StoredAnswers[]): AlignedScores {
  if (first === undefined) return { columns: [], clusters: [] };
  const positions = new Map(first.itemIds.map((itemId, index) => [itemId, index]));
  const columns = others.map(({ itemIds, scores }) => {
    const column = new Float64Array(positions.size).fill(Number.NaN);
    for (const [index, itemId] of itemIds.entries()) {
      const position = positions.get(itemId);
      if (position !== undefined) column[position] = scores[index] as number;
    }
    return column;
  });
  return { columns: [first.scores, ...columns], clusters: first.clusters };
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

/** When each launch of a cell began, in Unix milliseconds. */
export function launchStarts(passes: readonly PassResult[]): readonly number[] {
  return passesByLaunch(passes).map((own) => Math.min(...own.map(({ startedAtMs }) => startedAtMs)));
}

/**
 * Performance of the launches that gave all three figures; a latency that was derived from the throughput is derived launch
 * by launch. Where fewer than two did, that of the cell, as one launch: a figure that is the same for all of them says
 * nothing of how launches differ.
 *
 * @returns undefined where one of the figures isn't known at all
 */
function launchesOf(
  { measurements, protocol }: Cell,
  passes: readonly PassResult[],
): readonly LaunchPerformance[] | undefined {
  const [throughput = 0, latency = 0, memory = 0] = performanceNames.map((name) => valueOf(measurements[name]));
  if (!(throughput > 0 && latency > 0 && memory > 0)) return undefined;
  const found = passesByLaunch(passes).map((own) => launchEvidence(measurements, protocol, own));
  const rates = found.flatMap((own) => own.throughput?.values ?? []);
  const isDerived = measurements.latency?.status === 'derived';
  const whole = found.flatMap((own): LaunchPerformance[] => {
    const [rate, size] = [own.throughput?.values[0], own.memory?.values[0]];
    const time = isDerived && rate !== undefined ? (latency * geometricMean(rates)) / rate : own.latency?.values[0];
    if (rate === undefined || time === undefined || size === undefined) return [];
    return [{ throughput: rate, latency: time, memory: size }];
  });
  return whole.length < 2 ? [{ throughput, latency, memory }] : whole;
}

/**
 * What the store knows of the models on one task: scores item by item on the items that all have, performance launch by
 * launch, and what the answers are. Input of `bootstrapTask`.
 *
 * Only scores are kept in memory; cells are read one after the other.
 *
 * @param cells of one task and protocol; those without accuracy are left out, and those that lack one of the other
 *   factors have only their answers told
 * @returns undefined where no model is left, or they have no item in common
 */
export async function runEvidence(
  store: EvidenceStore,
  cells: readonly Cell[],
  options: EvidenceOptions = {},
): Promise<TaskEvidence | undefined> {
  const facts = new Map<string, AnswerFacts>();
  const found: {
    cell: Cell;
    launches: BootstrapModel['launches'];
    starts: readonly number[];
    stored: StoredAnswers;
  }[] = [];
  const unranked: Cell[] = [];
  for (const cell of cells) {
    if (cell.state !== 'done' || valueOf(cell.measurements.accuracy) === undefined) continue;
    const stored = await storedAnswers(store, cell, options);
    if (stored === undefined) continue;
    facts.set(cell.model, stored.facts);
    const passes = await store.passResults(cell.id);
    const launches = launchesOf(cell, passes);
    if (!isMeanOfScores(cell)) unranked.push(cell);
    else if (launches !== undefined) found.push({ cell, launches, starts: launchStarts(passes), stored });
  }
  if (facts.size === 0) return undefined;
  // Resampled accuracies of some models beside other figures of the rest would rank unlike things.
  if (unranked.length > 0) found.length = 0;
  const ranked = found.map(({ cell }) => cell);
  const aligned = commonItems(alignScores(found.map(({ stored }) => stored)));
  const items = aligned.clusters.length;
  if (items === 0 && found.length > 0) return undefined;
  const models = found.map(({ cell, launches }, index) => ({
    model: cell.model,
    scores: aligned.columns[index] ?? [],
    launches,
  }));
  const areWhole = found.every(({ launches, starts }) => launches.length === starts.length);
  const isInRounds = areWhole && areInRounds(found.map(({ starts }) => starts));
  return {
    models,
    clusters: clustersOf(aligned.clusters),
    items,
    answers: facts,
    isInRounds,
    notes: [
      ...(unranked.length > 0 ? ['ranks are without chances: macro F1 is no mean over items'] : []),
      ...itemNotes(ranked, items),
      ...launchNotes(models, isInRounds),
    ],
  };
}

function isMeanOfScores({ measurements: { accuracy } }: Cell): boolean {
  return accuracy === undefined || accuracy.status === 'unavailable' || !isMacroF1(accuracy.interval);
}

function itemNotes(cells: readonly Cell[], items: number): readonly string[] {
  const most = Math.max(
    ...cells.map(({ measurements: { accuracy } }) =>
      accuracy === undefined || accuracy.status === 'unavailable' ? 0 : accuracy.n,
    ),
  );
  return items < most ? [`models are ranked on the ${items} of ${most} items that all of them answered`] : [];
}
