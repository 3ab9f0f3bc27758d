import type { Scoreboard } from '../scoring/scoreboard.ts';
import type { Column, Mark } from './column.ts';
import { reportColumns } from './columns.ts';
import { boardSections } from './board-sections.ts';
import { boardTitle, footnotes } from './footnotes.ts';
import type { Report } from './report.ts';
import { headlineRank } from './score-columns.ts';
import { textWidth, truncateMiddle, truncateText } from './text-width.ts';
import { plainText } from './sanitise.ts';

/** What a piece of text is, for whoever colours it. */
export type TextRole = 'title' | 'heading' | 'best' | 'doubtful' | 'muted' | 'plain';

export interface TerminalOptions {
  /** Columns of the terminal; at least 20. */
  readonly width: number;
  /** Adds colour; must not change the visible width. By default there is none. */
  readonly style?: (text: string, role: TextRole) => string;
}

interface Cell {
  readonly text: string;
  readonly mark: Mark;
  readonly isBest: boolean;
}

/** 0: all intervals; 1: those of PER-A and accuracy alone, short headings; 2: none. */
type Compaction = 0 | 1 | 2;

interface Layout {
  readonly columns: readonly Column[];
  /** Names, and below them units. */
  readonly headings: readonly (readonly [name: string, unit: string])[];
  /** By row, then by column. */
  readonly cells: readonly (readonly Cell[])[];
  readonly widths: readonly number[];
  readonly compaction: Compaction;
  readonly dropped: readonly Column[];
}

const gap = 2;
/** Names are cut to this before measurements are dropped. */
const shortModelWidth = 16;
const leastModelWidth = 8;
/** Columns above this are dropped before intervals are. */
const keepIntervalsBelow = 55;

function cellOf(column: Column, board: Scoreboard, rowIndex: number, compaction: Compaction): Cell {
  const row = board.rows[rowIndex] as Scoreboard['rows'][number];
  const keepsInterval = column.id === 'accuracy' || column.id === 'perAnchored';
  const hidesInterval = compaction === 2 || (compaction === 1 && !keepsInterval);
  const text = column.render(row, board, hidesInterval);
  const headline = board.versions.length > 1 ? 'perAnchored' : 'per';
  const isFirst = column.id === headline && headlineRank(row, board) === 1;
  return { text, mark: text === '' ? '' : column.mark(row), isBest: isFirst };
}

function layOut(
  columns: readonly Column[],
  board: Scoreboard,
  compaction: Compaction,
  dropped: readonly Column[],
): Layout {
  const headings = columns.map(
    (column) => [compaction === 0 ? column.heading : column.shortHeading, column.unit(board)] as const,
  );
  const cells = board.rows.map((_, row) => columns.map((column) => cellOf(column, board, row, compaction)));
  const widths = columns.map((_, index) => {
    const own = cells.map((row) => textWidth(row[index]?.text ?? '') + (columnHasMarks(cells, index) ? 1 : 0));
    return Math.max(...(headings[index] ?? ['']).map(textWidth), ...own);
  });
  return { columns, headings, cells, widths, compaction, dropped };
}

function columnHasMarks(cells: readonly (readonly Cell[])[], index: number): boolean {
  return cells.some((row) => row[index]?.mark !== '');
}

function totalWidth({ widths }: Layout): number {
  return widths.reduce((sum, width) => sum + width, 0) + gap * Math.max(0, widths.length - 1);
}

/** Drops and shortens until the table fits: details first, then intervals, then measurements; the score stays. */
function fit(board: Scoreboard, width: number): Layout {
  const shown = reportColumns([board], 'terminal').filter((column) =>
    board.rows.some((row) => !['', '–'].includes(column.render(row, board, true)) || column.dropOrder === 0),
  );
  const dropped: Column[] = [];
  let columns = shown;
  let compaction: Compaction = 0;
  let layout = layOut(columns, board, compaction, dropped);
  while (totalWidth(layout) > width) {
    const shrunk = shrinkModel(layout, width, shortModelWidth);
    if (compaction === 2 && totalWidth(shrunk) <= width) return shrunk;
    const order = Math.max(...columns.map(({ dropOrder }) => dropOrder));
    if (compaction < 2 && order < keepIntervalsBelow) compaction = compaction === 0 ? 1 : 2;
    else if (order > 0) {
      dropped.unshift(...columns.filter(({ dropOrder }) => dropOrder === order));
      columns = columns.filter(({ dropOrder }) => dropOrder !== order);
    } else return shrinkModel(layout, width, leastModelWidth);
    layout = layOut(columns, board, compaction, dropped);
  }
  return addBack(layout, shown, board, width);
}

/** Narrow columns that were dropped before a wide one may still find room. */
function addBack(layout: Layout, shown: readonly Column[], board: Scoreboard, width: number): Layout {
  let best = layout;
  const candidates = layout.dropped.filter(({ dropOrder }) => dropOrder < keepIntervalsBelow);
  for (const candidate of candidates.toSorted((left, right) => left.dropOrder - right.dropOrder)) {
    const columns = shown.filter((column) => column === candidate || best.columns.includes(column));
    const dropped = best.dropped.filter((column) => column !== candidate);
    const wider = layOut(columns, board, layout.compaction, dropped);
    if (totalWidth(wider) <= width) best = wider;
  }
  return best;
}

function shrinkModel(layout: Layout, width: number, least: number): Layout {
  const model = layout.columns.findIndex(({ id }) => id === 'model');
  const room = width - totalWidth(layout) + (layout.widths[model] ?? 0);
  const widths = layout.widths.with(model, Math.min(layout.widths[model] ?? 0, Math.max(least, room)));
  return { ...layout, widths };
}

function pad(text: string, width: number, align: Column['align']): string {
  const cut = truncateMiddle(text, width);
  const space = ' '.repeat(width - textWidth(cut));
  return align === 'left' ? cut + space : space + cut;
}

function tableLines(layout: Layout, style: NonNullable<TerminalOptions['style']>): string[] {
  const { columns, headings, cells, widths } = layout;
  // Numbers stand above the place of the marks, and so do their headings.
  const headingLine = (part: 0 | 1): string =>
    columns
      .map(({ align }, index) => {
        const text = headings[index]?.[part] ?? '';
        const width = widths[index] ?? 0;
        const space = align === 'right' && columnHasMarks(cells, index) && textWidth(text) < width ? ' ' : '';
        return pad(text + space, width, align);
      })
      .join(' '.repeat(gap))
      .trimEnd();
  const body = cells.map((row) =>
    row
      .map(({ text, mark, isBest }, index) => {
        const marked = columnHasMarks(cells, index) ? `${text}${mark || ' '}` : text;
        const padded = pad(marked, widths[index] ?? 0, columns[index]?.align ?? 'left');
        return style(padded, mark === '!' ? 'doubtful' : isBest ? 'best' : text === '–' ? 'muted' : 'plain');
      })
      .join(' '.repeat(gap))
      .trimEnd(),
  );
  const units = headingLine(1);
  return [style(headingLine(0), 'heading'), ...(units === '' ? [] : [style(units, 'heading')]), ...body];
}

/** Breaks a sentence into lines that fit; its own indent stays, later lines get `indent`. */
function wrapText(text: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  const start = /^ */u.exec(text)?.[0] ?? '';
  let line = start;
  for (const word of text.trim().split(' ')) {
    const next = line.trim() === '' ? line + word : `${line} ${word}`;
    if (line.trim() !== '' && textWidth(next) > width) {
      lines.push(line);
      line = indent + word;
    } else line = next;
  }
  return [...lines, line].map((wrapped) => truncateText(wrapped, width));
}

/** One scoreboard as text, no wider than asked; nothing but the style function adds escape sequences. */
function terminalTable(board: Scoreboard, options: TerminalOptions): string {
  const { style = (text) => text } = options;
  const width = Math.max(20, options.width);
  const layout = fit(board, width);
  const hasIntervals = layout.cells.some((row) => row.some(({ text }) => text.includes('±')));
  const below = footnotes(board, { hasIntervals }).map(({ mark, text }) => `${mark === '' ? ' ' : mark} ${text}`);
  if (layout.dropped.length > 0) {
    const names = [...new Set(layout.dropped.map(({ heading }) => heading))].join(', ');
    below.push(`  not shown at this width: ${names}`);
  }
  const verdict = board.verdict === undefined ? [] : wrapText(plainText(board.verdict), width, '  ');
  return [
    ...wrapText(boardTitle(board), width, '  ').map((line) => style(line, 'title')),
    ...(board.rows.length === 0 ? [] : tableLines(layout, style)),
    ...verdict.map((line) => style(line, 'plain')),
    ...below.flatMap((line) => wrapText(line, width, '    ')).map((line) => style(line, 'muted')),
    ...boardSections(board).flatMap(({ heading, lines }) => [
      style(truncateText(heading, width), 'heading'),
      ...lines.flatMap((line) => wrapText(`  ${plainText(line)}`, width, '    ')),
    ]),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** All scoreboards of a report as text for a terminal. */
export function terminalReport(report: Report, options: TerminalOptions): string {
  const tables = report.scoreboards.map((board) => terminalTable(board, options));
  const notes = (report.notes ?? []).flatMap((note) => wrapText(plainText(note), Math.max(20, options.width), '  '));
  return [...tables, ...(notes.length > 0 ? [notes.map((line) => `${line}\n`).join('')] : [])].join('\n');
}
