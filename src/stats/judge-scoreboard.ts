import type { CellMeasurements } from '../core/cell.ts';
import type { Measurement } from '../core/measurement.ts';
import { boardCard } from './board-card.ts';
import { boardFront } from './board-front.ts';
import { boardReplicates, rankScoreboard, type ReplicateSettings } from './board-ranking.ts';
import { boardValues } from './board-values.ts';
import { boardVerdict } from './board-verdict.ts';
import { efficiency, type Efficiency } from './efficiency.ts';
import type { FactorName } from './factor.ts';
import { equalWeights } from './per-anchored.ts';
import { requiredAccuracy } from './required-accuracy.ts';
import { checkLimits, hasLimits, type ScoreLimits } from './score-limits.ts';
import { valueOf, type Scoreboard, type ScoreboardRow } from './scoreboard.ts';
import type { TaskEvidence } from './task-evidence.ts';

/** What is asked of a scoreboard beside its scores. */
export interface JudgeOptions extends ReplicateSettings {
  /** What is behind the numbers; without it ranks come from their intervals. */
  readonly evidence?: TaskEvidence | undefined;
  readonly limits?: ScoreLimits | undefined;
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
  const champion = ranked.rows.find(({ anchored }) => anchored?.rank === 1);
  const rows = ranked.rows.map((row): ScoreboardRow => {
    const made = rowEfficiency(row, ranked, pricePerHour);
    const required = rowRequired(row, champion, ranked);
    const full = {
      ...row,
      measurements: withPrice(row.measurements, made, pricePerHour),
      ...(made !== undefined && { efficiency: made }),
      ...(required !== undefined && { requiredAccuracy: required }),
    };
    return hasLimits(limits) ? { ...full, limits: checkLimits(full, limits) } : full;
  });
  const judged: Scoreboard = {
    ...ranked,
    rows,
    ...(hasLimits(limits) && { limits }),
    ...(pricePerHour !== undefined && { pricePerHour }),
    ...(front !== undefined && { front: boardFront(ranked, front, replicates) }),
    ...(showsRequired === true && { showsRequired }),
  };
  const card = showsCard === true ? boardCard(judged) : undefined;
  const verdict = boardVerdict(judged);
  return { ...judged, ...(card !== undefined && { card }), ...(verdict !== undefined && { verdict }) };
}

/** The price of 1,000 answers at the price that was given; it replaces that of the suite. */
function withPrice(
  measurements: CellMeasurements,
  { moneyPerItem }: Partial<Efficiency> = {},
  pricePerHour: number | undefined,
): CellMeasurements {
  const { throughput } = measurements;
  if (pricePerHour === undefined || moneyPerItem === undefined) return measurements;
  if (throughput === undefined || throughput.status === 'unavailable') return measurements;
  const { value, n, interval, warnings } = throughput;
  const price = (rate: number): number => (1000 * moneyPerItem * value) / rate;
  const pricePerThousand: Measurement = {
    status: 'derived',
    from: `throughput, ${pricePerHour} per device and hour`,
    value: price(value),
    unit: 'price/1000 items',
    n,
    warnings,
    ...(interval !== undefined &&
      interval.low > 0 && {
        interval: { ...interval, low: price(interval.high), high: price(interval.low) },
      }),
  };
  return { ...measurements, pricePerThousand };
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
    {
      ...(pricePerHour !== undefined && { perDeviceHour: pricePerHour }),
      ...(joules !== undefined && joules > 0 && { joulesPerItem: joules }),
    },
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
