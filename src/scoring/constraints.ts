import { decimalsFor, humanScale } from '../core/amount-text.ts';
import type { CellMeasurements, CellState } from '../core/cell.ts';
import {
  constraintNames,
  formatLimit,
  isUpperLimit,
  keepsBound,
  limitKind,
  limitLabel,
  limitList,
  type LimitName,
  type Limits,
} from '../core/limits.ts';
import type { Interval, Measurement, Unit } from '../core/measurement.ts';
import { unknownSpread } from '../stats/launch-interval.ts';
import { priceMeasurement } from './efficiency.ts';
import { limitedMeasurement } from './limited-measurement.ts';

type NumberMeasurement = Exclude<Measurement, { status: 'unavailable' }>;

/** One limit on one model and task. */
export interface ConstraintCheck {
  readonly constraint: LimitName;
  readonly taskId: string;
  readonly limit: number;
  readonly unit: Unit | undefined;
  /** Undefined where it wasn't measured, which doesn't pass. */
  readonly value: number | undefined;
  readonly interval: Interval | undefined;
  readonly isPassed: boolean;
  /**
   * The whole interval is on the same side. Without one that covers launches: the value is farther from the limit than
   * launches may differ, else undefined.
   */
  readonly isSure: boolean | undefined;
  /** Why it may be on the other side, as a phrase; undefined where it is sure, or nothing was measured. */
  readonly doubt: string | undefined;
}

/** One limit loosened: how far it must go until a model passes. */
export interface LargestGate {
  readonly constraint: LimitName;
  /** The strictest limit that a model passes together with the other constraints. */
  readonly limit: number;
  readonly unit: Unit | undefined;
  readonly model: string;
}

/** Whether anything is demanded. */
export function hasConstraints(constraints: Limits | undefined): constraints is Limits {
  return constraints !== undefined && limitList(constraints, []).length > 0;
}

function measuredFor(
  name: LimitName,
  measurements: CellMeasurements,
  pricePerHour: number | undefined,
): Measurement | undefined {
  const { metric } = limitKind(name);
  if (metric === 'pricePerThousand' && pricePerHour !== undefined) return priceMeasurement(measurements, pricePerHour);
  return metric && measurements[metric];
}

/** Adds twice the spread between launches where it isn't known; accuracy can be anything. */
function assumedRange({ low, high }: Pick<Interval, 'low' | 'high'>, unit: Unit): Pick<Interval, 'low' | 'high'> {
  if (unit === 'ratio') return { low: 0, high: 1 };
  const factor = Math.exp(2 * (unit === 'bytes' ? unknownSpread.memory : unknownSpread.throughput));
  return { low: low / factor, high: high * factor };
}

const isFromOneLaunch = ({ warnings }: NumberMeasurement): boolean =>
  warnings.some(({ reason }) => reason === 'one_launch');

function doubtOf(found: NumberMeasurement, interval: Interval | undefined): string {
  const isSingle = isFromOneLaunch(found);
  if (interval !== undefined && !isSingle) return 'its interval includes the limit';
  return `it ${isSingle ? 'was measured in one launch' : 'has no interval'}, so it may be on either side`;
}

/** What a limit on a measured number goes by. */
function limitInterval(
  name: LimitName,
  found: NumberMeasurement,
  measurements: CellMeasurements,
): Interval | undefined {
  if (limitKind(name).metric !== 'latency') return found.interval;
  const limited = limitedMeasurement('latency', measurements);
  return limited?.status === 'unavailable' ? undefined : (limited?.interval ?? found.interval);
}

/**
 * Checks limits on one model and task. The point decides, the interval says how sure that is; what wasn't measured
 * doesn't pass.
 *
 * @param pricePerHour of one device; prices that were measured need none
 */
export function checkConstraints(
  { state, measurements }: { readonly state: CellState; readonly measurements: CellMeasurements },
  taskId: string,
  constraints: Limits,
  pricePerHour: number | undefined,
): readonly ConstraintCheck[] {
  return limitList(constraints, constraintNames).map(({ name, bound }): ConstraintCheck => {
    const limited = { constraint: name, taskId, limit: bound };
    const found = state === 'done' ? measuredFor(name, measurements, pricePerHour) : undefined;
    if (found === undefined || found.status === 'unavailable') {
      const missing = { value: undefined, interval: undefined, unit: undefined, isPassed: false, isSure: undefined };
      return { ...limited, ...missing, doubt: undefined };
    }
    const { value, unit } = found;
    const interval = limitInterval(name, found, measurements);
    const keeps = (number: number): boolean => keepsBound(number, bound, isUpperLimit(name));
    const isPassed = keeps(value);
    // Of a percentile from one launch the interval is that of items alone.
    const hasLaunches = interval !== undefined && !isFromOneLaunch(found);
    const { low, high } = hasLaunches ? interval : assumedRange(interval ?? { low: value, high: value }, unit);
    const isWhole = keeps(low) === isPassed && keeps(high) === isPassed;
    const isSure = isWhole || (hasLaunches ? false : undefined);
    return {
      ...limited,
      unit,
      value,
      interval,
      isPassed,
      isSure,
      doubt: isWhole ? undefined : doubtOf(found, interval),
    };
  });
}

/** The checks that weren't passed. */
export function missedChecks(checks: readonly ConstraintCheck[]): readonly ConstraintCheck[] {
  return checks.filter(({ isPassed }) => !isPassed);
}

/** The limits that are missed, such as `accuracy 0.505 is below 0.550`; empty where all are met. */
export function missedText(checks: readonly ConstraintCheck[]): string {
  return missedChecks(checks)
    .map((check) => checkText(check))
    .join(', ');
}

/** For each constraint the strictest limit that some model passes while all others hold. */
export function largestGates(
  models: readonly { readonly model: string; readonly checks: readonly ConstraintCheck[] }[],
): readonly LargestGate[] {
  const asked = new Set(models.flatMap(({ checks }) => checks.map(({ constraint }) => constraint)));
  return [...asked].flatMap((constraint): LargestGate[] => {
    const isUpper = isUpperLimit(constraint);
    const reachable = models.flatMap(({ model, checks }): LargestGate[] => {
      const own = checks.filter((check) => check.constraint === constraint);
      const others = checks.filter((check) => check.constraint !== constraint);
      const values = own.map(({ value }) => value).filter((value) => value !== undefined);
      if (own.length === 0 || values.length < own.length || missedChecks(others).length > 0) return [];
      const limit = isUpper ? Math.max(...values) : Math.min(...values);
      return [{ constraint, limit, unit: own[0]?.unit, model }];
    });
    const best = reachable.toSorted((left, right) => (isUpper ? left.limit - right.limit : right.limit - left.limit));
    return best.slice(0, 1);
  });
}

/** A value rounded as people read it, in a unit of its size. */
function shown(value: number, unit: Unit | undefined, rounding: (value: number) => number) {
  const hasUnit = unit !== undefined && unit !== 'price/1000 items';
  const { divisor, label } = hasUnit ? humanScale(unit, [value]) : { divisor: 1, label: '' };
  const decimals = unit === 'ratio' ? 3 : decimalsFor(value / divisor);
  const step = 10 ** decimals;
  const rounded = rounding(Number(((value / divisor) * step).toPrecision(12))) / step;
  const number = unit === 'ratio' ? rounded.toFixed(decimals) : String(rounded);
  return { text: label === '' ? number : `${number} ${label}`, value: rounded * divisor };
}

/** `b at accuracy >= 0.7`, rounded so that b passes what is printed. */
export function gateText({ model, constraint, limit, unit }: LargestGate): string {
  const { value: bound } = shown(limit, unit, isUpperLimit(constraint) ? Math.ceil : Math.floor);
  return `${model} at ${formatLimit({ name: constraint, bound })}`;
}

/** `accuracy 0.699 is below 0.700, but its interval includes the limit`. */
export function checkText({ constraint, limit, unit, value, isPassed, doubt }: ConstraintCheck, where = ''): string {
  const label = limitLabel(constraint);
  if (value === undefined) return `${label} not measured${where}`;
  const [kept, missed] = isUpperLimit(constraint) ? ['at most', 'above'] : ['at least', 'below'];
  const [own, bound] = [value, limit].map((number) => shown(number, unit, Math.round).text);
  return `${label} ${own}${where} is ${isPassed ? kept : missed} ${bound}${doubt === undefined ? '' : `, but ${doubt}`}`;
}
