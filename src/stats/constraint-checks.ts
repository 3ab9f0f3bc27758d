import type { Interval, Measurement, Unit } from '../core/measurement.ts';
import {
  constraintFacts,
  constraintNames,
  type ConstraintCheck,
  type ConstraintName,
  type Constraints,
  type LargestGate,
} from './decision.ts';
import type { ScoreboardRow } from './scoreboard.ts';

interface Known {
  readonly value: number;
  readonly interval: Interval | undefined;
  readonly unit: Unit;
}

function known(measurement: Measurement | undefined): Known | undefined {
  if (measurement === undefined || measurement.status === 'unavailable') return undefined;
  const { value, interval, unit } = measurement;
  return { value, interval, unit };
}

/** Price of 1,000 answers: measured, or from the throughput and the price of an hour. */
function priceOf({ measurements }: ScoreboardRow, pricePerHour: number | undefined): Known | undefined {
  const throughput = known(measurements.throughput);
  if (pricePerHour === undefined) return known(measurements.pricePerThousand);
  if (throughput === undefined || throughput.unit !== 'items/s' || !(throughput.value > 0)) return undefined;
  const price = (perSecond: number): number => (pricePerHour / 3600 / perSecond) * 1000;
  const { interval } = throughput;
  const turned =
    interval === undefined || !(interval.low > 0)
      ? undefined
      : { ...interval, low: price(interval.high), high: price(interval.low) };
  return { value: price(throughput.value), interval: turned, unit: 'price/1000 items' };
}

function valueFor(name: ConstraintName, row: ScoreboardRow, pricePerHour: number | undefined): Known | undefined {
  const { metric } = constraintFacts[name];
  return metric === 'price' ? priceOf(row, pricePerHour) : known(row.measurements[metric]);
}

function isWithin(value: number, limit: number, isUpper: boolean): boolean {
  return isUpper ? value <= limit : value >= limit;
}

/**
 * Checks the constraints on one model and task. The point decides, the interval says how sure that is; what wasn't
 * measured doesn't pass.
 */
export function checkConstraints(
  row: ScoreboardRow,
  taskId: string,
  constraints: Constraints,
  pricePerHour: number | undefined,
): readonly ConstraintCheck[] {
  return constraintNames.flatMap((constraint): ConstraintCheck[] => {
    const limit = constraints[constraint];
    if (limit === undefined) return [];
    const { isUpper } = constraintFacts[constraint];
    const found = row.state === 'done' ? valueFor(constraint, row, pricePerHour) : undefined;
    if (found === undefined) {
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

/** How far beyond its limits a model is, at the worst, relative to the limit; infinite where nothing was measured. */
export function worstMiss(checks: readonly ConstraintCheck[]): number {
  return Math.max(
    0,
    ...checks.map(({ value, limit, isPassed }) => {
      if (isPassed) return 0;
      if (value === undefined) return Number.POSITIVE_INFINITY;
      return limit === 0 ? Math.abs(value) : Math.abs(value - limit) / limit;
    }),
  );
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
      if (own.length === 0 || values.length < own.length || !others.every(({ isPassed }) => isPassed)) return [];
      const limit = isUpper ? Math.max(...values) : Math.min(...values);
      return [{ constraint, limit, unit: own[0]?.unit, model }];
    });
    const best = reachable.toSorted((left, right) => (isUpper ? left.limit - right.limit : right.limit - left.limit));
    return best.slice(0, 1);
  });
}
