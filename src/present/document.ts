import { countText, decimalsFor, humanInterval, intervalDecimals, sizeAmount } from '../core/amount-text.ts';
import type { Interval, Unit } from '../core/measurement.ts';
import type { Report } from './report.ts';

/**
 * Beside a number: `!` it is doubtful or invalid, `~` something else is to be known about it, `✓` it counts what is right.
 */
export type Mark = '' | '!' | '~' | '✓';

/** What a piece of text is, for whoever colours it. */
export type Tone = 'title' | 'heading' | 'best' | 'doubtful' | 'bad' | 'muted' | 'plain';

/** A number in a table, in the unit of its column. */
export interface NumberCell {
  /** Undefined is shown as a dash. */
  readonly value: number | undefined;
  /** Half of its interval. */
  readonly half: number | undefined;
  /** Both ends of the interval, told in place of ±. */
  readonly range: readonly [low: number, high: number] | undefined;
  readonly decimals: number;
  /** What follows at once, such as a unit where the column's values have several; `=` for a shared rank. */
  readonly after: string;
  /** In thousands: `1,319`. */
  readonly isGrouped: boolean;
  readonly mark: Mark;
  /** Nothing is better in this table. */
  readonly isBest: boolean;
}

/** One place of a table: a number, or words; empty words where there is nothing, a dash where something is missing. */
export type Cell = NumberCell | string;

export const missing = '–';

export function numberCell(value: number | undefined, decimals: number, more: Partial<NumberCell> = {}): NumberCell {
  return {
    value,
    decimals,
    half: undefined,
    range: undefined,
    after: '',
    isGrouped: false,
    mark: '',
    isBest: false,
    ...more,
  };
}

type Ends = Pick<Interval, 'low' | 'high'>;

/** What a cell shows of an interval whose ends are always told: accuracies and scores. */
export function intervalParts(interval: Ends | undefined): Pick<NumberCell, 'half' | 'range'> {
  if (interval === undefined) return { half: undefined, range: undefined };
  return { half: (interval.high - interval.low) / 2, range: [interval.low, interval.high] };
}

/** Ends whose distances from the value differ by no more than this share of half the width read as ±. */
const smallSkew = 0.05;

/** Whether ± would tell something else than the interval says, in the decimals that are shown. */
function isSkewed(value: number, { low, high }: Ends, decimals: number): boolean {
  const half = (high - low) / 2;
  const [below, above] = [value - low, high - value];
  const shown = intervalDecimals(half, decimals);
  return Math.abs(above - below) > smallSkew * half && below.toFixed(shown) !== above.toFixed(shown);
}

/**
 * A measured number with what is known of its spread: ± where the interval is about even, else both ends.
 *
 * @param interval in the unit of the value
 * @param divisor from that unit to the one shown
 */
export function measuredCell(
  value: number,
  interval: Ends | undefined,
  {
    divisor = 1,
    decimals = decimalsFor(value / divisor),
  }: { readonly divisor?: number; readonly decimals?: number } = {},
  more: Partial<NumberCell> = {},
): NumberCell {
  const shown = value / divisor;
  const ends = interval && { low: interval.low / divisor, high: interval.high / divisor };
  const { half, range } = intervalParts(ends);
  // A half beyond the value, as two launches leave it, says no more than that nothing is known.
  if (ends === undefined || half === undefined || half > Math.abs(shown)) return numberCell(shown, decimals, more);
  return numberCell(shown, decimals, { half, range: isSkewed(shown, ends, decimals) ? range : undefined, ...more });
}

/** A size in the unit that suits it. */
export function sizeCell(bytes: number): NumberCell {
  const { value, decimals, unit } = sizeAmount(bytes);
  return numberCell(value, decimals, { after: ` ${unit}` });
}

/** What people read of a cell, without its mark. */
export function cellText(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  const { value, half, decimals, isGrouped, after } = cell;
  if (value === undefined) return missing;
  if (isGrouped) return countText(value) + after;
  if (!hasEnds(cell)) return humanInterval(value, half, decimals) + after;
  return `${value.toFixed(intervalDecimals(cell.half, decimals))} ${endsText(cell)}${after}`;
}

/** `[0.523, 0.635]` */
export function endsText({ half, range, decimals }: CellWithEnds): string {
  return `[${range.map((end) => end.toFixed(intervalDecimals(half, decimals))).join(', ')}]`;
}

type CellWithEnds = NumberCell & { readonly half: number; readonly range: readonly [number, number] };

/** Whether both ends of its interval are told. */
export function hasEnds(cell: NumberCell): cell is CellWithEnds {
  return cell.half !== undefined && cell.range !== undefined;
}

/** With its mark, where there is no other place for it. */
export function markedText(cell: Cell): string {
  return cellText(cell) + cellMark(cell);
}

export function cellMark(cell: Cell): Mark {
  return typeof cell === 'string' ? '' : cell.mark;
}

export function hasInterval(cell: Cell): boolean {
  return typeof cell !== 'string' && cell.half !== undefined;
}

/** Whether a column with this cell says anything. */
export function isFilled(cell: Cell): boolean {
  return typeof cell === 'string' ? cell !== '' && cell !== missing : cell.value !== undefined;
}

export interface Column {
  readonly heading: string;
  /** For narrow terminals. */
  readonly shortHeading: string;
  /** Of all its numbers; empty for none. */
  readonly unit: string;
  /** Right for numbers. */
  readonly align: 'left' | 'right';
  /** Terminals fill a line from the lowest on; 0 is always shown, {@link wholeOnly} only in a whole table. */
  readonly priority: number;
  /** The same for the intervals of its numbers. */
  readonly intervalPriority: number;
  /**
   * The end that is the good one, where a paper prints it bold; `best`: the cells that say so themselves. Columns without
   * one don't go into papers.
   */
  readonly inPaper: 'highest' | 'lowest' | 'best' | 'plain' | undefined;
  /** Names the rows: beside every part of a table that is printed in parts. */
  readonly isName: boolean;
  /** A dash in it says something: that what others don't have at all is there, and not known. */
  readonly tellsMissing?: boolean;
}

/** Whether a cell of a column is a reason to show the column. */
export function saysSomething({ tellsMissing = false }: Pick<Column, 'tellsMissing'>, cell: Cell): boolean {
  return isFilled(cell) || (tellsMissing && cell === missing);
}

/** Up to this priority, names are shortened or get lines of their own rather than that a column is left out. */
export const essential = 9;

/** Priority of what is left to files and to whole tables. */
export const wholeOnly = Infinity;

/** A column of a table that has room. */
export function column(heading: string, align: Column['align'] = 'left'): Column {
  return {
    heading,
    shortHeading: heading,
    unit: '',
    align,
    priority: 0,
    intervalPriority: 0,
    inPaper: undefined,
    isName: false,
  };
}

export interface Row {
  readonly cells: readonly Cell[];
  /** Of the whole row. */
  readonly tone: Tone;
  /** All that was to be measured was: a row that may hold the best value of a column. */
  readonly isComplete: boolean;
}

export function row(cells: readonly Cell[], tone: Tone = 'plain'): Row {
  return { cells, tone, isComplete: true };
}

/** A sentence below a table; its mark is that of the numbers that it explains. */
export interface Footnote {
  readonly mark: Mark;
  readonly text: string;
  /** In a few words, where a table isn't whole. */
  readonly shortText?: string;
  /** Says what intervals mean: only where a table shows one. */
  readonly isAboutIntervals: boolean;
  /** Concerns this column alone: nothing to say where it isn't shown. */
  readonly column?: string;
  /** How numbers were made rather than what is the matter with them: left to files and to whole tables. */
  readonly isDetail?: boolean;
}

export interface Table {
  readonly caption: string;
  /** What says enough where a table isn't whole; empty for the caption. */
  readonly shortCaption: string;
  /** Unique in the document, for references to it; empty for none. */
  readonly label: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** What it comes to, as a sentence. */
  readonly verdict: string | undefined;
  /** The most important first. */
  readonly notes: readonly Footnote[];
}

/** Text that is part of a table's label. */
export function labelText(text: string): string {
  return text.replaceAll(/[^a-zA-Z0-9]+/gu, '-');
}

/** A table without a caption and notes. */
export function table(columns: readonly Column[], rows: readonly Row[], more: Partial<Table> = {}): Table {
  return { caption: '', shortCaption: '', label: '', columns, rows, verdict: undefined, notes: [], ...more };
}

/** Columns that say something: of the others nobody misses the dashes. */
export function filledColumns({ columns, rows }: Table): readonly Column[] {
  return columns.filter(
    (own, index) => own.priority === 0 || rows.some(({ cells }) => saysSomething(own, cells[index] ?? '')),
  );
}

/** A table of which the headings are all that is to be said about its columns. */
export function simpleTable(headings: readonly string[], rows: readonly (readonly Cell[])[]): Table {
  return table(
    headings.map((heading, index) => {
      const cells = rows.map((own) => own[index] ?? '');
      return column(heading, areNumbers(cells) ? 'right' : 'left');
    }),
    rows.map((cells) => row(cells)),
  );
}

/** Whether cells are numbers without intervals, so that they read best with their last digits below each other. */
export function areNumbers(cells: readonly Cell[]): boolean {
  const filled = cells.filter(isFilled);
  return filled.length > 0 && filled.every((cell) => typeof cell !== 'string' && !hasInterval(cell));
}

/** A line of a list. */
export interface Line {
  /** What it is about; empty for none. */
  readonly label: string;
  readonly text: string;
  readonly tone: Tone;
}

export function line(text: string, tone: Tone = 'plain', label = ''): Line {
  return { label, text, tone };
}

/** A part of what people read; writers know how each looks in their format. */
export type Block =
  | { readonly kind: 'heading'; readonly text: string; readonly level: 1 | 2 | 3 | 4; readonly tone: Tone }
  /** A sentence. */
  | { readonly kind: 'text'; readonly text: string; readonly tones: readonly Tone[] }
  /** Sentences, the most important first: a terminal shows as many as few lines hold. */
  | { readonly kind: 'sentences'; readonly texts: readonly string[]; readonly tones: readonly Tone[] }
  | { readonly kind: 'table'; readonly table: Table; readonly indent: number }
  | { readonly kind: 'list'; readonly lines: readonly Line[]; readonly indent: number }
  /** What is copied: a command, or a file. */
  | { readonly kind: 'code'; readonly text: string; readonly language: 'sh' | 'yaml' | 'text' }
  /** A table that a page shows on demand. */
  | { readonly kind: 'details'; readonly summary: string; readonly table: Table; readonly more: string }
  /** What a whole output shows, and what a terminal does that isn't whole. */
  | { readonly kind: 'alternative'; readonly whole: readonly Block[]; readonly brief: readonly Block[] }
  | { readonly kind: 'gap' };

export const gap: Block = { kind: 'gap' };

export function textBlock(text: string, ...tones: readonly Tone[]): Block {
  return { kind: 'text', text, tones };
}

export function tableBlock(shown: Table, indent = 0): Block {
  return { kind: 'table', table: shown, indent };
}

/** A list; nothing where there are no lines. */
export function listBlock(lines: readonly Line[], indent = 0): readonly Block[] {
  return lines.length === 0 ? [] : [{ kind: 'list', lines, indent }];
}

export type Scalar = string | number | boolean | undefined;

/** One flat table for programs, in base units and without rounding. */
export interface Records {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly Scalar[])[];
}

export type RecordColumn<Item extends readonly unknown[]> = readonly [
  heading: string,
  value: (...item: Item) => Scalar,
];

export function records<Item extends readonly unknown[]>(
  columns: readonly RecordColumn<Item>[],
  items: readonly Item[],
): Records {
  return {
    headings: columns.map(([heading]) => heading),
    rows: items.map((item) => columns.map(([, value]) => value(...item))),
  };
}

/** Fields of an estimate and of the ends of its interval, where they are known. */
export function endColumns<Item extends readonly unknown[]>(
  heading: string,
  read: (
    ...item: Item
  ) => { readonly value: number; readonly low: number | undefined; readonly high: number | undefined } | undefined,
): readonly RecordColumn<Item>[] {
  return [
    [heading, (...item) => read(...item)?.value],
    [`${heading}_low`, (...item) => read(...item)?.low],
    [`${heading}_high`, (...item) => read(...item)?.high],
  ];
}

/** `timeToFirstTokenP50` as people say it: `time to first token p50`. */
export function metricWords(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])[A-Z]/gu, (letter) => ` ${letter.toLowerCase()}`);
}

/** One number of a model, as programs follow it over time. */
export interface Point {
  /** In camel case, such as `latencyP95`. */
  readonly name: string;
  readonly help: string;
  readonly value: number;
  readonly unit: Unit;
  readonly interval: Interval | undefined;
}

/** `timeToFirstTokenP50` as `time_to_first_token_p50`; what such names can't hold becomes a separator as well. */
export function separatedName(name: string, separator: '_' | '-'): string {
  return name
    .replaceAll(/[A-Z]/gu, (letter) => separator + letter.toLowerCase())
    .replaceAll(separator === '_' ? /[^a-z0-9_]+/gu : /[^a-z0-9-]+/gu, separator);
}

/** The numbers of one model on one task. */
export interface Series {
  readonly model: string;
  readonly task: string;
  readonly protocol: string | undefined;
  readonly points: readonly Point[];
}

/** One thing that can pass or fail, for programs that show tests. */
export interface Check {
  /** Where it was checked. */
  readonly place: string;
  readonly demand: string;
  readonly evidence: string;
  /** All of it. */
  readonly sentence: string;
  /** How a build server shows it; undefined where there is nothing to say. */
  readonly annotation: 'error' | 'warning' | undefined;
  readonly countsAs: 'passed' | 'failure' | 'error' | 'skipped';
  readonly facts: Readonly<Record<string, string | number | undefined>>;
}

/** Tables for CSV beside the one of all measurements. */
export type MoreRecords = 'confusion' | 'labels' | 'items' | 'fields' | 'server';

/** A result as it is shown and written: made once, and the same for every format. Only writers make strings of it. */
export interface Document {
  /** Versioned: raised when a reader of an older file would misunderstand a newer one. */
  readonly schema: string;
  readonly title: string;
  /** The answer, in one sentence. */
  readonly verdict: string;
  /** In a terminal, where one reads the end first. */
  readonly screen: readonly Block[];
  /** On a page, where one reads the start first. */
  readonly page: readonly Block[];
  /** For CSV and Parquet. */
  readonly records: Records;
  /** Further tables of the same kind, by the name of their format. */
  readonly moreRecords: Readonly<Partial<Record<MoreRecords, Records>>>;
  /** All of it, for JSON. */
  readonly data: object;
  readonly series: readonly Series[];
  readonly checks: readonly Check[];
  /** Who made it, such as `perbench 0.1.0, run r, host`: comments and metadata of files. */
  readonly origin: Report['run'];
  /** Sentences that concern all of it. */
  readonly notes: readonly string[];
  /** What is behind it, for formats that show more than tables. */
  readonly report: Report | undefined;
}

/** A document of which a format needs no more than is given. */
export function createDocument(
  parts: Pick<Document, 'schema' | 'screen' | 'page' | 'records' | 'data'> & Partial<Document>,
): Document {
  return {
    title: '',
    verdict: '',
    moreRecords: {},
    series: [],
    checks: [],
    origin: undefined,
    notes: [],
    report: undefined,
    ...parts,
  };
}
