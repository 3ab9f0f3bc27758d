import { drawReplicates, type BootstrapModel, type LaunchedValue } from './bootstrap.ts';
import { drawFromIntervals } from './interval-replicates.ts';
import { launchPrior } from '../stats/launch-prior.ts';
import { anchoredReplicates, paperReplicates, type ReplicateValues } from './replicate-scores.ts';
import { meanOf } from '../stats/standard-deviation.ts';
import { rankInference, type RankedModel } from '../stats/rank-inference.ts';
import {
  type BoardInference,
  type RankedRow,
  type RowRanking,
  type Scoreboard,
  type ScoreboardRow,
  scoredRows,
  valueOf,
} from './scoreboard.ts';
import type { TaskEvidence } from './task-evidence.ts';

/** Replicates of the models of a scoreboard that have a score. */
export interface BoardReplicates {
  readonly inference: BoardInference;
  readonly models: readonly string[];
  readonly point: ReplicateValues;
  readonly values: ReplicateValues;
}

export interface ReplicateSettings {
  readonly resamples?: number;
  readonly seed?: number;
}

const defaultResamples = 2000;
const defaultSeed = 1;

/** As good as infinitely many: the normal distribution. */
const priorDegrees = 1e6;

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

function withPrior(value: LaunchedValue, prior: number): LaunchedValue {
  return value.logDeviation === undefined ? { ...value, logDeviation: prior, degreesOfFreedom: priorDegrees } : value;
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
  const models = known.map((model): BootstrapModel => ({
    ...model,
    throughput: withPrior(model.throughput, launchPrior.throughput),
    latency: withPrior(model.latency, launchPrior.latency),
    memory: withPrior(model.memory, launchPrior.memory),
  }));
  const { clusters, isSameWindow, notes } = evidence;
  const values = drawReplicates(models, { resamples, seed, clusters, isSameWindow });
  const point: ReplicateValues = {
    accuracy: Float64Array.from(known, ({ scores }) => meanOf(scores)),
    throughput: Float64Array.from(known, ({ throughput }) => throughput.geometricMean),
    latency: Float64Array.from(known, ({ latency }) => latency.geometricMean),
    memory: Float64Array.from(known, ({ memory }) => memory.geometricMean),
  };
  const withoutLaunchSpread = known
    .filter(({ throughput, latency }) => throughput.logDeviation === undefined || latency.logDeviation === undefined)
    .map(({ model }) => model);
  return replicatesOf(
    known.map(({ model }) => model),
    point,
    values,
    { method: 'paired', resamples, seed, withoutLaunchSpread, notes },
  );
}

function intervalReplicates(
  rows: readonly ScoreboardRow[],
  resamples: number,
  seed: number,
): BoardReplicates | undefined {
  const drawn = drawFromIntervals(rows, resamples, seed, launchPrior);
  if (drawn === undefined) return undefined;
  const point = (factor: keyof ReplicateValues): Float64Array =>
    Float64Array.from(rows, ({ measurements }) => valueOf(measurements[factor]) ?? 0);
  return replicatesOf(
    rows.map(({ model }) => model),
    {
      accuracy: point('accuracy'),
      throughput: point('throughput'),
      latency: point('latency'),
      memory: point('memory'),
    },
    drawn.values,
    { method: 'intervals', resamples, seed, withoutLaunchSpread: drawn.withoutSpread, notes: [] },
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
export function rankScoreboard(board: Scoreboard, replicates: BoardReplicates): Scoreboard {
  const { models, point, values, inference } = replicates;
  const { anchors, weights } = board;
  const count = models.length;
  const anchored =
    anchors &&
    rankInference([...anchoredReplicates(point, anchors, weights)], anchoredReplicates(values, anchors, weights));
  const paper =
    count < 2
      ? undefined
      : rankInference([...paperReplicates(point, count, weights)], paperReplicates(values, count, weights));
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

/** Of the score that orders the rows: PER-A where it was computed. */
export function headlineRanking(row: ScoreboardRow, board: Scoreboard): RankedRow | undefined {
  return board.anchors === undefined ? row.ranking?.paper : row.ranking?.anchored;
}
