import type { CellState } from '../core/cell.ts';
import { type TableProblem, TableError } from '../core/errors.ts';
import type { Interval, Measurement, Unit } from '../core/measurement.ts';
import { factorNames, type FactorName } from '../scoring/factor.ts';
import { type CsvRecord, csvRecords } from './csv-records.ts';
import type { ScoreboardCell, Scoreboard, ScoreboardOptions } from '../scoring/scoreboard.ts';
import { numberAdvice } from './number-advice.ts';
import { type identityHeadings, openUnits, unitSpellings, type TableLayout, tableLayout } from './table-columns.ts';
import { wilsonInterval } from '../stats/score-interval.ts';
import { createScoreboards } from '../scoring/create-scoreboards.ts';

const missing = new Set(['', '-', '–', 'n/a', 'na']);
const states: readonly CellState[] = ['pending', 'running', 'done', 'failed', 'unavailable'];

/** Reads the cells of one row; what is wrong goes to `problems`. */
interface RowReader {
  readonly layout: TableLayout;
  readonly record: CsvRecord;
  readonly problems: TableProblem[];
}

function text({ layout, record }: RowReader, name: keyof typeof identityHeadings): string {
  const index = layout.identities.get(name);
  return index === undefined ? '' : (record.cells[index] ?? '');
}

function report({ layout, record, problems }: RowReader, index: number, expected: string, got: string): undefined {
  problems.push({ line: record.line, column: layout.headings[index], message: `expected ${expected}, got ${got}` });
  return undefined;
}

/** A number as a program writes it; none of `0x10`, `1e400`, `1,5`, `12 %`. */
function plainNumber(cell: string): number | undefined {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/iu.test(cell)) return undefined;
  const value = Number(cell);
  return Number.isFinite(value) ? value : undefined;
}

function expectation(factor: FactorName, multiplier: number): string {
  if (factor === 'accuracy') return multiplier === 1 ? 'a number from 0 to 1' : 'a number from 0 to 100';
  return factor === 'memory' ? 'a number above 0' : 'a number of at least 0';
}

function factorValue(reader: RowReader, factor: FactorName, index: number, multiplier: number): number | undefined {
  const cell = reader.record.cells[index] ?? '';
  const value = plainNumber(cell);
  const min = factor === 'memory' ? Number.MIN_VALUE : 0;
  const max = factor === 'accuracy' ? 1 / multiplier : Infinity;
  if (value !== undefined && value >= min && value <= max) return value * multiplier;
  const advice = numberAdvice(cell, (number) => number >= min && number <= max, max === 1);
  return report(reader, index, expectation(factor, multiplier), `"${cell}"${advice}`);
}

interface FactorUnit {
  readonly unit: Unit;
  readonly multiplier: number;
}

/** The unit that the row names in a column of its own, or the one that is assumed. */
function unitOf(reader: RowReader, factor: 'throughput' | 'latency'): FactorUnit | undefined {
  const name = factor === 'throughput' ? 'throughputUnit' : 'latencyUnit';
  const spelling = text(reader, name);
  if (spelling === '') return { unit: openUnits[factor][0], multiplier: 1 };
  const known = Object.hasOwn(unitSpellings, spelling) ? unitSpellings[spelling] : undefined;
  if (known !== undefined && openUnits[factor].includes(known.unit)) return known;
  const accepted = Object.keys(unitSpellings).filter((key) =>
    openUnits[factor].includes(unitSpellings[key]?.unit ?? 'ratio'),
  );
  return report(reader, reader.layout.identities.get(name) ?? 0, `a unit (${accepted.join(', ')})`, `"${spelling}"`);
}

function boundsOf(reader: RowReader, factor: FactorName, multiplier: number): Interval | undefined {
  const columns = reader.layout.bounds.get(factor);
  if (columns === undefined) return undefined;
  const [low, high] = [columns.low, columns.high].map((index) => {
    const cell = reader.record.cells[index] ?? '';
    if (missing.has(cell.toLowerCase())) return undefined;
    return (
      plainNumber(cell) ?? report(reader, index, 'a number', `"${cell}"${numberAdvice(cell, Number.isFinite, false)}`)
    );
  });
  if (low === undefined || high === undefined) return undefined;
  if (low > high) return report(reader, columns.low, `at most the upper bound ${high}`, String(low));
  return { low: low * multiplier, high: high * multiplier, level: 0.95, method: 'as given' };
}

/** Items behind an accuracy, where the table says. */
function itemsOf(reader: RowReader): number | undefined {
  const cell = text(reader, 'items');
  if (missing.has(cell.toLowerCase())) return undefined;
  const value = plainNumber(cell);
  if (value !== undefined && Number.isInteger(value) && value > 0) return value;
  const advice = numberAdvice(cell, (number) => Number.isInteger(number) && number > 0, false);
  return report(reader, reader.layout.identities.get('items') ?? 0, 'a whole number above 0', `"${cell}"${advice}`);
}

function measurement(reader: RowReader, factor: FactorName): Measurement | undefined {
  const column = reader.layout.factors.get(factor);
  if (column === undefined) return undefined;
  const cell = reader.record.cells[column.index] ?? '';
  if (missing.has(cell.toLowerCase()))
    return { status: 'unavailable', reason: 'missing', detail: 'empty in the table' };
  const isOpen = column.unit === undefined && (factor === 'throughput' || factor === 'latency');
  const unit = isOpen ? unitOf(reader, factor) : { unit: column.unit ?? 'bytes', multiplier: column.multiplier };
  if (unit === undefined) return undefined;
  const value = factorValue(reader, factor, column.index, unit.multiplier);
  if (value === undefined) return undefined;
  // Bounds of memory are in bytes in perbench's own files, whatever the heading of the value.
  const given = boundsOf(reader, factor, factor === 'memory' ? 1 : unit.multiplier);
  const items = factor === 'accuracy' ? itemsOf(reader) : undefined;
  const interval = given ?? (items === undefined ? undefined : wilsonInterval(value * items, items));
  return { status: 'published', value, unit: unit.unit, n: items ?? 1, ...(interval && { interval }), warnings: [] };
}

/** One row of a table as a cell, or undefined where something in it is wrong. */
function tableCell(layout: TableLayout, record: CsvRecord, problems: TableProblem[]): ScoreboardCell | undefined {
  const reader = { layout, record, problems };
  const before = problems.length;
  const model = text(reader, 'model');
  if (model === '') report(reader, layout.identities.get('model') ?? 0, 'the name of a model', 'nothing');
  const hasTask = layout.identities.has('task');
  const taskId = hasTask ? text(reader, 'task') : 'table';
  if (taskId === '') report(reader, layout.identities.get('task') ?? 0, 'the name of a task', 'nothing');
  const stateText = text(reader, 'state') || 'done';
  const state = states.find((candidate) => candidate === stateText);
  if (state === undefined) report(reader, layout.identities.get('state') ?? 0, states.join(', '), `"${stateText}"`);
  const protocol = (['serving', 'paper'] as const).find((candidate) => candidate === text(reader, 'protocol'));
  const measured = factorNames.map((factor) => [factor, measurement(reader, factor)] as const);
  if (problems.length > before) return undefined;
  const message = text(reader, 'error');
  return {
    model,
    taskId,
    protocol,
    state: state ?? 'done',
    error: message === '' ? undefined : { code: 'table', message },
    measurements: Object.fromEntries(measured.filter(([, value]) => value !== undefined)),
  };
}

export interface ScoreTableOptions extends ScoreboardOptions {
  /** Name of the table in messages. */
  readonly file?: string;
}

/** A table of measurements, scored; fits a report. */
export interface ScoredTable {
  readonly scoreboards: readonly Scoreboard[];
  /** What was assumed about the table. */
  readonly notes: readonly string[];
}

/** Rows that name the same model on the same task twice. */
function duplicates(layout: TableLayout, rows: readonly (readonly [CsvRecord, ScoreboardCell])[]): TableProblem[] {
  const first = new Map<string, number>();
  const problems: TableProblem[] = [];
  for (const [{ line }, { model, taskId, protocol }] of rows) {
    const key = JSON.stringify([taskId, protocol ?? null, model]);
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, line);
    else {
      const column = layout.headings[layout.identities.get('model') ?? 0];
      problems.push({
        line,
        column,
        message: `expected one row per model and task, got "${model}" again (first in line ${earlier})`,
      });
    }
  }
  return problems;
}

/** Units that a table leaves open and that are taken as the usual ones. */
function unitNotes({ factors, identities }: TableLayout): string[] {
  return (['throughput', 'latency'] as const).flatMap((factor) => {
    const hasUnit = factors.get(factor)?.unit !== undefined || identities.has(`${factor}Unit`);
    return hasUnit ? [] : [`the table gives no unit of ${factor}: ${openUnits[factor][0]} assumed`];
  });
}

/**
 * Scores anybody's measurements: a CSV table with a row per model and task, and columns for model, accuracy, throughput,
 * latency and memory, each with the headings and units listed in docs/scores.md. Without a task column all rows are one
 * task. Empty cells are "not measured".
 *
 * @throws {TableError} with one line per problem, naming file, line and column
 */
export function scoreTable(csvText: string, options: ScoreTableOptions = {}): ScoredTable {
  const { file = 'table', ...scoreboardOptions } = options;
  const [heading, ...records] = csvRecords(csvText, file);
  if (heading === undefined) {
    throw new TableError(file, [{ line: 1, column: undefined, message: 'expected a heading, got an empty file' }]);
  }
  const problems: TableProblem[] = [];
  const layout = tableLayout(heading.cells, problems);
  if (problems.length > 0) throw new TableError(file, problems);
  if (records.length === 0) {
    throw new TableError(file, [{ line: 1, column: undefined, message: 'expected rows below the heading, got none' }]);
  }
  const rows: (readonly [CsvRecord, ScoreboardCell])[] = [];
  for (const record of records) {
    const cell = tableCell(layout, record, problems);
    if (cell !== undefined) rows.push([record, cell]);
  }
  problems.push(...duplicates(layout, rows));
  if (problems.length > 0) throw new TableError(file, problems);
  const cells = rows.map(([, cell]) => cell);
  return { scoreboards: createScoreboards(cells, scoreboardOptions), notes: [...layout.notes, ...unitNotes(layout)] };
}
