import { ladderTable } from '../present/ladder-document.ts';
import type { Ladder } from '../scoring/ladder.ts';
import { ladderData } from './charts/ladder-data.ts';
import type { LadderScatterData } from './charts/ladder-scatter.ts';
import { type PageTable, pageTable } from './page-table.ts';

/** A ladder as a page shows it. */
export interface PageLadder extends PageTable {
  readonly base: string;
  readonly chart: LadderScatterData;
}

export function pageLadder(ladder: Ladder): PageLadder {
  const { title, taskId, base } = ladder;
  return { ...pageTable(title ?? taskId, ladderTable(ladder)), base, chart: ladderData(ladder) };
}
