import { type Document, type Point, separatedName } from './document.ts';
import { jsonText, plainText } from './sanitise.ts';

interface BencherValue {
  readonly value: number;
  readonly lower_value?: number;
  readonly upper_value?: number;
}

function measureOf({ name, value, unit, interval }: Point): readonly [string, BencherValue] {
  // `ms/token` as part of a name that Bencher takes: `ms-per-token`.
  const suffix =
    unit === 'ratio' || unit === 'count' ? '' : `-${unit.replace('/', '-per-').replace(' ', '-').toLowerCase()}`;
  const slug = separatedName(name, '-') + suffix;
  const bounds = interval !== undefined && { lower_value: interval.low, upper_value: interval.high };
  return [slug, { value, ...bounds }];
}

/**
 * The numbers of a document in Bencher Metric Format: a benchmark for each model and task, with a measure for each
 * number, its unit in its name (Bencher's own `latency` is in nanoseconds), and intervals as bounds. Scores as well: PER
 * compares the models of one run, PER-A can be tracked over time.
 */
export function bencherText({ series }: Document): string {
  const benchmarks = series
    .filter(({ points }) => points.length > 0)
    .map(({ task, protocol, model, points }) => {
      const name = [task, protocol, model].filter((part) => part !== undefined).join(' ');
      return [plainText(name).slice(0, 1024), Object.fromEntries(points.map(measureOf))] as const;
    });
  return `${jsonText(Object.fromEntries(benchmarks), 2)}\n`;
}
