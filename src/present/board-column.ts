import { decimalsFor, humanScale } from '../core/amount-text.ts';
import type { Measurement, MetricName } from '../core/measurement.ts';
import { isDoubtful } from '../scoring/create-scoreboards.ts';
import type { Scoreboard, ScoreboardRow } from '../scoring/scoreboard.ts';
import { type Cell, type Column, type Mark, missing, numberCell, type Scalar, separatedName } from './document.ts';

/** One column of every table and file of scoreboards. */
export interface BoardColumn extends Omit<Column, 'unit'> {
  readonly id: string;
  /** Shown on screens and pages; files of data have every column. */
  readonly isForPeople: boolean;
  /** What people see of it on a scoreboard: its unit, and a cell per row. */
  readonly read: (board: Scoreboard) => { readonly unit: string; readonly cell: (row: ScoreboardRow) => Cell };
  readonly isInJson: boolean;
  /** Base units, nothing rounded; undefined where there is nothing. */
  readonly raw: (row: ScoreboardRow, board: Scoreboard) => unknown;
  /** For CSV: one or more headed values. */
  readonly fields: (row: ScoreboardRow, board: Scoreboard) => Readonly<Record<string, Scalar>>;
}

type Read<Value> = (row: ScoreboardRow, board: Scoreboard) => Value;

/** What makes a column; the rest is that of a number without a unit, which only files of data have. */
export interface BoardColumnParts extends Pick<BoardColumn, 'id'>, Partial<Omit<BoardColumn, 'id'>> {
  /** Heading in files. */
  readonly field?: string;
  readonly value?: Read<Scalar>;
  /** What people see of the value, or of the row. */
  readonly show?: (value: Scalar, board: Scoreboard) => Cell;
  readonly cell?: Read<Cell>;
}

export function boardColumn({
  id,
  heading = id,
  shortHeading = heading,
  field = id,
  value = () => undefined,
  show,
  cell = show && ((row, board) => show(value(row, board), board)),
  ...more
}: BoardColumnParts): BoardColumn {
  return {
    id,
    heading,
    shortHeading,
    dropOrder: 0,
    align: 'right',
    inPaper: undefined,
    keepsIntervals: false,
    isName: false,
    isForPeople: cell !== undefined,
    isInJson: true,
    read: (board) => ({ unit: '', cell: (row) => cell?.(row, board) ?? '' }),
    raw: value,
    fields: (row, board) => ({ [field]: value(row, board) }),
    ...more,
  };
}

function known(measurement: Measurement | undefined): Exclude<Measurement, { status: 'unavailable' }> | undefined {
  return measurement === undefined || measurement.status === 'unavailable' ? undefined : measurement;
}

function markOf(measurement: Measurement & { readonly warnings: readonly unknown[] }): Mark {
  if (isDoubtful(measurement)) return '!';
  return measurement.warnings.length > 0 ? '~' : '';
}

function unitSuffix(name: string): string {
  if (/^((load_)?latency|time)_/u.test(name)) return '_ms';
  if (name.startsWith('energy_')) return '_joules';
  return name.startsWith('memory_') ? '_bytes' : '';
}

/** Fields of one measurement in CSV: the unit is part of the heading where it is always the same. */
function fieldsOf(name: string, measurement: Measurement | undefined): Readonly<Record<string, Scalar>> {
  const { value, unit, interval, n } = known(measurement) ?? {};
  const bounds = { [`${name}_low`]: interval?.low, [`${name}_high`]: interval?.high };
  switch (name) {
    case 'accuracy':
      return { accuracy: value, ...bounds, accuracy_n: n };
    case 'throughput':
    case 'latency':
      return { [name]: value, [`${name}_unit`]: unit, ...bounds };
    case 'memory':
      return { memory_bytes: value, ...bounds };
    default:
      return { [`${name}${unitSuffix(name)}`]: value };
  }
}

/** A column of measurements: value with half its interval for people, everything for files. */
export function measurementColumn({
  id,
  field = separatedName(id, '_'),
  decimals,
  find = ({ measurements }) => measurements[id as MetricName],
  ...more
}: Omit<BoardColumnParts, 'value' | 'show' | 'cell'> & {
  /** About three significant digits by default. */
  readonly decimals?: number;
  /** Where the measurement is found; by default under its name. */
  readonly find?: (row: ScoreboardRow) => Measurement | undefined;
}): BoardColumn {
  return boardColumn({
    id,
    isForPeople: true,
    read(board) {
      const numbers = board.rows.flatMap((row) => known(find(row)) ?? []);
      const scale = humanScale(
        numbers[0]?.unit ?? 'count',
        numbers.map(({ value }) => value),
      );
      return {
        unit: scale.label,
        cell(row) {
          const found = find(row);
          if (found === undefined) return '';
          if (found.status === 'unavailable') return missing;
          const value = found.value / scale.divisor;
          const half = found.interval && (found.interval.high - found.interval.low) / 2 / scale.divisor;
          return numberCell(value, decimals ?? decimalsFor(value), { half, mark: markOf(found) });
        },
      };
    },
    raw: find,
    fields: (row) => fieldsOf(field, find(row)),
    ...more,
  });
}
