import { humanScale } from '../core/amount-text.ts';
import { knownMeasurement, type Measurement, type MetricName } from '../core/measurement.ts';
import { isDoubtful } from '../scoring/create-scoreboards.ts';
import type { Scoreboard, ScoreboardRow } from '../scoring/scoreboard.ts';
import {
  type Cell,
  type Column,
  intervalParts,
  type Mark,
  missing,
  measuredCell,
  type Scalar,
  separatedName,
  wholeOnly,
} from './document.ts';

/** One column of every table and file of scoreboards. */
export interface BoardColumn extends Omit<Column, 'unit' | 'priority'> {
  readonly id: string;
  readonly priority: (board: Scoreboard) => number;
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
export interface BoardColumnParts extends Pick<BoardColumn, 'id'>, Partial<Omit<BoardColumn, 'id' | 'priority'>> {
  /** The same on all scoreboards, or by scoreboard. */
  readonly priority?: number | BoardColumn['priority'];
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
  priority = 0,
  ...more
}: BoardColumnParts): BoardColumn {
  return {
    id,
    heading,
    shortHeading,
    priority: typeof priority === 'number' ? () => priority : priority,
    align: 'right',
    inPaper: undefined,
    intervalPriority: wholeOnly,
    isName: false,
    isForPeople: cell !== undefined,
    isInJson: true,
    read: (board) => ({ unit: '', cell: (row) => cell?.(row, board) ?? '' }),
    raw: value,
    fields: (row, board) => ({ [field]: value(row, board) }),
    ...more,
  };
}

/** What is beside a measured number wherever it stands. */
export function markOf(measurement: Measurement & { readonly warnings: readonly unknown[] }): Mark {
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
  const { value, unit, interval, n } = knownMeasurement(measurement) ?? {};
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

/** Of intervals about which nothing is said: behind every column. */
const latePriority = 1000;

/** A column of measurements: value with half its interval for people, everything for files. */
export function measurementColumn({
  id,
  field = separatedName(id, '_'),
  decimals,
  intervalPriority = latePriority,
  tellsEnds = false,
  find = ({ measurements }) => measurements[id as MetricName],
  ...more
}: Omit<BoardColumnParts, 'value' | 'show' | 'cell'> & {
  /** About three significant digits by default. */
  readonly decimals?: number;
  /** Both ends of its intervals are told, however even they are. */
  readonly tellsEnds?: boolean;
  /** Where the measurement is found; by default under its name. */
  readonly find?: (row: ScoreboardRow) => Measurement | undefined;
}): BoardColumn {
  return boardColumn({
    id,
    isForPeople: true,
    intervalPriority,
    read(board) {
      const numbers = board.rows.flatMap((row) => knownMeasurement(find(row)) ?? []);
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
          const { divisor } = scale;
          const { value, interval } = found;
          const shown = { divisor, ...(decimals !== undefined && { decimals }) };
          return measuredCell(value, interval, shown, {
            mark: markOf(found),
            ...(tellsEnds && intervalParts(interval)),
          });
        },
      };
    },
    raw: find,
    fields: (row) => fieldsOf(field, find(row)),
    ...more,
  });
}
