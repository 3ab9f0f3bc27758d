import type { Measurement, Unit } from '../core/measurement.ts';
import type { ScoreboardRow } from '../scoring/scoreboard.ts';
import type { Report } from './report.ts';
import { jsonText, plainText } from './sanitise.ts';

interface BencherValue {
  readonly value: number;
  readonly lower_value?: number;
  readonly upper_value?: number;
}

/** `ms/token` as part of a name that Bencher takes: `ms-per-token`. */
const unitSlugs: Readonly<Record<Unit, string>> = {
  ratio: 'ratio',
  'items/s': 'items-per-s',
  'tokens/s': 'tokens-per-s',
  ms: 'ms',
  'ms/token': 'ms-per-token',
  'ms/item': 'ms-per-item',
  bytes: 'bytes',
  count: 'count',
  'J/item': 'j-per-item',
  'price/1000 items': 'price-per-1000-items',
};

/** `timeToFirstTokenP50` as `time-to-first-token-p50`. */
function kebabCase(name: string): string {
  return name.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`).replaceAll(/[^a-z0-9-]+/gu, '-');
}

function measureOf(name: string, measurement: Measurement): readonly (readonly [string, BencherValue])[] {
  if (measurement.status === 'unavailable') return [];
  const { value, unit, interval } = measurement;
  const slug = unit === 'ratio' || unit === 'count' ? kebabCase(name) : `${kebabCase(name)}-${unitSlugs[unit]}`;
  const bounds = interval !== undefined && { lower_value: interval.low, upper_value: interval.high };
  return [[slug, { value, ...bounds }]];
}

/** Scores as well: PER compares the models of one run, PER-A can be tracked over time. */
function measuresOf({ score, anchored, measurements }: ScoreboardRow): Readonly<Record<string, BencherValue>> {
  const { extra = {}, ...own } = measurements;
  const all = Object.entries({ ...own, ...extra }).flatMap(([name, measurement]) => measureOf(name, measurement));
  return {
    ...Object.fromEntries(all),
    ...(score !== undefined && { per: { value: score } }),
    ...(anchored !== undefined && { 'per-a': { value: anchored.score } }),
  };
}

/**
 * The report in Bencher Metric Format: a benchmark for each model and task, with a measure for each measurement, its
 * unit in its name (Bencher's own `latency` is in nanoseconds), and intervals as bounds.
 */
export function bencherReport({ scoreboards }: Report): string {
  const benchmarks = scoreboards.flatMap((board) =>
    board.rows.flatMap((row) => {
      const measures = measuresOf(row);
      if (Object.keys(measures).length === 0) return [];
      const name = [board.taskId, board.protocol, row.model].filter((part) => part !== undefined).join(' ');
      return [[plainText(name).slice(0, 1024), measures] as const];
    }),
  );
  return `${jsonText(Object.fromEntries(benchmarks), 2)}\n`;
}
