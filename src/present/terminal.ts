import { listText } from '../scoring/board-text.ts';
import {
  type Block,
  type Cell,
  cellMark,
  cellText,
  type Footnote,
  hasInterval,
  missing,
  type Row,
  simpleTable,
  type Table,
  tableBlock,
  type Tone,
} from './document.ts';
import { plainText, safeText } from './sanitise.ts';
import { gapWidth, type LaidColumn, layOutTable, stackIndent, type TableLayout } from './table-layout.ts';
import { breakText, padText, textWidth, truncateMiddle, truncateText, wrapText } from './text-width.ts';

export type Style = (text: string, ...tones: readonly Tone[]) => string;

export interface TerminalOptions {
  /** Columns of the terminal, at least 20; undefined lets lines be as long as they are. */
  readonly width: number | undefined;
  /** Adds colour; must not change the visible width. By default there is none. */
  readonly style?: Style;
  /** Every column and note; by default what matters most, and whether there is more. */
  readonly isWhole?: boolean;
  /** Others follow: what is left out isn't said. */
  readonly isPart?: boolean;
}

/** What had no place, over all tables. */
interface LeftOut {
  hasColumns: boolean;
  hasIntervals: boolean;
  hasNotes: boolean;
  hasTables: boolean;
}

type Shown = Required<TerminalOptions> & { readonly leftOut: LeftOut };

/** Below a table that isn't whole. */
const maxNotes = 2;
const maxNoteLines = 2;
/** Of 80 columns. */
const maxAnswerLines = 3;

/** Texts of columns beside each other, each with the place for its mark. */
function join(texts: readonly string[]): string {
  return texts.join(' '.repeat(gapWidth - 1)).trimEnd();
}

function pad(text: string, { width, isRight }: LaidColumn): string {
  return padText(truncateMiddle(text, width), width, isRight ? 'right' : 'left');
}

function partLines(
  columns: readonly LaidColumn[],
  names: TableLayout['names'],
  rows: readonly Row[],
  { width, style }: Shown,
): readonly string[] {
  const indent = ' '.repeat(names === undefined ? 0 : stackIndent);
  const heading = (textOf: (column: LaidColumn) => string): string =>
    style(indent + join(columns.map((column) => `${pad(textOf(column), column)} `)), 'heading');
  const body = rows.flatMap(({ tone }, row) => {
    const cells = columns.map((column) => cellLines(column, row, width === undefined ? undefined : style));
    const height = Math.max(0, ...cells.map((lines) => lines.length));
    const numbers = Array.from({ length: height }, (_, index) =>
      join(cells.map((lines, place) => lines[index] ?? ' '.repeat((columns[place]?.width ?? 0) + 1))),
    );
    const name = names?.[row]?.text;
    const lines = [...(name === undefined ? [] : [name]), ...numbers.map((line) => indent + line)];
    return tone === 'plain' ? lines : lines.map((line) => style(line, tone));
  });
  return [
    ...(columns.length === 0 ? [] : [heading((column) => column.heading)]),
    ...(columns.some(({ unit }) => unit !== '') ? [heading(({ unit }) => unit)] : []),
    ...body,
  ];
}

/** A cell, and its mark at the start of the gap behind it, so that numbers stay below each other. */
function cellLines(column: LaidColumn, row: number, style: Style | undefined): readonly string[] {
  const { text, mark, cell } = column.cells[row] ?? { text: '', mark: '', cell: '' };
  const isBroken = typeof cell === 'string' && !column.column.isName && textWidth(text) > column.width;
  const lines = isBroken ? breakText(text, column.width) : [text];
  if (style === undefined) return lines.map((line) => pad(line, column) + (mark || ' '));
  return lines.map((line) => style(pad(line, column) + mark, toneOf(cell)) + (mark === '' ? ' ' : ''));
}

function toneOf(cell: Cell): Tone {
  if (cellMark(cell) === '!') return 'doubtful';
  if (typeof cell !== 'string' && cell.isBest) return 'best';
  return cellText(cell) === missing ? 'muted' : 'plain';
}

function tableBlockLines(table: Table, shown: Shown): readonly string[] {
  const { width, style, isWhole, leftOut } = shown;
  const { caption, shortCaption, rows, verdict } = table;
  const layout = layOutTable(table, width, isWhole);
  leftOut.hasColumns ||= layout.lacksColumns;
  leftOut.hasIntervals ||= layout.lacksIntervals;
  const title = plainText(isWhole || shortCaption === '' ? caption : shortCaption);
  const isEmpty = width !== undefined && rows.length === 0;
  const parts = layout.parts.flatMap((columns, index) => [
    ...(index === 0 ? [] : ['']),
    ...partLines(columns, layout.names, rows, shown),
  ]);
  return [
    ...(title === '' ? [] : wrapText(title, width, '  ').map((text) => style(text, 'title'))),
    ...(isEmpty ? [] : parts),
    ...(verdict === undefined ? [] : wrapText(plainText(verdict), width, '  ').map((text) => style(text, 'plain'))),
    ...noteLines(table, layout, shown).map((text) => style(text, 'muted')),
  ];
}

/** Notes on what is shown: all of them, or the first ones, each in few lines. */
function noteLines({ notes }: Table, { parts }: TableLayout, { width, isWhole, leftOut }: Shown): readonly string[] {
  const columns = parts.flat();
  const hasIntervals = columns.some(({ cells }) => cells.some(({ cell }) => hasInterval(cell)));
  const lines = notes
    .filter(({ isAboutIntervals }) => hasIntervals || !isAboutIntervals)
    .map((note) => ({ note, wrapped: wrapText(noteText(note, isWhole), width, '    ') }));
  if (isWhole) return lines.flatMap(({ wrapped }) => wrapped);
  const isShown = (heading: string | undefined): boolean =>
    heading === undefined || columns.some(({ column }) => column.heading === heading);
  const first = lines.filter(({ note }) => note.isDetail !== true && isShown(note.column)).slice(0, maxNotes);
  const isCut = first.some(({ wrapped }) => wrapped.length > maxNoteLines);
  leftOut.hasNotes ||= isCut || first.length < lines.length;
  return first.flatMap(({ wrapped }) => [
    ...wrapped.slice(0, maxNoteLines - 1),
    ...(wrapped.length < maxNoteLines ? [] : [lastLine(wrapped.slice(maxNoteLines - 1), width)]),
  ]);
}

/** With its mark, where the table has it. */
function noteText({ mark, text, shortText = text }: Footnote, isWhole: boolean): string {
  return `${mark === '' || (mark === '~' && !isWhole) ? ' ' : mark} ${plainText(isWhole ? text : shortText)}`;
}

/** Several lines in the place of one, cut where they have no room. */
function lastLine([first = '', ...others]: readonly string[], width = Infinity): string {
  return truncateText([first, ...others.map((line) => line.trim())].join(' '), width);
}

/** The first sentence, and those that have room in a few lines behind it. */
function sentenceLines(
  { texts, tones }: Extract<Block, { readonly kind: 'sentences' }>,
  { width, style, isWhole, leftOut }: Shown,
): readonly string[] {
  const lines: string[] = [];
  const most =
    width === undefined || isWhole ? Infinity : Math.max(maxAnswerLines, Math.ceil((80 * maxAnswerLines) / width));
  for (const [index, text] of texts.entries()) {
    const wrapped = wrapText(plainText(text), width, '  ');
    if (index > 0 && lines.length + wrapped.length > most) leftOut.hasNotes = true;
    else lines.push(...wrapped.map((line) => (index === 0 ? style(line, ...tones) : line)));
  }
  return lines;
}

function blockLines(block: Block, options: Shown): readonly string[] {
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
    case 'sentences':
      return sentenceLines(block, options);
    case 'table': {
      const inner = width === undefined ? undefined : width - block.indent;
      return tableBlockLines(block.table, { ...options, width: inner }).map((text) => ' '.repeat(block.indent) + text);
    }
    case 'list': {
      const labelWidth = Math.max(0, ...block.lines.map(({ label }) => textWidth(label)));
      return block.lines.flatMap(({ label, text, tone }) => {
        const named = labelWidth === 0 ? '' : `${padText(label, labelWidth, 'left')}  `;
        const indent = ' '.repeat(block.indent);
        return wrapText(indent + named + plainText(text), width, `${indent}  `).map((each) => style(each, tone));
      });
    }
    // Never broken into lines: what is copied must be whole.
    case 'code':
      return safeText(block.text).split('\n');
    case 'details':
      return tableBlockLines(block.table, options);
    case 'alternative': {
      const { whole, brief } = block;
      options.leftOut.hasTables ||= !options.isWhole && whole.length > 0;
      // Apart from what stands before, and from each other.
      return (options.isWhole ? whole : brief).flatMap((own) => [
        ...(own.kind === 'list' ? [] : ['']),
        ...blockLines(own, options),
      ]);
    }
  }
}

export function plainTable(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return terminalText([tableBlock(simpleTable(headings, rows))]);
}

/** `More columns, intervals and notes: -v.` */
function leftOutText({ hasColumns, hasIntervals, hasNotes, hasTables }: LeftOut): string | undefined {
  const parts = [
    ...(hasColumns ? ['columns'] : []),
    ...(hasIntervals ? ['intervals'] : []),
    ...(hasNotes ? ['notes'] : []),
    ...(hasTables ? ['tables'] : []),
  ];
  return parts.length === 0 ? undefined : `More ${listText(parts)}: -v.`;
}

/** Blocks as lines for a terminal; nothing but the style function adds escape sequences. */
export function terminalText(blocks: readonly Block[], options: TerminalOptions = { width: undefined }): string {
  const { style = (text: string): string => text, isWhole = options.width === undefined, isPart = false } = options;
  const width = options.width === undefined ? undefined : Math.max(20, options.width);
  const leftOut: LeftOut = { hasColumns: false, hasIntervals: false, hasNotes: false, hasTables: false };
  const lines = blocks.flatMap((block) => blockLines(block, { width, style, isWhole, isPart, leftOut }));
  const more = isPart ? undefined : leftOutText(leftOut);
  const end = more === undefined ? [] : ['', ...wrapText(more, width, '  ').map((text) => style(text, 'muted'))];
  return [...lines, ...end].join('\n');
}
