import { checkAnchors, type Anchors } from './anchors.ts';
import {
  factorNames,
  type FactorName,
  type Factors,
  defaultLatencyResolution,
  usableMetrics,
  type LatencyResolution,
  type ModelMetrics,
  type ScoreFlag,
} from './factor.ts';
import { geometricMean } from '../stats/means.ts';
import { rankDescending } from '../stats/rank-inference.ts';

export const equalWeights: Factors = { accuracy: 0.25, throughput: 0.25, latency: 0.25, memory: 0.25 };

/**
 * The four factors of PER-A: accuracy above the trivial answer, and for the rest the value over its sum with the anchor,
 * so that the anchor scores 0.5, nothing is clamped, and no other model's value matters.
 */
export function anchoredFactors(values: Factors, anchors: Anchors): Factors {
  return {
    accuracy: Math.max(0, (values.accuracy - anchors.trivialAccuracy) / (1 - anchors.trivialAccuracy)),
    throughput: values.throughput / (values.throughput + anchors.throughput),
    latency: anchors.latency / (anchors.latency + values.latency),
    memory: anchors.memory / (anchors.memory + values.memory),
  };
}

/**
 * PER-A of one model: the weighted geometric mean of its {@link anchoredFactors}, in [0, 1).
 *
 * Source: docs/scores.md, "PER-A".
 *
 * @param values accuracy in [0, 1], the others in the anchors' units, at least 0
 * @param weights with a sum of 1
 * @throws {RangeError} if anchors or weights are out of range
 */
export function anchoredScore(values: Factors, anchors: Anchors, weights: Factors = equalWeights): number {
  checkAnchors(anchors);
  const factors = anchoredFactors(values, anchors);
  return geometricMean(
    factorNames.map((factor) => factors[factor]),
    factorNames.map((factor) => weights[factor]),
  );
}

/**
 * PER-A without the one factor that wasn't measured, the weights of the others scaled up to 1. Labelled `PER-A(3)`: it is
 * another score, and not ranked with the full one.
 *
 * @returns undefined where all four factors are there, more than one is missing, or the model failed
 */
export function threeFactorScore(
  metrics: ModelMetrics | undefined,
  anchors: Anchors | undefined,
  weights: Factors = equalWeights,
): { readonly score: number; readonly missing: FactorName } | undefined {
  if (metrics === undefined || anchors === undefined || metrics.failure !== undefined) return undefined;
  const [missing, ...others] = factorNames.filter((factor) => metrics[factor] === undefined);
  if (missing === undefined || others.length > 0 || metrics.throughput === 0 || weights[missing] >= 1) return undefined;
  const factors = anchoredFactors(
    {
      accuracy: metrics.accuracy ?? 0,
      throughput: metrics.throughput ?? anchors.throughput,
      latency: metrics.latency ?? anchors.latency,
      memory: metrics.memory ?? anchors.memory,
    },
    anchors,
  );
  const kept = factorNames.filter((factor) => factor !== missing);
  const rest = 1 - weights[missing];
  const score = geometricMean(
    kept.map((factor) => factors[factor]),
    kept.map((factor) => weights[factor] / rest),
  );
  return { score, missing };
}

export interface PerAnchoredRow {
  readonly model: string;
  /** Undefined where the model failed or lacks a factor: never 0 for "don't know". */
  readonly factors: Factors | undefined;
  readonly score: number | undefined;
  readonly rank: number | undefined;
  readonly flags: readonly ScoreFlag[];
}

export interface PerAnchoredOptions {
  readonly weights?: Factors;
  readonly latencyResolution?: LatencyResolution;
}

/**
 * PER-A of several models. Each score depends on no other model: adding or dropping a model changes none.
 *
 * @param models one per model, each factor in the anchors' units
 * @throws {RangeError} if a value, an anchor or the weights are out of range
 */
export function perAnchored(
  models: readonly ModelMetrics[],
  anchors: Anchors,
  options: PerAnchoredOptions = {},
): readonly PerAnchoredRow[] {
  const { weights = equalWeights, latencyResolution = defaultLatencyResolution } = options;
  const rows = models.map((metrics) => {
    const { values, flags } = usableMetrics(metrics, latencyResolution);
    if (values === undefined) return { model: metrics.model, factors: undefined, score: undefined, flags };
    const factors = anchoredFactors(values, anchors);
    return {
      model: metrics.model,
      factors,
      score: anchoredScore(values, anchors, weights),
      flags: factors.accuracy === 0 ? [...flags, trivialFlag] : flags,
    };
  });
  const ranks = rankDescending(rows.map(({ score }) => score));
  return rows.map((row, index) => ({ ...row, rank: ranks[index] }));
}

const trivialFlag: ScoreFlag = {
  code: 'below_trivial_baseline',
  factor: 'accuracy',
  text: 'not better than always giving the same answer',
};
