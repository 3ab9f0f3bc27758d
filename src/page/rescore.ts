import { keepsBound } from '../core/limits.ts';
import { scoredRows, type RankedRow, valueOf, type Scoreboard } from '../scoring/scoreboard.ts';
import type { Anchors } from '../scoring/anchors.ts';
import { perFactor, type Factors, type ModelMetrics } from '../scoring/factor.ts';
import { equalWeights, perAnchored } from '../scoring/per-anchored.ts';
import { perPaper } from '../scoring/per-paper.ts';
import { rankInference, type RankedModel } from '../stats/rank-inference.ts';
import { anchoredReplicates, paperReplicates, type ReplicateValues } from '../scoring/bootstrap.ts';
import type { Draws } from './draws.ts';

/** What a reader may choose. */
export interface ScoreSettings {
  readonly weights: Factors;
  /** PER-A where there are anchors, else PER-paper. */
  readonly anchors: Anchors | undefined;
  /** Models below this accuracy have no score. */
  readonly accuracyGate: number;
}

export interface RescoredModel {
  readonly model: string;
  readonly factors: Factors | undefined;
  readonly score: number | undefined;
  readonly rank: number | undefined;
  /** Below the minimum accuracy. */
  readonly isGated: boolean;
  /** Undefined where nothing is known about spread. */
  readonly ranked: RankedRow | undefined;
}

/** Weights that add up to 1 from any four numbers of at least 0; equal ones where all are 0. */
export function normalWeights(parts: Factors): Factors {
  const sum = parts.accuracy + parts.throughput + parts.latency + parts.memory;
  return sum > 0 ? perFactor((factor) => parts[factor] / sum) : equalWeights;
}

/** The columns of some models out of replicates; draws below the gate can't win. */
function chosenValues(draws: Draws, models: readonly string[]): ReplicateValues {
  const indexes = models.map((model) => draws.models.indexOf(model));
  const pick = (values: Float64Array): Float64Array =>
    Float64Array.from({ length: draws.replicates * models.length }, (_, index) => {
      const replicate = Math.floor(index / models.length);
      const column = indexes[index % models.length] ?? 0;
      return values[replicate * draws.models.length + column] ?? 0;
    });
  return perFactor((factor) => pick(draws.values[factor]));
}

function inference(
  models: readonly string[],
  scores: readonly number[],
  draws: Draws | undefined,
  { weights, anchors, accuracyGate }: ScoreSettings,
): readonly (RankedModel | undefined)[] {
  if (draws === undefined || models.length === 0 || models.some((model) => !draws.models.includes(model))) return [];
  const values = chosenValues(draws, models);
  const replicates =
    anchors === undefined
      ? paperReplicates(values, models.length, weights)
      : anchoredReplicates(values, anchors, weights);
  const gated =
    accuracyGate > 0
      ? replicates.map((score, index) => (keepsBound(values.accuracy[index] ?? 0, accuracyGate, false) ? score : 0))
      : replicates;
  return rankInference(scores, gated);
}

/**
 * Scores, ranks and their intervals under a reader's own weights, anchors and gate, by the same code that wrote the
 * report. Models without a score in the report have none here either.
 */
export function rescore(
  board: Scoreboard,
  draws: Draws | undefined,
  settings: ScoreSettings,
): ReadonlyMap<string, RescoredModel> {
  const rows = scoredRows(board);
  const metrics = rows.map(({ model, measurements }): ModelMetrics => {
    const accuracy = valueOf(measurements.accuracy);
    const isGated = !keepsBound(accuracy ?? 0, settings.accuracyGate, false);
    return {
      model,
      accuracy,
      throughput: valueOf(measurements.throughput),
      latency: valueOf(measurements.latency),
      memory: valueOf(measurements.memory),
      ...(isGated && { failure: 'below the minimum accuracy' }),
    };
  });
  const { weights, anchors } = settings;
  const scored =
    anchors === undefined ? perPaper(metrics, { weights }).rows : perAnchored(metrics, anchors, { weights });
  const kept = scored.flatMap(({ model, score }) => (score === undefined ? [] : [{ model, score }]));
  const ranked = inference(
    kept.map(({ model }) => model),
    kept.map(({ score }) => score),
    draws,
    settings,
  );
  const rankedByModel = new Map(kept.map(({ model }, index) => [model, ranked[index]]));
  return new Map(
    scored.map(({ model, factors, score, rank }, index): [string, RescoredModel] => [
      model,
      {
        model,
        factors,
        score,
        rank,
        isGated: metrics[index]?.failure !== undefined,
        ranked: rankedByModel.get(model),
      },
    ]),
  );
}
