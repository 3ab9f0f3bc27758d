import { scoredRows } from './board-ranking.ts';
import { boardValues } from './board-values.ts';
import {
  anchoredRobustness,
  paperRobustness,
  type AnchoredRobustness,
  type PaperRobustness,
} from './robustness-card.ts';
import type { Scoreboard } from './scoreboard.ts';

/** How far the order of a scoreboard hangs on choices that nobody can justify. */
export interface BoardCard {
  readonly anchored: AnchoredRobustness | undefined;
  readonly paper: PaperRobustness | undefined;
}

/** The robustness card of a scoreboard; PER-paper's only from 3 models on. */
export function boardCard(board: Scoreboard): BoardCard | undefined {
  const models = boardValues(scoredRows(board));
  if (models.length < 2) return undefined;
  return {
    anchored: board.anchors && anchoredRobustness(models, board.anchors),
    paper: models.length < 3 ? undefined : paperRobustness(models),
  };
}
