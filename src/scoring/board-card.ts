import { type BoardCard, boardValues, type Scoreboard, scoredRows } from './scoreboard.ts';
import { anchoredRobustness, paperRobustness } from './robustness-card.ts';

/** The robustness card of a scoreboard; PER-paper's only from 3 models on. */
export function boardCard(board: Scoreboard): BoardCard | undefined {
  const models = boardValues(scoredRows(board));
  if (models.length < 2) return undefined;
  return {
    anchored: board.anchors && anchoredRobustness(models, board.anchors),
    paper: models.length < 3 ? undefined : paperRobustness(models),
  };
}
