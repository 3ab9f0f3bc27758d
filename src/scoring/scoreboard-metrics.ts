import type { Measurement, Unit, Warning } from '../core/measurement.ts';
import { factorLabels, factorNames, type FactorName } from './factor.ts';
import type { ModelMetrics } from './model-metrics.ts';
import type { ScoreFlag } from './score-flag.ts';
import { valueOf, type RowWarning, type ScoreboardCell, type ScoreboardTask } from './scoreboard.ts';

/** Numbers with one of these are wrong, not only doubtful: they touch no score. */
const disqualifying: ReadonlySet<Warning['reason']> = new Set(['errors', 'unsupported', 'estimated', 'cache_hits']);

/** These cast doubt on a number: it is scored, with a mark. */
const doubtful: ReadonlySet<Warning['reason']> = new Set([
  'client_bound',
  'short_window',
  'unsaturated',
  'throttled',
  'host_busy',
  'foreign_process',
  'truncated',
  'unparsed',
]);

/** Whether a warning says that the number itself can't be trusted. */
export function isDoubtfulReason(reason: Warning['reason']): boolean {
  return disqualifying.has(reason) || doubtful.has(reason);
}

/** Whether a measurement carries a reason not to trust it. */
export function isDoubtful(measurement: Measurement | undefined): boolean {
  return warningAgainst(measurement) !== undefined;
}

/** Units in which a protocol measures throughput and latency. */
export function expectedUnits(cell: ScoreboardCell, task: ScoreboardTask): Partial<Record<FactorName, Unit>> {
  if (cell.protocol === 'serving') return { throughput: 'items/s', latency: 'ms' };
  if (cell.protocol !== 'paper' || task.category === undefined) return {};
  return task.category === 'generation'
    ? { throughput: 'tokens/s', latency: 'ms/token' }
    : { throughput: 'items/s', latency: 'ms/item' };
}

/** Every warning of a cell's measurements, with where it belongs. */
export function rowWarnings(cell: ScoreboardCell): RowWarning[] {
  const { extra = {}, ...own } = cell.measurements;
  return Object.entries({ ...own, ...extra }).flatMap(([metric, measurement]) =>
    measurement.status === 'unavailable' ? [] : measurement.warnings.map((warning) => ({ metric, ...warning })),
  );
}

export interface ScorableCell {
  readonly metrics: ModelMetrics;
  readonly flags: readonly ScoreFlag[];
}

function failureOf(cell: ScoreboardCell): string | undefined {
  switch (cell.state) {
    case 'done':
      return undefined;
    case 'failed':
    case 'unavailable':
      return cell.error?.message ?? cell.state;
    case 'pending':
    case 'running':
      return 'not finished';
    default:
      return cell.state satisfies never;
  }
}

/**
 * The four numbers of a cell that may enter a score, and what speaks against them.
 *
 * @param units in which each factor must be
 */
export function scorableCell(
  cell: ScoreboardCell,
  units: Readonly<Partial<Record<FactorName, Unit | undefined>>>,
  isStrict: boolean,
): ScorableCell {
  const failure = failureOf(cell);
  if (failure !== undefined) return { metrics: { model: cell.model, failure }, flags: [] };
  const flags: ScoreFlag[] = [];
  const missing: Partial<Record<FactorName, string>> = {};
  const values: Partial<Record<FactorName, number>> = {};
  for (const factor of factorNames) {
    const measurement = cell.measurements[factor];
    if (measurement?.status === 'unavailable') missing[factor] = measurement.detail || measurement.reason;
    const value = valueOf(measurement);
    if (value === undefined || measurement === undefined || measurement.status === 'unavailable') continue;
    const against = flagAgainst(measurement, factor, units[factor], isStrict);
    if (against === undefined || against.code === 'doubtful') values[factor] = value;
    if (against !== undefined) flags.push(against);
  }
  const excluding = flags.find(({ code }) => code !== 'doubtful');
  if (excluding === undefined) return { metrics: { model: cell.model, ...values, missing }, flags };
  return { metrics: { model: cell.model, failure: excluding.text }, flags };
}

function flagAgainst(
  measurement: Exclude<Measurement, { status: 'unavailable' }>,
  factor: FactorName,
  unit: Unit | undefined,
  isStrict: boolean,
): ScoreFlag | undefined {
  const label = factorLabels[factor];
  if (unit !== undefined && measurement.unit !== unit) {
    return { code: 'unit', factor, text: `${label} is in ${measurement.unit}, the others are in ${unit}` };
  }
  const warning = warningAgainst(measurement);
  if (warning === undefined) return undefined;
  const code = isStrict || disqualifying.has(warning.reason) ? 'invalid' : 'doubtful';
  return { code, factor, text: `${label} is ${code}: ${warning.detail}` };
}

/** The first warning that makes a number invalid, else the first that makes it doubtful. */
export function warningAgainst(measurement: Measurement | undefined): Warning | undefined {
  if (measurement === undefined || measurement.status === 'unavailable') return undefined;
  const { warnings } = measurement;
  return (
    warnings.find(({ reason }) => disqualifying.has(reason)) ?? warnings.find(({ reason }) => doubtful.has(reason))
  );
}
