import type { Interval, Measurement } from '../core/measurement.ts';
import { normalQuantile } from '../stats/distributions.ts';
import { type FactorName, perFactor } from './factor.ts';
import { createRandom, createNormalSource } from '../stats/random.ts';
import {
  type ReplicateValues,
  type DrawnModels,
  drawReplicates,
  launchedOnce,
  anchoredReplicates,
  paperReplicates,
  defaultResamples,
  pointValues,
  rankByScore,
} from './bootstrap.ts';
import {
  hasPerAnchored,
  type ScoreboardRow,
  type BoardInference,
  type RankedRow,
  type RowRanking,
  type Scoreboard,
  scoredRows,
} from './scoreboard.ts';
import { unknownSpread } from '../stats/launch-interval.ts';
import type { RankedModel } from '../stats/rank-inference.ts';
import { requiredRange } from './required-accuracy.ts';
import type { TaskEvidence } from './task-evidence.ts';

/** One draw of a number from a standard normal one. */
type Draw = (normal: number) => number;

type KnownNumber = { readonly value: number; readonly interval?: Interval };

function numberOf(measurement: Measurement | undefined): KnownNumber {
  return measurement === undefined || measurement.status === 'unavailable' ? { value: 0 } : measurement;
}

/** A normal distribution with another spread on each side, as the interval has; inside [0, 1]. */
function accuracyDraw({ value, interval }: KnownNumber): Draw {
  if (interval === undefined) return () => value;
  const z = normalQuantile((1 + interval.level) / 2);
  const [below, above] = [(value - interval.low) / z, (interval.high - value) / z];
  return (normal) => Math.min(1, Math.max(0, value + normal * Math.max(0, normal < 0 ? below : above)));
}

/** The same on the logarithm; the spread that is assumed where there is no interval. */
function performanceDraw({ value, interval }: KnownNumber, assumed: number): Draw {
  if (interval === undefined || !(interval.low > 0)) return (normal) => value * Math.exp(normal * assumed);
  const z = normalQuantile((1 + interval.level) / 2);
  const [below, above] = [Math.log(value / interval.low) / z, Math.log(interval.high / value) / z];
  return (normal) => value * Math.exp(normal * Math.max(0, normal < 0 ? below : above));
}

/** Replicates of the models of a scoreboard that have a score. */
export interface BoardReplicates extends Omit<DrawnModels, 'withoutLaunchSpread'> {
  readonly inference: BoardInference;
}

export interface ReplicateSettings {
  readonly resamples?: number;
  readonly seed?: number;
}

export const defaultSeed = 1;

/**
 * Replicates for a scoreboard: from what is behind it where that is known, else from the intervals of its numbers.
 *
 * @returns undefined where no model has a score, or an accuracy has no interval
 */
export function boardReplicates(
  board: Scoreboard,
  evidence: TaskEvidence | undefined,
  settings: ReplicateSettings = {},
): BoardReplicates | undefined {
  const rows = scoredRows(board);
  if (rows.length === 0) return undefined;
  const { resamples = defaultResamples, seed = defaultSeed } = settings;
  return evidence === undefined
    ? intervalReplicates(rows, resamples, seed)
    : pairedReplicates(rows, evidence, resamples, seed);
}

function pairedReplicates(
  rows: readonly ScoreboardRow[],
  evidence: TaskEvidence,
  resamples: number,
  seed: number,
): BoardReplicates | undefined {
  const scored = new Set(rows.map(({ model }) => model));
  const known = evidence.models.filter(({ model }) => scored.has(model));
  if (known.length === 0) return undefined;
  const { clusters, isInRounds, notes } = evidence;
  return replicatesOf(
    known.map(({ model }) => model),
    pointValues(known),
    drawReplicates(known, { resamples, seed, clusters, isInRounds }),
    { method: 'paired', resamples, seed, withoutLaunchSpread: launchedOnce(known), notes },
  );
}

/**
 * From the intervals of the numbers alone, each model and factor by itself: for tables, where the answers behind them
 * aren't at hand. Models that were asked the same items differ less than these draws say.
 */
function intervalReplicates(
  rows: readonly ScoreboardRow[],
  resamples: number,
  seed: number,
): BoardReplicates | undefined {
  const at = (row: ScoreboardRow, factor: FactorName): KnownNumber => numberOf(row.measurements[factor]);
  if (rows.some((row) => at(row, 'accuracy').interval === undefined)) return undefined;
  const normal = createNormalSource(createRandom(seed));
  const drawn = (factor: FactorName): Float64Array => {
    const draws = rows.map((row) =>
      factor === 'accuracy' ? accuracyDraw(at(row, factor)) : performanceDraw(at(row, factor), unknownSpread[factor]),
    );
    return new Float64Array(resamples * rows.length).map((_, index) => (draws[index % rows.length] as Draw)(normal()));
  };
  const unspread = rows.filter(
    (row) => at(row, 'throughput').interval === undefined || at(row, 'latency').interval === undefined,
  );
  return replicatesOf(
    rows.map(({ model }) => model),
    perFactor((factor) => Float64Array.from(rows, (row) => at(row, factor).value)),
    perFactor(drawn),
    { method: 'intervals', resamples, seed, withoutLaunchSpread: unspread.map(({ model }) => model), notes: [] },
  );
}

function replicatesOf(
  models: readonly string[],
  point: ReplicateValues,
  values: ReplicateValues,
  inference: Omit<BoardInference, 'atBoundary'>,
): BoardReplicates {
  const paper = models.length < 2 ? [] : paperReplicates(point, models.length);
  const atBoundary = models.filter((_, index) => paper[index] === 0);
  return { models, point, values, inference: { ...inference, atBoundary } };
}

/** Adds intervals, ranks, support and ties to a scoreboard. */
export function rankScoreboard(board: Scoreboard, { models, point, values, inference }: BoardReplicates): Scoreboard {
  const { anchors, weights } = board;
  const count = models.length;
  const drawn = { models, point, values, withoutLaunchSpread: inference.withoutLaunchSpread };
  const anchored = anchors && rankByScore(drawn, (replicates) => anchoredReplicates(replicates, anchors, weights));
  const paper = count < 2 ? undefined : rankByScore(drawn, (replicates) => paperReplicates(replicates, count, weights));
  const without = new Set(inference.withoutLaunchSpread);
  const shown = (ranked: RankedModel | undefined, model: string): RankedRow | undefined =>
    ranked && { ...ranked, interval: without.has(model) ? undefined : ranked.interval };
  return {
    ...board,
    inference,
    rows: board.rows.map((row) => {
      const index = models.indexOf(row.model);
      if (index === -1) return row;
      const ranking: RowRanking = {
        anchored: shown(anchored?.[index], row.model),
        paper: shown(paper?.[index], row.model),
      };
      return { ...row, ranking };
    }),
  };
}

/** How far the accuracy that a model needs to beat another depends on launches; undefined where their spread isn't known. */
export function requiredBetween(
  champion: string,
  challenger: string,
  replicates: Pick<BoardReplicates, 'models' | 'values' | 'inference'> | undefined,
  accuracy: number | undefined,
  { anchors, weights }: Pick<Scoreboard, 'anchors' | 'weights'>,
): Interval | undefined {
  if (replicates === undefined || accuracy === undefined || anchors === undefined) return undefined;
  const { models, values, inference } = replicates;
  const pair = [models.indexOf(champion), models.indexOf(challenger)] as const;
  const isUnknown = [champion, challenger].some((model) => inference.withoutLaunchSpread.includes(model));
  if (isUnknown || pair.includes(-1)) return undefined;
  return requiredRange(values, models.length, pair, accuracy, anchors, weights);
}

/** Of the score that orders the rows: PER-A where it was computed. */
export function headlineRanking(row: ScoreboardRow, board: Scoreboard): RankedRow | undefined {
  return hasPerAnchored(board) ? row.ranking?.anchored : row.ranking?.paper;
}
