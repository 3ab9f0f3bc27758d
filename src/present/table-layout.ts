import { humanInterval } from '../core/amount-text.ts';
import {
  areNumbers,
  type Cell,
  cellMark,
  cellText,
  type Column,
  essential,
  filledColumns,
  hasEnds,
  hasInterval,
  type Mark,
  type Table,
  wholeOnly,
} from './document.ts';
import { plainText } from './sanitise.ts';
import { shortNames, textWidth } from './text-width.ts';

/** A cell as it is printed. */
export interface LaidCell {
  readonly text: string;
  /** Stands in the gap behind the column, so that numbers stay below each other. */
  readonly mark: Mark;
  readonly cell: Cell;
}

/** A column as it is printed. */
export interface LaidColumn {
  readonly column: Column;
  readonly heading: string;
  readonly unit: string;
  /** By row. */
  readonly cells: readonly LaidCell[];
  /** Without its marks. */
  readonly width: number;
  readonly isRight: boolean;
}

/** A table as it is printed: in one part, or in several below each other. */
export interface TableLayout {
  /** Where the names of rows have lines of their own, with the numbers below them. */
  readonly names: readonly LaidCell[] | undefined;
  readonly parts: readonly (readonly LaidColumn[])[];
  /** Columns that say something have no place. */
  readonly lacksColumns: boolean;
  /** Intervals of shown columns have no place. */
  readonly lacksIntervals: boolean;
}

/** How a column is to be printed. */
interface Place {
  readonly column: Column;
  readonly hasIntervals: boolean;
  readonly hasLongHeading: boolean;
}

type Lay = (place: Place) => LaidColumn;

export const gapWidth = 2;
/** Of numbers below the names of their rows. */
export const stackIndent = 2;
/** Names get lines of their own rather than to be cut to less than this. */
const leastNameWidth = 24;
/** No name that people give is longer; a file's whole text may be taken for one. */
const mostNameWidth = 200;
/** Words are broken into lines of at least this. */
const leastTextWidth = 24;

/**
 * @param width undefined for a table that is as wide as it needs to be
 * @param isWhole with every column, in several parts where one line doesn't hold them
 */
export function layOutTable(table: Table, width: number | undefined, isWhole: boolean): TableLayout {
  if (width === undefined) {
    const part = table.columns.map((column) => {
      const laid = layColumn(table, inFull(column), 'free');
      return column.isName ? cutNames(laid, mostNameWidth) : laid;
    });
    return { names: undefined, parts: [part], lacksColumns: false, lacksIntervals: false };
  }
  const columns = filledColumns(table);
  return isWhole || columns.every(({ priority }) => priority === 0)
    ? inParts(table, columns, width)
    : inOneLine(table, columns, width);
}

function inFull(column: Column): Place {
  return { column, hasIntervals: true, hasLongHeading: true };
}

/**
 * @param form `free`: not fitted into a width; `whole`: with all digits; `compact`: with those that matter beside the
 *   interval
 */
function layColumn(
  table: Table,
  { column, hasIntervals, hasLongHeading }: Place,
  form: 'free' | 'whole' | 'compact',
): LaidColumn {
  const index = table.columns.indexOf(column);
  const own = table.rows.map(({ cells }) => cells[index] ?? '');
  const cells = own.map((cell): LaidCell => {
    const shown = typeof cell === 'string' || hasIntervals ? cell : { ...cell, half: undefined };
    const text = form === 'compact' ? compactText(shown) : cellText(shown);
    const mark = cellMark(cell);
    return {
      text: plainText(form === 'free' ? text : text.replace(' ± ', ' ±')),
      // What is only to be known as well is told beside the whole table.
      mark: form === 'compact' && mark === '~' ? '' : mark,
      cell: shown,
    };
  });
  const heading = plainText(hasLongHeading ? column.heading : column.shortHeading);
  const tellsEnds = form !== 'free' && cells.some(({ cell }) => typeof cell !== 'string' && hasEnds(cell));
  const unit = column.unit === '' && tellsEnds ? '[95 %]' : column.unit;
  return {
    column,
    heading,
    unit,
    cells,
    width: Math.max(...[heading, unit, ...cells.map(({ text }) => text)].map(textWidth)),
    isRight: column.align === 'right' && (form !== 'free' || areNumbers(own)),
  };
}

/** No more digits than the interval leaves, and never an interval that looks like none. */
function compactText(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  const { value, half, decimals, after, isGrouped } = cell;
  if (value === undefined || half === undefined || isGrouped) return cellText(cell);
  if (hasEnds(cell)) return cellText({ ...cell, decimals: Math.min(decimals, 2) });
  // Two significant digits of the interval at most, and never fewer than the one that shows it.
  const shown = Math.max(0, Math.min(decimals, 1 - Math.floor(Math.log10(half))));
  return humanInterval(value, Math.max(half, 10 ** -shown), shown) + after;
}

/** Columns in their order in the table. */
function inOrder<Item>(table: Table, items: readonly Item[], columnOf: (item: Item) => Column): readonly Item[] {
  const orderOf = (item: Item): number => table.columns.indexOf(columnOf(item));
  return items.toSorted((a, b) => orderOf(a) - orderOf(b));
}

function totalWidth(columns: readonly LaidColumn[]): number {
  // The last column has no gap behind it for its marks.
  const mark = columns.at(-1)?.cells.some((cell) => cell.mark !== '') === true ? 1 : 0;
  return columns.reduce((sum, { width }) => sum + width, 0) + gapWidth * Math.max(0, columns.length - 1) + mark;
}

/** The column that names the rows, and the others. */
function splitName(columns: readonly Column[]): { readonly name: Column | undefined; readonly others: Column[] } {
  const name = columns.find(({ isName }) => isName) ?? columns.find(({ align }) => align === 'left') ?? columns[0];
  return { name, others: columns.filter((column) => column !== name) };
}

function cutNames(name: LaidColumn, width: number): LaidColumn {
  if (name.width <= width) return name;
  const cut = shortNames(
    name.cells.map(({ text }) => text),
    width,
  );
  return { ...name, width, cells: name.cells.map((cell, index) => ({ ...cell, text: cut[index] ?? '' })) };
}

/** Words that are broken into lines where they have no room; names and numbers never are. */
function isBreakable({ column, cells }: LaidColumn): boolean {
  return column.align === 'left' && !column.isName && cells.every(({ cell }) => typeof cell === 'string');
}

/** A column as wide as it may be behind others; undefined where it needs a part of its own. */
function behind(columns: readonly LaidColumn[], next: LaidColumn, room: number): LaidColumn | undefined {
  const left = room - totalWidth(columns) - (columns.length === 0 ? 0 : gapWidth);
  if (totalWidth([next]) <= left) return next;
  return isBreakable(next) && left >= leastTextWidth ? { ...next, width: left } : undefined;
}

/** Every column, in as many parts as it takes, each with the names of the rows. */
function inParts(table: Table, columns: readonly Column[], width: number): TableLayout {
  const { name, others } = splitName(columns);
  if (name === undefined) return { names: undefined, parts: [], lacksColumns: false, lacksIntervals: false };
  const lay: Lay = (place) => layColumn(table, place, 'whole');
  const names = lay(inFull(name));
  const laid = others.map((column) => lay(inFull(column)));
  const isStacked = laid.some((column) => behind([names], column, width) === undefined);
  const room = isStacked ? width - stackIndent : width;
  const beside = isStacked ? [] : [names];
  const parts: (readonly LaidColumn[])[] = [beside];
  for (const column of laid) {
    const last = parts.at(-1) ?? [];
    const fitting = behind(last, column, room);
    const alone = [...beside, behind(beside, column, room) ?? { ...column, width: room - 1 }];
    if (fitting === undefined && last.length > 0) parts.push(alone);
    else parts[parts.length - 1] = fitting === undefined ? alone : [...last, fitting];
  }
  return {
    names: isStacked ? cutNames(names, width).cells : undefined,
    parts: parts.map((part) => inOrder(table, part, (laidColumn) => laidColumn.column)),
    lacksColumns: false,
    lacksIntervals: false,
  };
}

/** Something that a line may have: a column, the intervals of one, or its heading in full. */
interface Wish {
  readonly column: Column;
  readonly priority: number;
  /** Of a column that has a place; undefined for the column itself. */
  readonly more: Partial<Place> | undefined;
}

/** Headings in full come before columns of a priority above this. */
const headingPriority = 25;

/** What one line may have, the most important first. */
function wishesFor(table: Table, columns: readonly Column[]): readonly Wish[] {
  const wishes = columns.flatMap((column): readonly Wish[] => {
    const { priority, intervalPriority } = column;
    const index = table.columns.indexOf(column);
    const hasIntervals = table.rows.some(({ cells }) => hasInterval(cells[index] ?? ''));
    return [
      { column, priority, more: undefined },
      ...(hasIntervals ? [{ column, priority: intervalPriority, more: { hasIntervals } }] : []),
      { column, priority: Math.max(priority, headingPriority), more: { hasLongHeading: true } },
    ];
  });
  return wishes.filter(({ priority }) => priority < wholeOnly).toSorted((a, b) => a.priority - b.priority);
}

/** Remembers what was laid: the same columns are tried in many lines. */
function rememberingLay(table: Table): Lay {
  const known = new Map<string, LaidColumn>();
  return (place) => {
    const key = `${table.columns.indexOf(place.column)} ${place.hasIntervals} ${place.hasLongHeading}`;
    const laid = known.get(key) ?? layColumn(table, place, 'compact');
    known.set(key, laid);
    return laid;
  };
}

/** One line per row with what fits, the most important first. */
function inOneLine(table: Table, columns: readonly Column[], width: number): TableLayout {
  const { name, others } = splitName(columns);
  if (name === undefined) return inParts(table, columns, width);
  const lay = rememberingLay(table);
  const lineOf = (places: readonly Place[]): readonly LaidColumn[] =>
    inOrder(table, places, (place) => place.column).map(lay);
  const widthOf = (places: readonly Place[]): number => totalWidth(lineOf(places));
  const wishes = wishesFor(table, others);
  const must = wishes.filter(({ priority }) => priority <= essential);
  const names = lay(inFull(name));
  const nameRoom = width - gapWidth - widthOf(grant(must, Infinity, widthOf));
  const isStacked = nameRoom < Math.min(names.width, leastNameWidth);
  const shownNames = cutNames(names, isStacked ? width : nameRoom);
  const room = isStacked ? width - stackIndent : width - gapWidth - shownNames.width;
  const places = grant(wishes, room, widthOf);
  const line = isStacked ? lineOf(places) : inOrder(table, [shownNames, ...lineOf(places)], (laid) => laid.column);
  const placeOf = (column: Column): Place | undefined => places.find((place) => place.column === column);
  return {
    names: isStacked ? shownNames.cells : undefined,
    parts: [line],
    lacksColumns: others.some((column) => placeOf(column) === undefined),
    lacksIntervals: wishes.some(
      ({ column, more }) => more?.hasIntervals === true && placeOf(column)?.hasIntervals === false,
    ),
  };
}

/** As many wishes as fit, in their order: a narrow one may find room behind a wide one that found none. */
function grant(wishes: readonly Wish[], room: number, widthOf: (places: readonly Place[]) => number): readonly Place[] {
  let places: readonly Place[] = [];
  for (const { column, more } of wishes) {
    const wider =
      more === undefined
        ? [...places, { column, hasIntervals: false, hasLongHeading: false }]
        : places.map((place) => (place.column === column ? { ...place, ...more } : place));
    if (widthOf(wider) <= room) places = wider;
  }
  return places;
}
