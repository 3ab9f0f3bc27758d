import type { BoardReplicates } from './board-ranking.ts';
import { type BoardFront, boardValues, type Scoreboard, scoredRows } from './scoreboard.ts';
import { paretoShares } from './bootstrap.ts';
import type { FactorName } from './factor.ts';
import { dominates } from './pareto.ts';

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
