import type { BoardReplicates } from './board-ranking.ts';
import { scoredRows } from './board-ranking.ts';
import { paretoShares } from './bootstrap.ts';
import { boardValues } from './board-values.ts';
import type { FactorName } from './factor.ts';
import { dominates } from './pareto.ts';
import type { Scoreboard } from './scoreboard.ts';

/** Which models of a scoreboard nobody beats in the chosen factors. */
export interface BoardFront {
  readonly factors: readonly FactorName[];
  readonly models: readonly FrontModel[];
}

export interface FrontModel {
  readonly model: string;
  readonly isOnFront: boolean;
  /** Models that are no worse in every factor and better in one. */
  readonly dominatedBy: readonly string[];
  /** Share of replicates in which nobody dominated it; undefined where there are none. */
  readonly support: number | undefined;
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
