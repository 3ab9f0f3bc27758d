import type { Measurement, Unit } from '../core/measurement.ts';
import type { Scoreboard, ScoreboardRow } from '../scoring/scoreboard.ts';
import type { Report } from './report.ts';
import { plainText, safeText } from './sanitise.ts';

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

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`).replaceAll(/[^a-z0-9_]+/gu, '_');
}

function labelsOf(row: ScoreboardRow, board: Scoreboard, bound?: 'low' | 'high'): string {
  const labels = { model: row.model, task: board.taskId, protocol: board.protocol, bound };
  return Object.entries(labels)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',');
}

function addPoint(families: Map<string, Family>, name: string, unit: string, help: string, point: string): void {
  const full = `perbench_${name}${unit === '' ? '' : `_${unit}`}`;
  const family = families.get(full) ?? { unit, help, points: [] };
  families.set(full, family);
  family.points.push(`${full}${point}`);
}

function addMeasurement(
  families: Map<string, Family>,
  name: string,
  measurement: Measurement,
  row: ScoreboardRow,
  board: Scoreboard,
): void {
  if (measurement.status === 'unavailable') return;
  const { value, unit, interval } = measurement;
  const base = baseUnits[unit];
  const metric = snakeCase(name);
  const help = name.replaceAll(/[A-Z]/gu, (letter) => ` ${letter.toLowerCase()}`);
  addPoint(families, metric, base.name, help, `{${labelsOf(row, board)}} ${number(value * base.multiplier)}`);
  if (interval === undefined) return;
  for (const bound of ['low', 'high'] as const) {
    const point = `{${labelsOf(row, board, bound)}} ${number(interval[bound] * base.multiplier)}`;
    addPoint(families, `${metric}_bound`, base.name, `${help}, ends of its interval`, point);
  }
}

function addRow(families: Map<string, Family>, row: ScoreboardRow, board: Scoreboard): void {
  const { extra = {}, ...own } = row.measurements;
  for (const [name, measurement] of Object.entries({ ...own, ...extra })) {
    addMeasurement(families, name, measurement, row, board);
  }
  const labels = `{${labelsOf(row, board)}}`;
  if (row.score !== undefined) {
    addPoint(
      families,
      'per',
      'ratio',
      'performance-efficiency ratio over these models',
      `${labels} ${number(row.score)}`,
    );
  }
  if (row.anchored !== undefined) {
    const help = 'performance-efficiency ratio against fixed anchors';
    addPoint(families, 'per_a', 'ratio', help, `${labels} ${number(row.anchored.score)}`);
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
 * The report as OpenMetrics text: gauges in base units, for Prometheus' file collector, and for GitLab, which shows the
 * changes in merge requests (`artifacts:reports:metrics`).
 */
export function openMetricsReport({ scoreboards }: Report): string {
  const families = new Map<string, Family>();
  for (const board of scoreboards) for (const row of board.rows) addRow(families, row, board);
  return `${[...families].map(familyLines).join('')}# EOF\n`;
}
