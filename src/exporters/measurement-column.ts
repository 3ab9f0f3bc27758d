import type { Measurement, MetricName, Unit } from '../core/measurement.ts';
import { isDoubtful } from '../scoring/scoreboard-metrics.ts';
import type { Scoreboard, ScoreboardRow } from '../scoring/scoreboard.ts';
import type { Column, Mark } from './column.ts';
import { decimalsFor, humanInterval, humanScale, type HumanScale } from '../core/amount-text.ts';
import type { ReportFormat } from './report.ts';

type Find = (row: ScoreboardRow) => Measurement | undefined;

export interface MeasurementColumnOptions {
  readonly id: MetricName | (string & {});
  readonly heading: string;
  readonly shortHeading: string;
  readonly dropOrder: number;
  readonly formats?: readonly ReportFormat[];
  /** Fixed decimals; about three significant digits by default. */
  readonly decimals?: number;
  /** Heading in files; the id in snake case by default. */
  readonly field?: string;
  /** Where the measurement is found; by default under its name. */
  readonly find?: Find;
}

/** `timeToFirstTokenP50` as it is written in headings of files: `time_to_first_token_p50`. */
function snakeCase(id: string): string {
  return id.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
}

function scaleOf(board: Scoreboard, find: Find): HumanScale {
  const found = board.rows.map(find).filter((measurement) => measurement !== undefined);
  const numbers = found.filter((measurement) => measurement.status !== 'unavailable');
  const unit: Unit = numbers[0]?.unit ?? 'count';
  return humanScale(
    unit,
    numbers.map(({ value }) => value),
  );
}

function markOf(measurement: Measurement | undefined): Mark {
  if (measurement === undefined || measurement.status === 'unavailable') return '';
  if (isDoubtful(measurement)) return '!';
  return measurement.warnings.length > 0 ? '~' : '';
}

function unitSuffix(name: string): string {
  if (/^((load_)?latency|time)_/u.test(name)) return '_ms';
  if (name.startsWith('energy_')) return '_joules';
  return name.startsWith('memory_') ? '_bytes' : '';
}

/** Fields of one measurement in CSV: the unit is part of the heading where it is always the same. */
function fieldsOf(name: string, measurement: Measurement | undefined): Record<string, string | number | undefined> {
  const known = measurement === undefined || measurement.status === 'unavailable' ? undefined : measurement;
  const bounds = {
    [`${name}_low`]: known?.interval?.low,
    [`${name}_high`]: known?.interval?.high,
  };
  switch (name) {
    case 'accuracy':
      return { accuracy: known?.value, ...bounds, accuracy_n: known?.n };
    case 'throughput':
    case 'latency':
      return { [name]: known?.value, [`${name}_unit`]: known?.unit, ...bounds };
    case 'memory':
      return { memory_bytes: known?.value, memory_low: known?.interval?.low, memory_high: known?.interval?.high };
    default:
      return { [`${name}${unitSuffix(name)}`]: known?.value };
  }
}

/** A column of measurements: value with half its interval for people, everything for files. */
export function measurementColumn(options: MeasurementColumnOptions): Column {
  const { id, heading, shortHeading, dropOrder, decimals, formats = ['terminal', 'markdown', 'csv', 'json'] } = options;
  const find: Find = options.find ?? (({ measurements }) => measurements[id as MetricName]);
  return {
    id,
    heading,
    shortHeading,
    formats,
    align: 'right',
    dropOrder,
    unit: (board) => scaleOf(board, find).label,
    render(row, board, isCompact) {
      const measurement = find(row);
      if (measurement === undefined) return '';
      if (measurement.status === 'unavailable') return '–';
      const { divisor } = scaleOf(board, find);
      const value = measurement.value / divisor;
      const { interval } = measurement;
      const half = interval === undefined || isCompact ? undefined : (interval.high - interval.low) / 2 / divisor;
      return humanInterval(value, half, decimals ?? decimalsFor(value));
    },
    mark: (row) => markOf(find(row)),
    raw: find,
    fields: (row) => fieldsOf(options.field ?? snakeCase(id), find(row)),
  };
}
