import type { Interval } from '../core/measurement.ts';
import type { Difference } from './answer.ts';
import { tQuantile } from '../stats/distributions.ts';
import { warningAgainst } from './create-scoreboards.ts';
import { factorNames, isLessBetter, type FactorName, type PerformanceName } from './factor.ts';
import { valueOf } from './scoreboard.ts';
import type { Part, Standing } from './standing.ts';

/** Interval of the difference of two accuracies: paired where both answered the same items, else from their own. */
export function pairedAccuracy(
  { board, row, values }: Part,
  other: Part,
): { readonly low: number; readonly high: number } | undefined {
  const pair = board.pairs?.find(
    ({ first, second }) =>
      (first === row.model && second === other.row.model) || (first === other.row.model && second === row.model),
  );
  if (pair !== undefined) {
    return pair.first === row.model ? { low: pair.low, high: pair.high } : { low: -pair.high, high: -pair.low };
  }
  const [own, others] = [row, other.row].map(({ measurements: { accuracy } }) =>
    accuracy === undefined || accuracy.status === 'unavailable' ? undefined : accuracy.interval,
  );
  if (own === undefined || others === undefined) return undefined;
  const difference = values.accuracy - other.values.accuracy;
  return {
    low: difference - Math.hypot(values.accuracy - own.low, others.high - other.values.accuracy),
    high: difference + Math.hypot(own.high - values.accuracy, other.values.accuracy - others.low),
  };
}

function hasDoubt(own: Part, other: Part, factor: FactorName): boolean {
  return [own, other].some(({ row }) => warningAgainst(row.measurements[factor]) !== undefined);
}

/** Differences of speed and memory below this share aren't worth a word. */
const negligible = 0.05;

function accuracyDifference(own: Part, other: Part): Difference | undefined {
  const change = own.values.accuracy - other.values.accuracy;
  const found = pairedAccuracy(own, other);
  const interval: Interval | undefined = found && { ...found, level: 0.95, method: 'paired' };
  const isSignificant = interval !== undefined && (interval.low > 0 || interval.high < 0);
  return {
    factor: 'accuracy',
    change,
    interval,
    isBetter: change >= 0,
    isSignificant,
    isDoubtful: hasDoubt(own, other, 'accuracy'),
  };
}

function ratio(own: Part, other: Part, factor: PerformanceName): Difference | undefined {
  const [value, against] = [own, other].map(({ row }) => valueOf(row.measurements[factor]));
  if (value === undefined || against === undefined || !(value > 0) || !(against > 0)) return undefined;
  const change = value / against;
  const log = Math.abs(Math.log(change));
  if (log < negligible) return undefined;
  const facts = [own, other].flatMap(({ row: { launches } }) => launches ?? []);
  const error = Math.hypot(...facts.map((each) => each.error));
  const degrees = facts.length < 2 ? 0 : Math.min(...facts.map((each) => each.degrees));
  const isSignificant = degrees > 0 && log > tQuantile(0.975, degrees) * error;
  return {
    factor,
    change,
    interval: undefined,
    isBetter: change < 1 === isLessBetter[factor],
    isSignificant,
    isDoubtful: hasDoubt(own, other, factor),
  };
}

/** How the first of two models compares with the second, factor by factor; of one task alone. */
export function differencesOf(first: Standing, second: Standing): readonly Difference[] {
  const [own, ...further] = first.parts;
  const [other] = second.parts;
  if (own === undefined || other === undefined || further.length > 0) return [];
  return factorNames
    .map((factor) => (factor === 'accuracy' ? accuracyDifference(own, other) : ratio(own, other, factor)))
    .filter((difference) => difference !== undefined);
}
