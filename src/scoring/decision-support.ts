import type { DecisionOptions, DecisionTask } from './decision.ts';
import { boardReplicates } from './board-ranking.ts';
import type { BoardInference, RankedRow } from './scoreboard.ts';
import { rankInference, type RankedModel } from '../stats/rank-inference.ts';
import { anchoredReplicates, paperReplicates } from './replicate-scores.ts';
import { spreadNote } from './spread-note.ts';

export interface DecisionSupport {
  readonly resamples: number;
  /** By model. */
  readonly models: ReadonlyMap<string, RankedRow>;
  readonly notes: readonly string[];
}

const defaultResamples = 2000;
const defaultSeed = 1;

interface TaskReplicates {
  /** Scores of the wanted models, by replicate and then by model. */
  readonly scores: Float64Array;
  readonly inference: BoardInference;
}

function taskReplicates(
  { board, evidence, anchors }: DecisionTask,
  wanted: readonly string[],
  { score, weights, resamples = defaultResamples }: DecisionOptions,
  seed: number,
): TaskReplicates | undefined {
  const found = boardReplicates(board, evidence, { resamples, seed });
  if (found === undefined) return undefined;
  const { models, values, inference } = found;
  const places = wanted.map((model) => models.indexOf(model));
  if (places.includes(-1) || (score === 'PER-A' && anchors === undefined)) return undefined;
  const all =
    score === 'PER-A' && anchors !== undefined
      ? anchoredReplicates(values, anchors, weights)
      : paperReplicates(values, models.length, weights);
  const scores = new Float64Array(resamples * wanted.length);
  for (let replicate = 0; replicate < resamples; replicate += 1) {
    for (const [index, place] of places.entries()) {
      scores[replicate * wanted.length + index] = all[replicate * models.length + place] as number;
    }
  }
  return { scores, inference };
}

function inferenceNotes(inferences: readonly BoardInference[], wanted: readonly string[]): readonly string[] {
  const unspread = wanted.filter((model) =>
    inferences.some(({ withoutLaunchSpread }) => withoutLaunchSpread.includes(model)),
  );
  const method = inferences.some((inference) => inference.method === 'intervals') ? 'intervals' : 'paired';
  return [
    ...new Set(inferences.flatMap(({ notes }) => notes)),
    ...(method === 'intervals'
      ? ['support is from the intervals of each model alone: answers item by item would tell more']
      : []),
    ...(unspread.length > 0 ? [spreadNote(unspread, wanted.length, method)] : []),
  ];
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
  const inferences: BoardInference[] = [];
  for (const [index, task] of tasks.entries()) {
    // Tasks share no items: each draws its own.
    const own = taskReplicates(task, wanted, options, (seed + index) >>> 0);
    if (own === undefined) return undefined;
    inferences.push(own.inference);
    const weight = weights[index] as number;
    for (let place = 0; place < combined.length; place += 1) {
      combined[place] = (combined[place] as number) * (own.scores[place] as number) ** weight;
    }
  }
  const ranked = rankInference(points, combined);
  const isSpreadKnown = (model: string): boolean =>
    inferences.every(({ withoutLaunchSpread }) => !withoutLaunchSpread.includes(model));
  const models = wanted.map((model, index): [string, RankedRow] => {
    const own = ranked[index] as RankedModel;
    return [model, isSpreadKnown(model) ? own : { ...own, interval: undefined }];
  });
  return { resamples, models: new Map(models), notes: inferenceNotes(inferences, wanted) };
}
