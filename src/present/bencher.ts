import type { Unit } from '../core/measurement.ts';
import type { Document, Point } from './document.ts';
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

function measureOf({ name, value, unit, interval }: Point): readonly [string, BencherValue] {
  const slug = unit === 'ratio' || unit === 'count' ? kebabCase(name) : `${kebabCase(name)}-${unitSlugs[unit]}`;
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
