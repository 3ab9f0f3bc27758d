import { type Candidate, namedModels } from './answer.ts';
import { headlineRanking } from './board-ranking.ts';
import { headlineRank, type Scoreboard, type ScoreboardRow } from './scoreboard.ts';

/** Where a model stands for whoever reads a table. */
export interface Place {
  readonly rank: number | undefined;
  /** Central 95 % of its ranks over the resamples. */
  readonly ranks: Candidate['ranks'];
  /** Share of resamples in which it is first. */
  readonly support: number | undefined;
  /** Shares the first place with others, as far as one can tell. */
  readonly isTied: boolean;
  readonly isBest: boolean;
}

/** The answer's: whoever isn't usable has none. By the score alone where nobody answered. */
export function placeOf(row: ScoreboardRow, board: Scoreboard, answer = board.answer): Place {
  if (answer === undefined) return scorePlace(row, board);
  const { rank, ranks, support } = answer.candidates.find(({ model }) => model === row.model) ?? {};
  const isNamed = namedModels(answer).includes(row.model);
  return { rank, ranks, support, isTied: isNamed && answer.kind === 'tie', isBest: isNamed };
}

function scorePlace(row: ScoreboardRow, board: Scoreboard): Place {
  const [rank, ranking] = [headlineRank(row, board), headlineRanking(row, board)];
  return {
    rank,
    ranks: ranking?.rankInterval,
    support: ranking?.topShare,
    isTied: isTiedByScore(row, board),
    isBest: rank === 1,
  };
}

/** Several models that nobody is significantly better than: each of them may have the best score. */
export function isTiedByScore(row: ScoreboardRow, board: Scoreboard): boolean {
  const isInGroup = (other: ScoreboardRow): boolean => headlineRanking(other, board)?.isInTieGroup === true;
  return isInGroup(row) && board.rows.filter(isInGroup).length > 1;
}

/** Rows by the ranks that people see, those without one behind as they were. */
export function byPlace(
  rows: readonly ScoreboardRow[],
  board: Scoreboard,
  answer = board.answer,
): readonly ScoreboardRow[] {
  const orderOf = (row: ScoreboardRow): number => placeOf(row, board, answer).rank ?? rows.length + 1;
  return rows.toSorted((left, right) => orderOf(left) - orderOf(right));
}
