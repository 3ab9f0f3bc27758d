import {
  type BoardCard,
  boardValues,
  type LaunchFacts,
  type PairedAccuracy,
  type Scoreboard,
  scoredRows,
  valueOf,
  type ScoreboardRow,
} from './scoreboard.ts';
import { anchoredRobustness, paperRobustness } from './robustness-card.ts';
import type { Limits } from '../core/limits.ts';
import { unknownSpread } from '../stats/launch-interval.ts';
import { launchError } from '../stats/launch-residuals.ts';
import { pairedComparison } from '../stats/paired-comparison.ts';
import { boardFront } from './pareto.ts';
import { boardReplicates, rankScoreboard, type ReplicateSettings, requiredBetween } from './board-ranking.ts';
import { hasConstraints } from './constraints.ts';
import { overLaunches, performanceFloor, performanceResiduals } from './bootstrap.ts';
import { decide, type DecideOptions } from './decide.ts';
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
  /** What decides; PER-A by default. */
  readonly score?: DecideOptions['score'];
  /** A busy machine's numbers are taken as they are. */
  readonly allowsBusy?: boolean | undefined;
}

/**
 * Adds to a scoreboard how sure it is and what follows from it: intervals and ranks, the answer to which model to take,
 * right answers for what they cost, required accuracies, and where asked a Pareto front and the robustness card.
 *
 * No score changes.
 */
export function judgeScoreboard(board: Scoreboard, options: JudgeOptions = {}): Scoreboard {
  const { evidence, limits, pricePerHour, front, showsRequired, showsCard, allowsBusy, score } = options;
  const replicates = boardReplicates(board, evidence, options);
  const ranked = replicates === undefined ? board : rankScoreboard(board, replicates);
  const champion = ranked.rows.find(({ anchored }) => anchored?.rank === 1);
  const launches = launchFacts(evidence);
  const rows = ranked.rows.map((row): ScoreboardRow => {
    const made = rowEfficiency(row, ranked, pricePerHour);
    const required = rowRequired(row, champion, ranked);
    const requiredInterval =
      required === undefined || champion === undefined
        ? undefined
        : requiredBetween(champion.model, row.model, replicates, valueOf(champion.measurements.accuracy), ranked);
    // Replaces the price of the suite.
    const price = pricePerHour === undefined ? undefined : priceMeasurement(row.measurements, pricePerHour);
    const measurements = price === undefined ? row.measurements : { ...row.measurements, pricePerThousand: price };
    return {
      ...row,
      measurements,
      efficiency: made,
      requiredAccuracy: required,
      requiredInterval,
      answers: evidence?.answers.get(row.model),
      launches: launches.get(row.model),
    };
  });
  const judged: Scoreboard = {
    ...ranked,
    rows,
    pairs: evidence && pairedAccuracies(evidence),
    limits: hasConstraints(limits) ? limits : undefined,
    pricePerHour,
    front: front && boardFront(ranked, front, replicates),
    showsRequired: showsRequired === true ? true : undefined,
  };
  const card = showsCard === true ? boardCard(judged) : undefined;
  const { weights } = board;
  const answer = decide([{ board: judged, weight: 1, replicates }], {
    score,
    limits,
    weights,
    pricePerHour,
    allowsBusy,
  });
  return { ...judged, card, answer };
}

/** How often each model's speed was measured, and how far that is from certain. */
function launchFacts(evidence: TaskEvidence | undefined): ReadonlyMap<string, LaunchFacts> {
  if (evidence === undefined) return new Map();
  const residuals = performanceResiduals(evidence.models, evidence.isInRounds);
  return new Map(
    evidence.models.map(({ model, launches }): [string, LaunchFacts] => {
      const count = launches.length;
      if (residuals === undefined || count < 2) return [model, { count, error: unknownSpread.throughput, degrees: 0 }];
      const floor = performanceFloor('throughput', overLaunches(launches, 'throughput')) / Math.sqrt(count);
      return [
        model,
        { count, error: Math.max(launchError(residuals, 0, count), floor), degrees: residuals.launches.degrees },
      ];
    }),
  );
}

/** Every pair of models on the items that all answered. */
function pairedAccuracies({ models, clusters }: TaskEvidence): readonly PairedAccuracy[] {
  const answers = models.map(({ model, scores }) => ({ model, scores: Array.from(scores) }));
  return answers.flatMap(({ model: first, scores }, index) =>
    answers.slice(0, index).map(({ model: second, scores: others }): PairedAccuracy => {
      const { interval } = pairedComparison(others, scores, { clusters });
      return { first, second, low: interval.low, high: interval.high };
    }),
  );
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
