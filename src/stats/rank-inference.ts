import type { Interval } from '../core/measurement.ts';
import { inverseCdfQuantile, quantile } from './quantile.ts';

/**
 * Competition ranks, the largest value first: 1, 2, 2, 4. Where there is no value there is no rank.
 *
 * @param values one per model; undefined is left out
 */
export function rankDescending(values: readonly (number | undefined)[]): (number | undefined)[] {
  const sorted = values.filter((value) => value !== undefined).toSorted((left, right) => right - left);
  const ranks = new Map<number, number>();
  for (const [index, value] of sorted.entries()) if (!ranks.has(value)) ranks.set(value, index + 1);
  return values.map((value) => (value === undefined ? undefined : ranks.get(value)));
}

/** Rows by rank, ties by name, those without a rank last: the order in which tables show them. */
export function inRankOrder<Row extends { readonly model: string }>(
  rows: readonly Row[],
  rankOf: (row: Row) => number | undefined,
): Row[] {
  return rows.toSorted(
    (left, right) =>
      (rankOf(left) ?? Infinity) - (rankOf(right) ?? Infinity) ||
      (left.model < right.model ? -1 : left.model > right.model ? 1 : 0),
  );
}

/**
 * Kendall's tau-b: how far two scores agree on the order of the same models, from -1 to 1; ties don't count as
 * agreement.
 *
 * @param left one value per model
 * @param right the same models in the same order
 * @returns undefined where one of the two has no order at all
 * @throws {RangeError} if the lengths differ
 */
export function kendallTauB(left: readonly number[], right: readonly number[]): number | undefined {
  if (left.length !== right.length) throw new RangeError(`tau needs pairs, got ${left.length} and ${right.length}`);
  let agreement = 0;
  let leftPairs = 0;
  let rightPairs = 0;
  for (let i = 0; i < left.length; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const a = Math.sign((left[i] as number) - (left[j] as number));
      const b = Math.sign((right[i] as number) - (right[j] as number));
      agreement += a * b;
      leftPairs += a * a;
      rightPairs += b * b;
    }
  }
  if (leftPairs === 0 || rightPairs === 0) return undefined;
  return agreement / Math.sqrt(leftPairs * rightPairs);
}

/** What replicates say about one model among the others. */
export interface RankedModel {
  /** Quantiles of its score over the replicates. */
  readonly interval: Interval;
  /** Share of replicates that it won, ties split: bootstrap support, not confidence. */
  readonly topShare: number;
  /** Central 95 % of its ranks. */
  readonly rankInterval: readonly [best: number, worst: number];
  /** Ranks that it can have, for all models at once. */
  readonly rankSet: readonly [best: number, worst: number];
  /** No other is significantly better: part of the tie group of the best. */
  readonly isInTieGroup: boolean;
}

/** Scores are compared by their logarithm; what isn't above this counts as 0. */
const minScore = 1e-6;

function logScore(score: number): number {
  return Math.log(Math.max(score, minScore));
}

/** Ranks of every replicate: 1 + how many are better. */
function replicateRanks(replicates: Float64Array, models: number): Uint16Array {
  const ranks = new Uint16Array(replicates.length);
  for (let offset = 0; offset < replicates.length; offset += models) {
    for (let model = 0; model < models; model += 1) {
      const own = replicates[offset + model] as number;
      let better = 0;
      for (let other = 0; other < models; other += 1) if ((replicates[offset + other] as number) > own) better += 1;
      ranks[offset + model] = 1 + better;
    }
  }
  return ranks;
}

function topShares(ranks: Uint16Array, models: number): Float64Array {
  const shares = new Float64Array(models);
  const replicates = ranks.length / models;
  for (let offset = 0; offset < ranks.length; offset += models) {
    let winners = 0;
    for (let model = 0; model < models; model += 1) if (ranks[offset + model] === 1) winners += 1;
    for (let model = 0; model < models; model += 1) {
      if (ranks[offset + model] === 1) shares[model] = (shares[model] as number) + 1 / winners;
    }
  }
  return shares.map((wins) => wins / replicates);
}

/**
 * Models with a score of 0, in the point or in a replicate: from there any other score is a leap on the logarithm, which
 * would widen all comparisons. They are compared by the scores themselves.
 */
function touchesZero(point: readonly number[], replicates: Float64Array): readonly boolean[] {
  const touched = point.map((score) => score <= minScore);
  for (const [index, score] of replicates.entries()) if (score <= minScore) touched[index % point.length] = true;
  return touched;
}

/** For each pair i > j the difference of log scores and its standard error over the replicates. */
interface Pairs {
  readonly difference: Float64Array;
  readonly error: Float64Array;
  /** Largest |D* - D| / error that all pairs stay below at once, in the wanted share of replicates. */
  readonly critical: number;
}

function pairIndex(i: number, j: number): number {
  return (i * (i - 1)) / 2 + j;
}

function comparePairs(
  point: readonly number[],
  replicates: Float64Array,
  level: number,
  isUnknown: readonly boolean[],
): Pairs {
  const models = point.length;
  const count = replicates.length / models;
  const logs = replicates.map(logScore);
  const isZero = touchesZero(point, replicates);
  const pairs = (models * (models - 1)) / 2;
  const difference = new Float64Array(pairs);
  const error = new Float64Array(pairs);
  const largest = new Float64Array(count);
  for (let i = 1; i < models; i += 1) {
    for (let j = 0; j < i; j += 1) {
      if (isUnknown[i] === true || isUnknown[j] === true) {
        error[pairIndex(i, j)] = Infinity;
        continue;
      }
      const isLinear = isZero[i] === true || isZero[j] === true;
      const values = isLinear ? replicates : logs;
      const scale = isLinear ? (score: number): number => score : logScore;
      const own = scale(point[i] as number) - scale(point[j] as number);
      let [sum, squares] = [0, 0];
      for (let offset = 0; offset < values.length; offset += models) {
        const drawn = (values[offset + i] as number) - (values[offset + j] as number) - own;
        sum += drawn;
        squares += drawn * drawn;
      }
      const deviation = Math.sqrt(Math.max(0, (squares - (sum * sum) / count) / (count - 1)));
      const pair = pairIndex(i, j);
      difference[pair] = own;
      error[pair] = deviation;
      // Rounding alone gives a constant difference a deviation of about 1e-16.
      if (deviation < 1e-12) continue;
      for (let replicate = 0, offset = 0; replicate < count; replicate += 1, offset += models) {
        const drawn = Math.abs((values[offset + i] as number) - (values[offset + j] as number) - own) / deviation;
        if (drawn > (largest[replicate] as number)) largest[replicate] = drawn;
      }
    }
  }
  return { difference, error, critical: quantile(largest.toSorted(), level) };
}

/** 1 where the first is significantly better, -1 where it is worse, 0 where neither is significant. */
function verdict({ difference, error, critical }: Pairs, first: number, second: number): number {
  if (first === second) return 0;
  const pair = pairIndex(Math.max(first, second), Math.min(first, second));
  const sign = first > second ? 1 : -1;
  const own = sign * (difference[pair] as number);
  return Math.abs(own) > critical * (error[pair] as number) + 1e-12 ? Math.sign(own) : 0;
}

function columnOf(values: Float64Array | Uint16Array, models: number, model: number): Float64Array {
  const column = new Float64Array(values.length / models);
  for (let row = 0; row < column.length; row += 1) column[row] = values[row * models + model] as number;
  return column;
}

export interface RankOptions {
  readonly level?: number;
  /** By model: how far its score varies is not known, so that it is neither better nor worse than any other. */
  readonly isUnknown?: readonly boolean[];
  /**
   * Further replicates in which quantities that no draw can reach, such as an accuracy of 1, are at that edge: intervals
   * cover these too.
   */
  readonly atEdges?: Float64Array | undefined;
}

/**
 * Intervals, ranks and ties of models from bootstrap replicates of their scores.
 *
 * Rank sets and the tie group hold for all models at once: pairs are compared by the largest studentised difference.
 * Source: Mogstad, Romano, Shaikh and Wilhelm; docs/scores.md, "Ranks".
 *
 * @param point the models' scores, at least 0
 * @param replicates by replicate, then by model
 * @throws {RangeError} if there are no replicates, or too few numbers for whole ones
 */
export function rankInference(
  point: readonly number[],
  replicates: Float64Array,
  { level = 0.95, isUnknown = [], atEdges }: RankOptions = {},
): readonly RankedModel[] {
  const models = point.length;
  if (models === 0 || replicates.length < 2 * models || replicates.length % models !== 0) {
    throw new RangeError(`${replicates.length} replicate scores don't fit ${models} models`);
  }
  const ranks = replicateRanks(replicates, models);
  const shares = topShares(ranks, models);
  const pairs = comparePairs(point, replicates, level, isUnknown);
  const tail = (1 - level) / 2;
  const everyone = point.map((_, index) => index);
  return point.map((_, model): RankedModel => {
    const [own, edge] = [replicates, atEdges ?? replicates].map((all) => columnOf(all, models, model).toSorted()) as [
      Float64Array,
      Float64Array,
    ];
    const ownRanks = columnOf(ranks, models, model).toSorted();
    const above = everyone.filter((other) => verdict(pairs, other, model) > 0).length;
    const below = everyone.filter((other) => verdict(pairs, other, model) < 0).length;
    return {
      interval: {
        low: Math.min(quantile(own, tail), quantile(edge, tail)),
        high: Math.max(quantile(own, 1 - tail), quantile(edge, 1 - tail)),
        level,
        method: 'bootstrap',
      },
      topShare: shares[model] as number,
      rankInterval: [inverseCdfQuantile(ownRanks, tail), inverseCdfQuantile(ownRanks, 1 - tail)],
      rankSet: [1 + above, models - below],
      isInTieGroup: above === 0,
    };
  });
}
