import { factorNames, isLessBetter, type FactorName, type Factors } from './factor.ts';
import type { BoardReplicates } from './board-ranking.ts';
import { type BoardFront, boardValues, type Scoreboard, scoredRows } from './scoreboard.ts';
import { paretoShares } from './bootstrap.ts';

/** Whether `left` is no worse than `right` in every one of the factors and better in at least one. */
export function dominates(left: Factors, right: Factors, factors: readonly FactorName[] = factorNames): boolean {
  let isBetter = false;
  for (const factor of factors) {
    const [a, b] = isLessBetter[factor] ? [right[factor], left[factor]] : [left[factor], right[factor]];
    if (a < b) return false;
    if (a > b) isBetter = true;
  }
  return isBetter;
}

/**
 * The models that no other dominates: every sensible trade-off is among them.
 *
 * @param rows raw values, each factor in one unit
 * @param factors which of them count; with all four most models are on the front, so show two as well
 * @returns the rows on the front, in their order
 */
export function paretoFront<Row extends Factors>(
  rows: readonly Row[],
  factors: readonly FactorName[] = factorNames,
): readonly Row[] {
  return rows.filter((row) => !rows.some((other) => dominates(other, row, factors)));
}

/** The Pareto front of a scoreboard over chosen factors, of the models that have a score. */
export function boardFront(
  board: Scoreboard,
  factors: readonly FactorName[],
  replicates: BoardReplicates | undefined,
): BoardFront {
  const values = boardValues(scoredRows(board));
  const shares = replicates && paretoShares(replicates.values, replicates.models.length, factors);
  return {
    factors,
    models: values.map((row) => {
      const dominatedBy = values.filter((other) => dominates(other, row, factors)).map(({ model }) => model);
      const index = replicates?.models.indexOf(row.model) ?? -1;
      return { model: row.model, isOnFront: dominatedBy.length === 0, dominatedBy, support: shares?.[index] };
    }),
  };
}
