import {
  type Block,
  type Cell,
  type Column,
  cellMark,
  cellText,
  filledColumns,
  hasInterval,
  isFilled,
  missing,
  type Row,
  simpleTable,
  type Table,
  tableBlock,
  type Tone,
} from './document.ts';
import { plainText } from './sanitise.ts';
import { padText, textWidth, truncateMiddle, truncateText, wrapText } from './text-width.ts';

export type Style = (text: string, ...tones: readonly Tone[]) => string;

export interface TerminalOptions {
  /** Columns of the terminal, at least 20; undefined lets lines be as long as they are. */
  readonly width: number | undefined;
  /** Adds colour; must not change the visible width. By default there is none. */
  readonly style?: Style;
}

/** 0: all intervals; 1: those of columns that keep them alone, short headings; 2: none. */
type Compaction = 0 | 1 | 2;

interface Layout {
  readonly columns: readonly Column[];
  /** By row, then by column. */
  readonly cells: readonly (readonly Cell[])[];
  readonly widths: readonly number[];
  readonly compaction: Compaction;
  readonly dropped: readonly Column[];
}

const gapWidth = 2;
/** Names are cut to this before measurements are dropped. */
const shortNameWidth = 16;
const minNameWidth = 8;
/** Columns above this are dropped before intervals are. */
const keepIntervalsBelow = 55;

/** Foreign words on one line; what goes into columns has no interval where there is no room for it. */
function shownCell(cell: Cell, { keepsIntervals }: Column, compaction: Compaction): Cell {
  if (typeof cell === 'string') return plainText(cell);
  return compaction === 0 || (compaction === 1 && keepsIntervals) ? cell : { ...cell, half: undefined };
}

/** @param shown columns that say something, of which `kept` have room */
function layOut(
  { columns, rows }: Table,
  shown: readonly Column[],
  kept: readonly Column[],
  compaction: Compaction,
): Layout {
  const places = kept.map((own) => columns.indexOf(own));
  const cells = rows.map((each) =>
    kept.map((own, index) => shownCell(each.cells[places[index] ?? -1] ?? '', own, compaction)),
  );
  const widths = kept.map((own, index) => {
    const mark = hasMarks(cells, index) ? 1 : 0;
    const texts = cells.map((each) => textWidth(cellText(each[index] ?? '')) + mark);
    return Math.max(textWidth(headingOf(own, compaction)), textWidth(own.unit), ...texts);
  });
  const dropped = shown.filter((own) => !kept.includes(own)).toSorted((a, b) => a.dropOrder - b.dropOrder);
  return { columns: kept, cells, widths, compaction, dropped };
}

function headingOf({ heading, shortHeading }: Column, compaction: Compaction): string {
  return plainText(compaction === 0 ? heading : shortHeading);
}

function hasMarks(cells: readonly (readonly Cell[])[], index: number): boolean {
  return cells.some((each) => cellMark(each[index] ?? '') !== '');
}

function totalWidth({ widths }: Layout): number {
  return widths.reduce((sum, width) => sum + width, 0) + gapWidth * Math.max(0, widths.length - 1);
}

/** Drops and shortens until the table fits: details first, then intervals, then measurements; the score stays. */
function fit(all: Table, width: number): Layout {
  const shown = filledColumns(all);
  let columns = shown;
  let compaction: Compaction = 0;
  let layout = layOut(all, shown, columns, compaction);
  while (totalWidth(layout) > width) {
    const shrunk = shrinkName(layout, width, shortNameWidth);
    if (compaction === 2 && totalWidth(shrunk) <= width) return shrunk;
    const order = Math.max(...columns.map(({ dropOrder }) => dropOrder));
    if (compaction < 2 && order < keepIntervalsBelow) compaction = compaction === 0 ? 1 : 2;
    else if (order > 0) columns = columns.filter(({ dropOrder }) => dropOrder !== order);
    else return shrinkName(layout, width, minNameWidth);
    layout = layOut(all, shown, columns, compaction);
  }
  return addBack(layout, shown, all, width);
}

/** Narrow columns that were dropped before a wide one may still find room. */
function addBack(layout: Layout, shown: readonly Column[], all: Table, width: number): Layout {
  let best = layout;
  for (const candidate of layout.dropped.filter(({ dropOrder }) => dropOrder < keepIntervalsBelow)) {
    const columns = shown.filter((own) => own === candidate || best.columns.includes(own));
    const wider = layOut(all, shown, columns, layout.compaction);
    if (totalWidth(wider) <= width) best = wider;
  }
  return best;
}

function shrinkName(layout: Layout, width: number, least: number): Layout {
  const name = layout.columns.findIndex(({ isName }) => isName);
  const room = width - totalWidth(layout) + (layout.widths[name] ?? 0);
  const widths = layout.widths.with(name, Math.min(layout.widths[name] ?? 0, Math.max(least, room)));
  return { ...layout, widths };
}

/** Numbers stand to the right; where a table isn't fitted, only under columns of nothing but numbers without intervals. */
function isRight({ columns, cells }: Layout, index: number, isFitted: boolean): boolean {
  if (isFitted || columns[index]?.align !== 'right') return columns[index]?.align === 'right';
  const filled = cells.map((each) => each[index] ?? '').filter(isFilled);
  return filled.length > 0 && filled.every((cell) => typeof cell !== 'string' && !hasInterval(cell));
}

function tableLines(layout: Layout, rows: readonly Row[], style: Style, isFitted: boolean): readonly string[] {
  const { columns, cells, widths, compaction } = layout;
  const aligned = columns.map((_, index) => isRight(layout, index, isFitted));
  const pad = (text: string, index: number): string => {
    const width = widths[index] ?? 0;
    return padText(truncateMiddle(text, width), width, aligned[index] === true ? 'right' : 'left');
  };
  const join = (texts: readonly string[]): string => texts.join(' '.repeat(gapWidth)).trimEnd();
  // Numbers stand above the place of the marks, and so do their headings.
  const headingLine = (texts: readonly string[]): string =>
    join(
      texts.map((text, index) => {
        const hasRoom = aligned[index] === true && hasMarks(cells, index) && textWidth(text) < (widths[index] ?? 0);
        return pad(hasRoom ? `${text} ` : text, index);
      }),
    );
  const body = cells.map((each, place) => {
    const texts = each.map((cell, index) => {
      const text = hasMarks(cells, index) ? cellText(cell) + (cellMark(cell) || ' ') : cellText(cell);
      return styledCell(pad(text, index), cell, style, isFitted);
    });
    const tone = rows[place]?.tone ?? 'plain';
    return tone === 'plain' ? join(texts) : style(join(texts), tone);
  });
  const units = headingLine(columns.map(({ unit }) => unit));
  const headings = headingLine(columns.map((own) => headingOf(own, compaction)));
  return [style(headings, 'heading'), ...(units === '' ? [] : [style(units, 'heading')]), ...body];
}

function styledCell(text: string, cell: Cell, style: Style, isFitted: boolean): string {
  if (!isFitted) return text;
  if (cellMark(cell) === '!') return style(text, 'doubtful');
  if (typeof cell !== 'string' && cell.isBest) return style(text, 'best');
  return style(text, cellText(cell) === missing ? 'muted' : 'plain');
}

function tableBlockLines(shown: Table, { width, style }: Required<TerminalOptions>): readonly string[] {
  const { caption, rows, verdict, notes } = shown;
  const isFitted = width !== undefined;
  const layout = isFitted ? fit(shown, width) : layOut(shown, shown.columns, shown.columns, 0);
  const hasIntervals = layout.cells.some((each) => each.some(hasInterval));
  const below = notes
    .filter(({ isAboutIntervals }) => hasIntervals || !isAboutIntervals)
    .map(({ mark, text }) => `${mark === '' ? ' ' : mark} ${plainText(text)}`);
  if (layout.dropped.length > 0) {
    const names = [...new Set(layout.dropped.map(({ heading }) => plainText(heading)))].join(', ');
    below.push(`  not shown at this width: ${names}`);
  }
  const isEmpty = isFitted && rows.length === 0;
  return [
    ...(caption === '' ? [] : wrapText(plainText(caption), width, '  ').map((text) => style(text, 'title'))),
    ...(isEmpty ? [] : tableLines(layout, rows, style, isFitted)),
    ...(verdict === undefined ? [] : wrapText(plainText(verdict), width, '  ').map((text) => style(text, 'plain'))),
    ...below.flatMap((text) => wrapText(text, width, '    ')).map((text) => style(text, 'muted')),
  ];
}

function blockLines(block: Block, options: Required<TerminalOptions>): readonly string[] {
  const { width, style } = options;
  switch (block.kind) {
    case 'gap':
      return [''];
    case 'heading': {
      const text = plainText(block.text);
      return [style(width === undefined ? text : truncateText(text, width), block.tone)];
    }
    case 'text':
      return wrapText(plainText(block.text), width, '  ').map((text) => style(text, ...block.tones));
    case 'table':
      return tableBlockLines(block.table, options).map((text) => ' '.repeat(block.indent) + text);
    case 'list': {
      const labelWidth = Math.max(0, ...block.lines.map(({ label }) => textWidth(label)));
      return block.lines.flatMap(({ label, text, tone }) => {
        const named = labelWidth === 0 ? '' : `${padText(label, labelWidth, 'left')}  `;
        const indent = ' '.repeat(block.indent);
        return wrapText(indent + named + plainText(text), width, `${indent}  `).map((each) => style(each, tone));
      });
    }
    case 'details':
      return tableBlockLines(block.table, options);
  }
}

export function plainTable(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return terminalText([tableBlock(simpleTable(headings, rows))]);
}

/** Blocks as lines for a terminal; nothing but the style function adds escape sequences. */
export function terminalText(blocks: readonly Block[], options: TerminalOptions = { width: undefined }): string {
  const { width, style = (text: string): string => text } = options;
  const shown = { width: width === undefined ? undefined : Math.max(20, width), style };
  return blocks.flatMap((block) => blockLines(block, shown)).join('\n');
}
