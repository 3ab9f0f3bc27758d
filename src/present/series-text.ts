import type { Unit } from '../core/measurement.ts';
import { type Document, type Point, separatedName, type Series } from './document.ts';
import { plainText, safeText, jsonText } from './sanitise.ts';

interface BaseUnit {
  /** End of the metric's name and its UNIT line. */
  readonly name: string;
  readonly multiplier: number;
}

/** OpenMetrics asks for base units: seconds and bytes. */
const baseUnits: Readonly<Record<Unit, BaseUnit>> = {
  ratio: { name: 'ratio', multiplier: 1 },
  'items/s': { name: 'items_per_second', multiplier: 1 },
  'tokens/s': { name: 'tokens_per_second', multiplier: 1 },
  ms: { name: 'seconds', multiplier: 0.001 },
  'ms/token': { name: 'seconds_per_token', multiplier: 0.001 },
  'ms/item': { name: 'seconds_per_item', multiplier: 0.001 },
  bytes: { name: 'bytes', multiplier: 1 },
  count: { name: '', multiplier: 1 },
  'J/item': { name: 'joules_per_item', multiplier: 1 },
  'price/1000 items': { name: 'price_per_1000_items', multiplier: 1 },
};

interface Family {
  readonly unit: string;
  readonly help: string;
  readonly points: string[];
}

function escapeLabel(value: string): string {
  return safeText(value)
    .replaceAll('\t', ' ')
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);
}

/** Six digits: what compares such files as texts sees no change where there is none. */
function number(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function labelsOf({ model, task, protocol }: Series, bound?: 'low' | 'high'): string {
  return Object.entries({ model, task, protocol, bound })
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',');
}

function addPoint(families: Map<string, Family>, point: Point, series: Series): void {
  const { name, help, value, unit, interval } = point;
  const base = baseUnits[unit];
  const add = (metric: string, helpText: string, labels: string, shown: number): void => {
    const full = `perbench_${metric}${base.name === '' ? '' : `_${base.name}`}`;
    const family = families.get(full) ?? { unit: base.name, help: helpText, points: [] };
    families.set(full, family);
    family.points.push(`${full}{${labels}} ${number(shown * base.multiplier)}`);
  };
  const metric = separatedName(name, '_');
  add(metric, help, labelsOf(series), value);
  if (interval === undefined) return;
  for (const bound of ['low', 'high'] as const) {
    add(`${metric}_bound`, `${help}, ends of its interval`, labelsOf(series, bound), interval[bound]);
  }
}

function familyLines([name, { unit, help, points }]: readonly [string, Family]): string {
  const escaped = plainText(help).replaceAll('\\', String.raw`\\`);
  const lines = [
    `# TYPE ${name} gauge`,
    ...(unit === '' ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${escaped}`,
    ...points,
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/**
 * The numbers of a document as OpenMetrics text: gauges in base units, for Prometheus' file collector, and for GitLab,
 * which shows the changes in merge requests (`artifacts:reports:metrics`).
 */
export function openMetricsText({ series }: Document): string {
  const families = new Map<string, Family>();
  for (const own of series) for (const point of own.points) addPoint(families, point, own);
  return `${[...families].map(familyLines).join('')}# EOF\n`;
}

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
