import type { Interval, Measurement } from '../core/measurement.ts';
import { normalQuantile } from '../stats/distributions.ts';
import { factorNames, type FactorName } from './factor.ts';
import { createRandom } from '../stats/random.ts';
import { createNormalSource } from '../stats/random-variates.ts';
import type { ReplicateValues } from './replicate-scores.ts';
import type { ScoreboardRow } from './scoreboard.ts';

export interface IntervalReplicates {
  readonly values: ReplicateValues;
  /** Models with a throughput or latency without an interval. */
  readonly withoutSpread: readonly string[];
}

/** One draw of a number from a standard normal one. */
type Draw = (normal: number) => number;

function numberOf(measurement: Measurement | undefined): { readonly value: number; readonly interval?: Interval } {
  return measurement === undefined || measurement.status === 'unavailable' ? { value: 0 } : measurement;
}

/** A normal distribution with another spread on each side, as the interval has; inside [0, 1]. */
function accuracyDraw({ value, interval }: ReturnType<typeof numberOf>): Draw {
  if (interval === undefined) return () => value;
  const z = normalQuantile((1 + interval.level) / 2);
  const [below, above] = [(value - interval.low) / z, (interval.high - value) / z];
  return (normal) => Math.min(1, Math.max(0, value + normal * Math.max(0, normal < 0 ? below : above)));
}

/** The same on the logarithm; the prior spread where there is no interval. */
function performanceDraw({ value, interval }: ReturnType<typeof numberOf>, prior: number): Draw {
  if (interval === undefined || !(interval.low > 0)) return (normal) => value * Math.exp(normal * prior);
  const z = normalQuantile((1 + interval.level) / 2);
  const [below, above] = [Math.log(value / interval.low) / z, Math.log(interval.high / value) / z];
  return (normal) => value * Math.exp(normal * Math.max(0, normal < 0 ? below : above));
}

/**
 * Replicates from the intervals of the numbers alone, each model and factor by itself: for tables, where the answers
 * behind them aren't at hand. Models that were asked the same items differ less than these draws say.
 *
 * @param priors spread of the logarithm where performance has no interval
 * @returns undefined where an accuracy has no interval: then nothing can be said
 */
export function drawFromIntervals(
  rows: readonly ScoreboardRow[],
  resamples: number,
  seed: number,
  priors: Readonly<Record<Exclude<FactorName, 'accuracy'>, number>>,
): IntervalReplicates | undefined {
  const at = (row: ScoreboardRow, factor: FactorName): ReturnType<typeof numberOf> =>
    numberOf(row.measurements[factor]);
  if (rows.some((row) => at(row, 'accuracy').interval === undefined)) return undefined;
  const normal = createNormalSource(createRandom(seed));
  const column = (factor: FactorName): Float64Array => {
    const draws = rows.map((row) =>
      factor === 'accuracy' ? accuracyDraw(at(row, factor)) : performanceDraw(at(row, factor), priors[factor]),
    );
    const values = new Float64Array(resamples * rows.length);
    for (let index = 0; index < values.length; index += 1) {
      values[index] = (draws[index % rows.length] as Draw)(normal());
    }
    return values;
  };
  const [accuracy, throughput, latency, memory] = factorNames.map(column) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  return {
    values: { accuracy, throughput, latency, memory },
    withoutSpread: rows
      .filter((row) => at(row, 'throughput').interval === undefined || at(row, 'latency').interval === undefined)
      .map(({ model }) => model),
  };
}
