import { CsvError, type Info, type Options, parse } from 'csv-parse/sync';
import { DataError, InvalidItemError } from '../../core/errors.ts';
import { countOf, countText } from '../../core/amount-text.ts';
import { namesText, shortList } from '../../core/row-places.ts';
import { lineCounter, namedLines } from './decode-text.ts';
import type { OnDamage, OwnRow, ReadTable } from './own-rows.ts';

interface CsvRow {
  /** 1-based line on which it starts. */
  readonly line: number;
  readonly cells: readonly string[];
}

const separators = [',', ';', '\t', '|'];

const separatorWords: Readonly<Record<string, string>> = {
  ',': 'a comma',
  ';': 'a semicolon',
  '\t': 'a tab',
  '|': 'a vertical bar',
};

const separatorText = (separator: string): string => separatorWords[separator] ?? `"${separator}"`;

function options(delimiter: string, own: Options): Options {
  return {
    bom: false,
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    max_record_size: 0,
    relax_column_count: true,
    skip_empty_lines: true,
    ...own,
  };
}

type TakeRecord = (cells: readonly string[], end: number) => void;

/** Hands each record over with the position after it, counted from the start of `content`. */
function eachRecord(content: Buffer, separator: string, own: Options, take: TakeRecord): void {
  const on_record = (cells: readonly string[], info: Info): null => {
    take(cells, info.bytes);
    return null;
  };
  parse(content, options(separator, { ...own, on_record }));
}

function skipBreaks(content: Buffer, from: number): number {
  let at = from;
  while (content[at] === 10 || content[at] === 13) at += 1;
  return at;
}

interface CsvText {
  readonly file: string;
  readonly content: Buffer;
  readonly separator: string;
  /** Where records start: after a `sep=` line. */
  readonly start: number;
}

/**
 * Records in order. A quote within an unquoted value is part of it, as in `5" disk`; text after a closing quote is
 * damage, and the record then goes to the end of that line.
 *
 * @throws {DataError} if a quote is never closed: everything after it is in doubt
 */
function records(text: CsvText, take: (row: CsvRow) => void, onDamage: OnDamage): void {
  const { content, separator, file } = text;
  const lineAt = lineCounter(content);
  let reached = text.start;
  while (reached < content.length) {
    const base = reached;
    try {
      eachRecord(content.subarray(base), separator, {}, (cells, end) => {
        take({ line: lineAt(skipBreaks(content, reached)), cells });
        reached = base + end;
      });
      return;
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      refuseUnclosed(error, text, base);
      const line = lineAt(skipBreaks(content, reached));
      const relaxed = relaxedRecord({ ...text, start: reached });
      if (error.code === 'INVALID_OPENING_QUOTE') take({ line, cells: relaxed.cells });
      else onDamage(notRow(file, line, 'quotes around whole values', 'text after a closing quote'));
      reached += relaxed.end;
    }
  }
}

const notRow = (file: string, line: number, expected: string, got: string): InvalidItemError =>
  new InvalidItemError({ file, line, key: 'row' }, expected, got);

function relaxedRecord(text: CsvText): { readonly cells: readonly string[]; readonly end: number } {
  let found: { readonly cells: readonly string[]; readonly end: number } | undefined;
  try {
    eachRecord(text.content.subarray(text.start), text.separator, { relax_quotes: true, to: 1 }, (cells, end) => {
      found ??= { cells, end };
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    refuseUnclosed(error, text, text.start);
  }
  if (found === undefined) throw new Error(`no record at byte ${text.start} of ${text.file}`);
  return found;
}

/** `bytes` of the error is where the value before the open one ended. */
function refuseUnclosed(error: CsvError, { content, file }: CsvText, base: number): void {
  if (error.code !== 'CSV_QUOTE_NOT_CLOSED') return;
  const opened = skipBreaks(content, base + Number(error['bytes']));
  throw new DataError(`${file}:${lineCounter(content)(opened)}: a quote opens here and is never closed`, {
    hint: 'Close the quote; a quote within a quoted value is written twice.',
    cause: error,
  });
}

/** A first line `sep=;`, which Excel reads and no other row may be. */
function separatorLine(content: Buffer): { readonly separator: string; readonly bytes: number } | undefined {
  const line = /^"?sep=(.)"?(?:\r\n|\n|\r)/iu.exec(content.toString('utf8', 0, 16));
  return line?.[1] === undefined ? undefined : { separator: line[1], bytes: Buffer.byteLength(line[0]) };
}

const sampleBytes = 1 << 18;
const sampleRecords = 50;

/** The candidate under which most of the first rows have as many values as the heading; then that with most columns. */
function inferSeparator(content: Buffer, start: number): string {
  const sample = content.subarray(start, start + sampleBytes);
  let best = { separator: ',', fitting: 0, width: 1 };
  for (const separator of separators) {
    const widths: number[] = [];
    try {
      eachRecord(sample, separator, { relax_quotes: true, to: sampleRecords }, (cells) => {
        widths.push(cells.length);
      });
    } catch (error) {
      // The sample may end within quotes.
      if (!(error instanceof CsvError)) throw error;
    }
    const [width = 1] = widths;
    const fitting = width === 1 ? 0 : widths.filter((each) => each === width).length;
    if (fitting > best.fitting || (fitting === best.fitting && width > best.width))
      best = { separator, fitting, width };
  }
  return best.separator;
}

interface Separator {
  readonly separator: string;
  readonly start: number;
  readonly notes: readonly string[];
}

function separatorOf(content: Buffer, file: string, given: string | undefined, isTsv: boolean): Separator {
  const line = separatorLine(content);
  const start = line?.bytes ?? 0;
  if (given !== undefined) {
    if (/["\r\n]/u.test(given)) throw new DataError(`${file}: a quote or line break cannot be the separator`);
    return { separator: given, start, notes: [] };
  }
  if (line !== undefined) {
    const { separator } = line;
    return {
      separator,
      start,
      notes: [`${file}: values are separated by ${separatorText(separator)}, as its first line says`],
    };
  }
  const separator = inferSeparator(content, start);
  const isExpected = separator === (isTsv ? '\t' : ',');
  // One column has no separator, so the name of the file stands.
  if (isExpected || !content.includes(separator)) return { separator: isTsv ? '\t' : ',', start, notes: [] };
  return {
    separator,
    start,
    notes: [`${file}: values are separated by ${separatorText(separator)}, as its heading is`],
  };
}

/**
 * Rows of a CSV or TSV text; the first is the heading. Values stay text, to the letter. Rows without any value are left
 * out, those with separators are noted.
 *
 * @param utf8 the text, without a byte order mark
 * @throws {DataError} for a heading that names columns twice, or a quote that never closes
 */
export function readCsv(
  utf8: Buffer,
  file: string,
  settings: { readonly separator: string | undefined; readonly isTsv: boolean },
  onDamage: OnDamage,
): ReadTable {
  const { separator, start, notes } = separatorOf(utf8, file, settings.separator, settings.isTsv);
  const text = { file, content: utf8, separator, start };
  const found: { heading?: Heading } = {};
  const rows: OwnRow[] = [];
  const empty: number[] = [];
  const again: number[] = [];
  const take = ({ line, cells }: CsvRow): void => {
    if (cells.every((cell) => cell.trim() === '')) {
      if (cells.length > 1) empty.push(line);
      return;
    }
    if (found.heading === undefined) {
      found.heading = readHeading(file, line, cells);
      return;
    }
    const { columns } = found.heading;
    if (cells.length !== columns.length) {
      onDamage(
        notRow(file, line, `${countOf(columns.length, 'value')}, as the heading has columns`, String(cells.length)),
      );
      return;
    }
    if (columns.length > 1 && cells.every((cell, index) => cell.trim() === columns[index])) again.push(line);
    rows.push({ file, line, values: Object.fromEntries(columns.map((column, index) => [column, cells[index]])) });
  };
  records(text, take, onDamage);
  const { heading } = found;
  if (heading === undefined) throw new DataError(`${file}: no heading and no rows`, { hint: 'Use a file with rows.' });
  const headingDoubt = dataLikeHeading(heading, rows);
  return {
    columns: heading.columns,
    rows,
    notes: [
      ...notes,
      ...heading.notes,
      ...(empty.length === 0 ? [] : [`${file}:${shortList(empty, namedLines)}: left out, as all values are empty`]),
    ],
    warnings: [
      ...(again.length === 0 ? [] : [`${file}:${shortList(again, namedLines)}: the heading again, as a row`]),
      ...(headingDoubt === undefined ? [] : [`${file}: ${headingDoubt}; add a heading if there is none`]),
    ],
    ...(headingDoubt !== undefined && { headingDoubt }),
  };
}

interface Heading {
  readonly line: number;
  readonly columns: readonly string[];
  readonly notes: readonly string[];
}

function readHeading(file: string, line: number, cells: readonly string[]): Heading {
  const notes: string[] = [];
  const padded = cells.filter((cell) => cell.trim() !== cell && cell.trim() !== '');
  if (padded.length > 0) {
    const names = namesText(padded.map((cell) => JSON.stringify(cell)));
    notes.push(`${file}:${line}: spaces around names of columns were dropped: ${names}`);
  }
  const columns = cells.map((cell, index) => {
    if (cell.trim() !== '') return cell.trim();
    notes.push(`${file}:${line}: column ${index + 1} has no name; it is called column_${index + 1} here`);
    return `column_${index + 1}`;
  });
  const seen = new Map<string, number>();
  for (const [index, column] of columns.entries()) {
    const before = seen.get(column);
    if (before !== undefined) {
      throw new DataError(`${file}:${line}: columns ${before + 1} and ${index + 1} are both called "${column}"`, {
        hint: 'Give each column a name of its own.',
      });
    }
    seen.set(column, index);
  }
  return { line, columns, notes };
}

const numberText = /^[+-]?(?:\d+(?:[.,]\d+)*|\.\d+)(?:e[+-]?\d+)?%?$/iu;
/** Nobody names a column by more. */
const longName = 80;
/** Names of so many words are questions of a form, or sentences of a first row. */
const sentenceWords = 5;

const shownName = (column: string): string => JSON.stringify(column.length > 40 ? `${column.slice(0, 37)}...` : column);
const wordCount = (column: string): number => column.split(/\s+/u).length;

function dataLikeName(column: string, columns: readonly string[], rows: readonly OwnRow[]): string | undefined {
  // Programs that have no names number the columns.
  if (numberText.test(column) && !columns.every((name, index) => name === String(index)))
    return `${shownName(column)} is a number`;
  if (column.length > longName) return `${shownName(column)} has ${countText(column.length)} characters`;
  // Once may be the heading of a file that was appended.
  const uses = rows.filter(({ values }) => values[column] === column).length;
  if (uses > 1) return `${shownName(column)} is also a value of its column, ${countText(uses)} times`;
  return columns.every((name) => wordCount(name) >= sentenceWords)
    ? `${shownName(column)} has ${wordCount(column)} words`
    : undefined;
}

/** A file without a heading loses its first row to the names of columns; only the user can tell. */
function dataLikeHeading({ line, columns }: Heading, rows: readonly OwnRow[]): string | undefined {
  const reasons = columns.map((column) => dataLikeName(column, columns, rows)).filter((reason) => reason !== undefined);
  if (reasons.length === 0) return undefined;
  return `the first row (line ${line}) is taken for names of columns, but looks like data: ${reasons.slice(0, 3).join('; ')}`;
}
