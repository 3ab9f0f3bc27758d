import { filledColumns, markedText, type Table } from '../present/document.ts';
import type { TextTable } from './table-text.ts';

/** A table as a page shows it: laid out beforehand, since a page that did it itself would be larger. */
export interface PageTable {
  readonly title: string;
  readonly table: TextTable;
  readonly notes: readonly string[];
}

export function pageTable(title: string, table: Table): PageTable {
  const shown = filledColumns(table);
  return {
    title,
    table: {
      caption: table.caption,
      headings: shown.map(({ heading, unit }) => (unit === '' ? heading : `${heading}, ${unit}`)),
      align: shown.map(({ align }) => align),
      rows: table.rows.map(({ cells }) =>
        shown.map((column) => markedText(cells[table.columns.indexOf(column)] ?? '')),
      ),
    },
    notes: table.notes.map(({ mark, text }) => `${mark} ${text}`.trim()),
  };
}
