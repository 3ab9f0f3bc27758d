import { decimalsFor, humanScale } from '../core/amount-text.ts';
import type { Measurement, MetricName } from '../core/measurement.ts';
import { isDoubtful } from '../scoring/create-scoreboards.ts';
import type { Scoreboard, ScoreboardRow } from '../scoring/scoreboard.ts';
import { type Cell, type Column, type Mark, missing, numberCell, type Scalar } from './document.ts';

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

type Find = (row: ScoreboardRow) => Measurement | undefined;

export type MeasurementColumnOptions = Pick<Column, 'heading' | 'dropOrder'> &
  Partial<Pick<BoardColumn, 'shortHeading' | 'keepsIntervals' | 'inPaper' | 'isForPeople'>> & {
    readonly id: MetricName | (string & {});
    /** Fixed decimals; about three significant digits by default. */
    readonly decimals?: number;
    /** Heading in files; the id in snake case by default. */
    readonly field?: string;
    /** Where the measurement is found; by default under its name. */
    readonly find?: Find;
  };

/** `timeToFirstTokenP50` as it is written in headings of files: `time_to_first_token_p50`. */
function snakeCase(id: string): string {
  return id.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
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
export function measurementColumn(options: MeasurementColumnOptions): BoardColumn {
  const {
    id,
    heading,
    shortHeading = heading,
    decimals,
    isForPeople = true,
    inPaper,
    keepsIntervals = false,
  } = options;
  const { dropOrder, field = snakeCase(id), find = ({ measurements }) => measurements[id as MetricName] } = options;
  return {
    id,
    heading,
    shortHeading,
    dropOrder,
    isForPeople,
    inPaper,
    keepsIntervals,
    align: 'right',
    isName: false,
    isInJson: true,
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
  };
}
