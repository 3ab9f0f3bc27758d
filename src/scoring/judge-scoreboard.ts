import {
  type BoardCard,
  boardValues,
  headlineScore,
  type Scoreboard,
  scoredRows,
  type RankedRow,
  valueOf,
  type ScoreboardRow,
} from './scoreboard.ts';
import { anchoredRobustness, paperRobustness } from './robustness-card.ts';
import type { Limits } from '../core/limits.ts';
import { boardFront } from './pareto.ts';
import { boardReplicates, rankScoreboard, type ReplicateSettings } from './board-ranking.ts';
import { boardVerdict } from './board-verdict.ts';
import { checkConstraints, hasConstraints, missedChecks } from './constraints.ts';
import { decisionSupport } from './decision.ts';
import { efficiency, type Efficiency, priceMeasurement } from './efficiency.ts';
import type { FactorName } from './factor.ts';
import { equalWeights } from './per-anchored.ts';
import { requiredAccuracy } from './required-accuracy.ts';
import type { TaskEvidence } from './task-evidence.ts';

/** The robustness card of a scoreboard; PER-paper's only from 3 models on. */
function boardCard(board: Scoreboard): BoardCard | undefined {
  const models = boardValues(scoredRows(board));
  if (models.length < 2) return undefined;
  return {
    anchored: board.anchors && anchoredRobustness(models, board.anchors),
    paper: models.length < 3 ? undefined : paperRobustness(models),
  };
}

/** What is asked of a scoreboard beside its scores. */
export interface JudgeOptions extends ReplicateSettings {
  /** What is behind the numbers; without it ranks come from their intervals. */
  readonly evidence?: TaskEvidence | undefined;
  readonly limits?: Limits | undefined;
  /** Money per hour of one device. */
  readonly pricePerHour?: number | undefined;
  /** Factors of a Pareto front. */
  readonly front?: readonly FactorName[] | undefined;
  readonly showsRequired?: boolean | undefined;
  readonly showsCard?: boolean | undefined;
}

/**
 * Adds to a scoreboard how sure it is and what follows from it: intervals and ranks, limits kept and missed, right
 * answers for what they cost, required accuracies, and where asked a Pareto front and the robustness card.
 *
 * No score changes.
 */
export function judgeScoreboard(board: Scoreboard, options: JudgeOptions = {}): Scoreboard {
  const { evidence, limits, pricePerHour, front, showsRequired, showsCard } = options;
  const replicates = boardReplicates(board, evidence, options);
  const ranked = replicates === undefined ? board : rankScoreboard(board, replicates);
  const demanded = hasConstraints(limits) ? limits : undefined;
  const champion = ranked.rows.find(({ anchored }) => anchored?.rank === 1);
  const rows = ranked.rows.map((row): ScoreboardRow => {
    const made = rowEfficiency(row, ranked, pricePerHour);
    const required = rowRequired(row, champion, ranked);
    // Replaces the price of the suite.
    const price = pricePerHour === undefined ? undefined : priceMeasurement(row.measurements, pricePerHour);
    const measurements = price === undefined ? row.measurements : { ...row.measurements, pricePerThousand: price };
    const checks = demanded && checkConstraints({ ...row, measurements }, board.taskId, demanded, undefined);
    return { ...row, measurements, efficiency: made, requiredAccuracy: required, limits: checks };
  });
  const judged: Scoreboard = {
    ...ranked,
    rows,
    limits: demanded,
    pricePerHour,
    front: front && boardFront(ranked, front, replicates),
    showsRequired: showsRequired === true ? true : undefined,
  };
  const card = showsCard === true ? boardCard(judged) : undefined;
  return { ...judged, card, verdict: boardVerdict(judged, rankingWithinLimits(judged, options)) };
}

/** How sure the order of those within the limits is, the others left out: what `decide` says of one task. */
function rankingWithinLimits(
  board: Scoreboard,
  { evidence, resamples, seed }: JudgeOptions,
): ReadonlyMap<string, RankedRow> | undefined {
  if (board.limits === undefined) return undefined;
  const { anchors, weights } = board;
  const keeping = scoredRows(board).flatMap((row) => {
    const point = headlineScore(row, board);
    return point === undefined || missedChecks(row.limits ?? []).length > 0 ? [] : [{ model: row.model, point }];
  });
  const support = decisionSupport(
    [{ board, weight: 1, anchors, evidence }],
    [1],
    keeping.map(({ model }) => model),
    keeping.map(({ point }) => point),
    {
      score: anchors === undefined ? 'PER-paper' : 'PER-A',
      constraints: {},
      weights,
      resamples,
      seed,
    },
  );
  return support?.models;
}

function rowEfficiency(
  { measurements }: ScoreboardRow,
  { units }: Scoreboard,
  pricePerHour: number | undefined,
): Efficiency | undefined {
  const [accuracy, throughput, memory] = (['accuracy', 'throughput', 'memory'] as const).map((factor) =>
    valueOf(measurements[factor]),
  );
  if (units.throughput !== 'items/s' || accuracy === undefined || memory === undefined) return undefined;
  if (throughput === undefined || throughput === 0 || memory === 0) return undefined;
  const joules = valueOf(measurements.energyPerItem);
  return efficiency(
    { accuracy, throughput, memory },
    { perDeviceHour: pricePerHour, joulesPerItem: joules !== undefined && joules > 0 ? joules : undefined },
  );
}

function rowRequired(
  row: ScoreboardRow,
  champion: ScoreboardRow | undefined,
  { anchors, weights = equalWeights }: Scoreboard,
): number | undefined {
  if (champion === undefined || row === champion || anchors === undefined || row.anchored === undefined)
    return undefined;
  const [best] = boardValues([champion]);
  const [own] = boardValues([row]);
  if (best === undefined || own === undefined || !(weights.accuracy > 0)) return undefined;
  return requiredAccuracy(best, own, anchors, { weights });
}
