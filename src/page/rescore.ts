import { isUpperLimit, keepsBound, limitKind, limitList, type Limits } from '../core/limits.ts';
import { checkConstraints, missedChecks, missedText, type ConstraintCheck } from '../scoring/constraints.ts';
import { pricePerThousand } from '../scoring/efficiency.ts';
import { scoredRows, type RankedRow, valueOf, type Scoreboard } from '../scoring/scoreboard.ts';
import type { Anchors } from '../scoring/anchors.ts';
import { factorNames, perFactor, type Factors, type ModelMetrics } from '../scoring/factor.ts';
import { equalWeights, perAnchored } from '../scoring/per-anchored.ts';
import { perPaper } from '../scoring/per-paper.ts';
import { rankInference } from '../stats/rank-inference.ts';
import {
  anchoredReplicates,
  atEdges,
  chosenValues,
  paperReplicates,
  type ReplicateValues,
} from '../scoring/bootstrap.ts';
import type { Draws } from './draws.ts';

/** What a reader may choose. */
export interface ScoreSettings {
  readonly weights: Factors;
  /** PER-A where there are anchors, else PER-paper. */
  readonly anchors: Anchors | undefined;
  /** A model that misses one has no score. */
  readonly limits: Limits;
  /** Money per hour of one device, for limits on prices. */
  readonly pricePerHour: number | undefined;
}

export interface RescoredModel {
  readonly model: string;
  readonly factors: Factors | undefined;
  readonly score: number | undefined;
  readonly rank: number | undefined;
  /** The limits that it misses. */
  readonly missed: readonly ConstraintCheck[];
  /** Undefined where nothing is known about spread. */
  readonly ranked: RankedRow | undefined;
}

/** Weights that add up to 1 from any four numbers of at least 0; equal ones where all are 0. */
export function normalWeights(parts: Factors): Factors {
  const sum = parts.accuracy + parts.throughput + parts.latency + parts.memory;
  return sum > 0 ? perFactor((factor) => parts[factor] / sum) : equalWeights;
}

/** Whether a replicate keeps the limits on what replicates have: the factors, and the price that follows from one. */
function keepsLimits({ limits, pricePerHour }: ScoreSettings, values: ReplicateValues): (index: number) => boolean {
  const checks = limitList(limits, []).flatMap(({ name, bound }) => {
    const read = replicateReader(limitKind(name).metric, values, pricePerHour);
    return read === undefined ? [] : [(index: number) => keepsBound(read(index), bound, isUpperLimit(name))];
  });
  return (index) => checks.every((keeps) => keeps(index));
}

function replicateReader(
  metric: ReturnType<typeof limitKind>['metric'],
  values: ReplicateValues,
  pricePerHour: number | undefined,
): ((index: number) => number) | undefined {
  const factor = factorNames.find((name) => name === metric);
  if (factor !== undefined) return (index) => values[factor][index] ?? Number.NaN;
  if (metric !== 'pricePerThousand' || pricePerHour === undefined) return undefined;
  return (index) => pricePerThousand(values.throughput[index] ?? Number.NaN, pricePerHour);
}

interface KeptModel {
  readonly model: string;
  readonly score: number;
  readonly accuracy: number;
}

function inference(
  kept: readonly KeptModel[],
  board: Scoreboard,
  draws: Draws | undefined,
  settings: ScoreSettings,
): readonly (RankedRow | undefined)[] {
  const models = kept.map(({ model }) => model);
  const drawn = draws && models.length > 0 ? chosenValues(draws, models) : undefined;
  if (drawn === undefined) return [];
  const { weights, anchors } = settings;
  // One that misses a limit can't win.
  const scoresOf = (values: ReplicateValues): Float64Array => {
    const keeps = keepsLimits(settings, values);
    const replicates =
      anchors === undefined
        ? paperReplicates(values, models.length, weights)
        : anchoredReplicates(values, anchors, weights);
    return replicates.map((score, index) => (keeps(index) ? score : 0));
  };
  const edges = atEdges(
    drawn,
    kept.map(({ accuracy }) => accuracy),
  );
  const isUnknown = models.map((model) => board.inference?.withoutLaunchSpread.includes(model) === true);
  return rankInference(
    kept.map(({ score }) => score),
    scoresOf(drawn),
    { isUnknown, atEdges: edges && scoresOf(edges) },
  ).map((ranked, index) => (isUnknown[index] === true ? { ...ranked, interval: undefined } : ranked));
}

/**
 * Scores, ranks and their intervals under a reader's own weights, anchors and limits, by the same code that wrote the
 * report. Models without a score in the report have none here either.
 */
export function rescore(
  board: Scoreboard,
  draws: Draws | undefined,
  settings: ScoreSettings,
): ReadonlyMap<string, RescoredModel> {
  const rows = scoredRows(board);
  const missed = rows.map((row) =>
    missedChecks(checkConstraints(row, board.taskId, settings.limits, settings.pricePerHour)),
  );
  const metrics = rows.map(({ model, measurements }, index): ModelMetrics => {
    const own = missed[index] ?? [];
    return {
      model,
      ...perFactor((factor) => valueOf(measurements[factor])),
      ...(own.length > 0 && { failure: missedText(own) }),
    };
  });
  const { weights, anchors } = settings;
  const scored =
    anchors === undefined ? perPaper(metrics, { weights }).rows : perAnchored(metrics, anchors, { weights });
  const kept = scored.flatMap(({ model, score }, index) =>
    score === undefined ? [] : [{ model, score, accuracy: metrics[index]?.accuracy ?? Number.NaN }],
  );
  const ranked = inference(kept, board, draws, settings);
  const rankedByModel = new Map(kept.map(({ model }, index) => [model, ranked[index]]));
  return new Map(
    scored.map(({ model, factors, score, rank }, index): [string, RescoredModel] => [
      model,
      {
        model,
        factors,
        score,
        rank,
        missed: missed[index] ?? [],
        ranked: rankedByModel.get(model),
      },
    ]),
  );
}
