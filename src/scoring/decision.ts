import type { Limits } from '../core/limits.ts';
import type { Interval } from '../core/measurement.ts';
import type { CurveSegment } from './accuracy-weight-curve.ts';
import type { Anchors } from './anchors.ts';
import type { ConstraintCheck, LargestGate } from './constraints.ts';
import type { Factors } from './factor.ts';
import type { Scoreboard, BoardInference, RankedRow } from './scoreboard.ts';
import type { TaskEvidence } from './task-evidence.ts';
import { boardReplicates, defaultSeed } from './board-ranking.ts';
import { rankInference, type RankedModel } from '../stats/rank-inference.ts';
import { anchoredReplicates, defaultResamples, paperReplicates } from './bootstrap.ts';
import { spreadNote } from './board-verdict.ts';

/** One task that counts, with what was measured on it. */
export interface DecisionTask {
  /** With PER-A of its anchors where there are any. */
  readonly board: Scoreboard;
  /** Above 0; only ratios between tasks count. */
  readonly weight: number;
  readonly anchors: Anchors | undefined;
  /** Items and launches behind the board; undefined for a table that was measured elsewhere. */
  readonly evidence: TaskEvidence | undefined;
}

export interface DecisionOptions {
  readonly score: 'PER-A' | 'PER-paper';
  readonly constraints: Limits;
  /** Of the factors, as the boards were scored with; a quarter each by default. */
  readonly weights?: Factors | undefined;
  /** Price of one device for an hour; prices that were measured need none. */
  readonly pricePerHour?: number | undefined;
  readonly seed?: number | undefined;
  readonly resamples?: number | undefined;
}

export interface DecisionCandidate {
  readonly model: string;
  /** Over all tasks; undefined where it has none. */
  readonly score: number | undefined;
  /** Bootstrap interval of the score. */
  readonly interval: Interval | undefined;
  /** Score on each task, in their order. */
  readonly taskScores: readonly (number | undefined)[];
  /** Passes every constraint and has a score. */
  readonly isEligible: boolean;
  /** 1, 2, 2, 4 among the eligible. */
  readonly rank: number | undefined;
  readonly checks: readonly ConstraintCheck[];
  /** Why it has no score, one phrase each. */
  readonly reasons: readonly string[];
  /** Device time per item (or per token), the tasks weighted. */
  readonly costSeconds: number | undefined;
  /** Share of replicates that it wins among the eligible: support on new items and launches, not confidence. */
  readonly support: number | undefined;
  /** Nobody eligible is significantly better. */
  readonly isInTieGroup: boolean | undefined;
  /** Accuracy with which it would beat the recommended model; one task and PER-A only. 1 or more: none would do. */
  readonly requiredAccuracy: number | undefined;
  readonly accuracy: number | undefined;
}

/** Who would win at which weight of something. */
export interface WeightCurve {
  /** `accuracy`, or the id of a task. */
  readonly of: string;
  /** The weight now, from 0 to 1. */
  readonly weight: number;
  readonly segments: readonly CurveSegment[];
}

export type DecisionOutcome = 'recommended' | 'none-qualify' | 'no-valid-model';

/** The answer to "which model?", and what it hangs on. Plain JSON. */
export interface Decision {
  readonly outcome: DecisionOutcome;
  /** Version of the score, such as `PER-A/2026-1/cpu`. */
  readonly scoreVersion: string;
  readonly tasks: readonly { readonly taskId: string; readonly title: string | undefined; readonly weight: number }[];
  readonly constraints: Limits;
  /** The eligible by rank, then the others by score. */
  readonly candidates: readonly DecisionCandidate[];
  readonly recommended: string | undefined;
  readonly runnerUp: string | undefined;
  /** The next cheaper model than the recommended one. */
  readonly nextCheaper: string | undefined;
  /** Has the highest score, but fails a constraint. */
  readonly unconstrained: string | undefined;
  /** Misses the constraints by least, where no model passes. */
  readonly nearestMiss: string | undefined;
  readonly largestGates: readonly LargestGate[];
  readonly curves: readonly WeightCurve[];
  readonly resamples: number | undefined;
  /** What a reader must know, one sentence each. */
  readonly notes: readonly string[];
}

export interface DecisionSupport {
  readonly resamples: number;
  /** By model. */
  readonly models: ReadonlyMap<string, RankedRow>;
  readonly notes: readonly string[];
}

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
      ? ["support comes from each model's own intervals; per-item answers would be more precise"]
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
