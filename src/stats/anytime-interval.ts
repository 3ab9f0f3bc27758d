import type { Interval } from '../core/measurement.ts';
import { createBettingTest } from './betting-test.ts';

const gridSteps = 1000;

/** Whether "the mean is at most `mean`" is refuted at some point of the sequence. */
function isRefuted(values: readonly number[], mean: number, threshold: number, populationSize?: number): boolean {
  const test = createBettingTest({ mean, populationSize });
  for (const value of values) {
    test.observe(value);
    if (test.state.logEvidence >= threshold) return true;
  }
  return false;
}

/** The last grid point, going up, that is refuted as an upper limit of the mean. */
function lowerLimit(values: readonly number[], threshold: number, populationSize?: number): number {
  for (let step = 1; step <= gridSteps; step += 1) {
    if (!isRefuted(values, step / gridSteps, threshold, populationSize)) return (step - 1) / gridSteps;
  }
  return 1;
}

/**
 * Interval for the mean of values in [0, 1] that holds at every look at once: the means that two betting tests at half
 * the error don't refute, on a grid of 1/1000. Fit for small samples and for samples that were stopped early.
 *
 * @param values in [0, 1], in an order drawn beforehand
 * @param options `populationSize`: the claim is about the mean over exactly so many items
 * @throws {RangeError} if a value is out of range
 */
export function anytimeInterval(
  values: readonly number[],
  options: { readonly level?: number; readonly populationSize?: number } = {},
): Interval {
  const { level = 0.95, populationSize } = options;
  const threshold = Math.log(2 / (1 - level));
  const low = lowerLimit(values, threshold, populationSize);
  const mirrored = lowerLimit(
    values.map((value) => 1 - value),
    threshold,
    populationSize,
  );
  const high = Math.round((1 - mirrored) * gridSteps) / gridSteps;
  return { low, high, level, method: populationSize === undefined ? 'anytime' : `anytime, of ${populationSize} items` };
}
