import type { CellMeasurements } from '../core/cell.ts';
import type { Measurement } from '../core/measurement.ts';
import {
  constraintFacts,
  constraintNames,
  type ConstraintCheck,
  type ConstraintName,
  type Constraints,
  type LargestGate,
} from './constraints.ts';
import { priceMeasurement } from './price-measurement.ts';
import type { ScoreboardRow } from './scoreboard.ts';

function measuredFor(
  name: ConstraintName,
  measurements: CellMeasurements,
  pricePerHour: number | undefined,
): Measurement | undefined {
  const { metric } = constraintFacts[name];
  return metric === 'pricePerThousand' && pricePerHour !== undefined
    ? priceMeasurement(measurements, pricePerHour)
    : measurements[metric];
}

function isWithin(value: number, limit: number, isUpper: boolean): boolean {
  return isUpper ? value <= limit : value >= limit;
}

/**
 * Checks the constraints on one model and task. The point decides, the interval says how sure that is; what wasn't
 * measured doesn't pass.
 *
 * @param pricePerHour of one device; prices that were measured need none
 */
export function checkConstraints(
  { state, measurements }: Pick<ScoreboardRow, 'state' | 'measurements'>,
  taskId: string,
  constraints: Constraints,
  pricePerHour: number | undefined,
): readonly ConstraintCheck[] {
  return constraintNames.flatMap((constraint): ConstraintCheck[] => {
    const limit = constraints[constraint];
    if (limit === undefined) return [];
    const { isUpper } = constraintFacts[constraint];
    const found = state === 'done' ? measuredFor(constraint, measurements, pricePerHour) : undefined;
    if (found === undefined || found.status === 'unavailable') {
      const missing = { value: undefined, interval: undefined, unit: undefined, isPassed: false, isSure: undefined };
      return [{ constraint, taskId, limit, ...missing }];
    }
    const { value, interval, unit } = found;
    const isPassed = isWithin(value, limit, isUpper);
    const isSure =
      interval === undefined
        ? undefined
        : isWithin(interval.low, limit, isUpper) === isPassed && isWithin(interval.high, limit, isUpper) === isPassed;
    return [{ constraint, taskId, limit, unit, value, interval, isPassed, isSure }];
  });
}

/** The checks that weren't passed. */
export function missedChecks(checks: readonly ConstraintCheck[]): readonly ConstraintCheck[] {
  return checks.filter(({ isPassed }) => !isPassed);
}

/**
 * How far beyond its limits a model is: fewer misses come first, then smaller ones relative to their limits; nothing
 * measured is as bad as one miss can be.
 */
export function missDistance(checks: readonly ConstraintCheck[]): number {
  return missedChecks(checks).reduce((sum, { value, limit }) => {
    const ratio = value === undefined ? Infinity : Math.abs(value - limit) / Math.max(Math.abs(limit), 1e-12);
    return sum + 2 - 1 / (1 + ratio);
  }, 0);
}

/** For each constraint the strictest limit that some model passes while all others hold. */
export function largestGates(
  models: readonly { readonly model: string; readonly checks: readonly ConstraintCheck[] }[],
): readonly LargestGate[] {
  return constraintNames.flatMap((constraint): LargestGate[] => {
    const { isUpper } = constraintFacts[constraint];
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
