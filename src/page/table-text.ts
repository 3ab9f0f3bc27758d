import { csvQuoted, csvValue } from '../present/csv.ts';
import { column, row as rowOf, table as tableOf } from '../present/document.ts';
import { latexNeeds } from '../present/latex-layout.ts';
import { latexTable } from '../present/latex.ts';
import { escapeMarkdown, markdownTable } from '../present/markdown.ts';

/** A table as text: what a block copies. */
export interface TextTable {
  readonly caption: string;
  readonly headings: readonly string[];
  /** As many as headings; right for numbers. */
  readonly align: readonly ('left' | 'right')[];
  readonly rows: readonly (readonly string[])[];
}

export const tableFormats = ['markdown', 'latex', 'csv'] as const;
export type TableFormat = (typeof tableFormats)[number];

/** A negative number is no formula, and all numbers here are texts already; `-1+cmd` is one. */
function csvCell(text: string): string {
  return /^-\d[\d\s.,±%]*$/u.test(text) ? csvQuoted(text) : csvValue(text);
}

function markdown({ caption, headings, align, rows }: TextTable): string {
  return `**${escapeMarkdown(caption)}**\n\n${markdownTable(headings, align, rows)}`;
}

function latex({ caption, headings, align, rows }: TextTable): string {
  const columns = headings.map((heading, index) => ({ ...column(heading, align[index]), inPaper: 'plain' as const }));
  return `${latexNeeds}\n${latexTable(
    tableOf(
      columns,
      rows.map((cells) => rowOf(cells)),
      { caption },
    ),
  )}`;
}

function csv({ headings, rows }: TextTable): string {
  return [headings, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

const writers = { markdown, latex, csv } as const satisfies Record<TableFormat, (table: TextTable) => string>;

/** A table in a format that people paste elsewhere. */
export function tableText(table: TextTable, format: TableFormat): string {
  return writers[format](table);
}
