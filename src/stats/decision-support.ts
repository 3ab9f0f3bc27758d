import type { DecisionOptions, DecisionTask } from './decision.ts';
import { drawReplicates } from './bootstrap.ts';
import { rankInference, type RankedModel } from './rank-inference.ts';
import { anchoredReplicates, paperReplicates } from './replicate-scores.ts';

export interface DecisionSupport {
  readonly resamples: number;
  /** By model. */
  readonly models: ReadonlyMap<string, RankedModel>;
  readonly notes: readonly string[];
}

const defaultResamples = 2000;
const defaultSeed = 1;

/** Replicates of one task's score for the wanted models, by replicate and then by model. */
function taskReplicates(
  { evidence, anchors }: DecisionTask,
  wanted: readonly string[],
  options: DecisionOptions,
  seed: number,
): Float64Array | undefined {
  if (evidence === undefined) return undefined;
  const places = wanted.map((model) => evidence.models.findIndex((entry) => entry.model === model));
  if (places.includes(-1)) return undefined;
  const { clusters, isSameWindow, models } = evidence;
  const { resamples = defaultResamples } = options;
  const values = drawReplicates(models, { resamples, seed, clusters, isSameWindow });
  if (options.score === 'PER-A' && anchors === undefined) return undefined;
  const all =
    options.score === 'PER-A' && anchors !== undefined
      ? anchoredReplicates(values, anchors)
      : paperReplicates(values, models.length);
  const kept = new Float64Array(resamples * wanted.length);
  for (let replicate = 0; replicate < resamples; replicate += 1) {
    for (const [index, place] of places.entries()) {
      kept[replicate * wanted.length + index] = all[replicate * models.length + place] as number;
    }
  }
  return kept;
}

/**
 * How sure the order of the wanted models is, over new items and launches of every task: the bootstrap of the combined
 * score.
 *
 * @param wanted models with a score, and `points` their scores
 * @param weights of the tasks, with a sum of 1
 * @returns undefined where nothing is known of items or launches
 */
export function decisionSupport(
  tasks: readonly DecisionTask[],
  weights: readonly number[],
  wanted: readonly string[],
  points: readonly number[],
  options: DecisionOptions,
): DecisionSupport | undefined {
  if (wanted.length === 0) return undefined;
  const { resamples = defaultResamples, seed = defaultSeed } = options;
  const combined = new Float64Array(resamples * wanted.length).fill(1);
  for (const [index, task] of tasks.entries()) {
    // Tasks share no items: each draws its own.
    const own = taskReplicates(task, wanted, options, (seed + index) >>> 0);
    if (own === undefined) return undefined;
    const weight = weights[index] as number;
    for (let place = 0; place < combined.length; place += 1) {
      combined[place] = (combined[place] as number) * (own[place] as number) ** weight;
    }
  }
  const ranked = rankInference(points, combined);
  const unspread = wanted.filter((model) =>
    tasks.some(({ evidence }) => {
      const found = evidence?.models.find((entry) => entry.model === model);
      return [found?.throughput, found?.latency, found?.memory].some((value) => value?.logDeviation === undefined);
    }),
  );
  const notes = [
    ...new Set(tasks.flatMap(({ evidence }) => evidence?.notes ?? [])),
    ...(unspread.length > 0
      ? [
          `performance of ${unspread.join(', ')} is from one launch: its spread was not measured and isn't in the support`,
        ]
      : []),
  ];
  return { resamples, models: new Map(wanted.map((model, index) => [model, ranked[index] as RankedModel])), notes };
}
