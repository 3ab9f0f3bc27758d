import { filledColumns, markedText } from '../present/document.ts';
import { ladderTable } from '../present/ladder-document.ts';
import type { Ladder } from '../scoring/ladder.ts';
import { ladderData } from './charts/ladder-data.ts';
import type { LadderScatterData } from './charts/ladder-scatter.ts';
import type { TextTable } from './table-text.ts';

/** A ladder as a page shows it: laid out beforehand, since a page that did it itself would be larger. */
export interface PageLadder {
  readonly title: string;
  readonly base: string;
  readonly table: TextTable;
  readonly notes: readonly string[];
  readonly chart: LadderScatterData;
}

export function pageLadder(ladder: Ladder): PageLadder {
  const table = ladderTable(ladder);
  const shown = filledColumns(table);
  return {
    title: ladder.title ?? ladder.taskId,
    base: ladder.base,
    table: {
      caption: table.caption,
      headings: shown.map(({ heading, unit }) => (unit === '' ? heading : `${heading}, ${unit}`)),
      align: shown.map(({ align }) => align),
      rows: table.rows.map(({ cells }) =>
        shown.map((column) => markedText(cells[table.columns.indexOf(column)] ?? '')),
      ),
    },
    notes: table.notes.map(({ mark, text }) => `${mark} ${text}`.trim()),
    chart: ladderData(ladder),
  };
}
