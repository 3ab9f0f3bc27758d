/** Mean of at least one value. */
export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += values[index] as number;
  return sum / values.length;
}

/**
 * Standard deviation of a sample (n - 1).
 *
 * @param values at least two
 * @throws {RangeError} if there are fewer
 */
export function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) throw new RangeError(`a standard deviation needs two values, got ${values.length}`);
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

/** Median: of an even number of values the mean of the two in the middle. NaN without values. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/**
 * Weighted geometric mean; 0 as soon as one value with a weight is 0.
 *
 * @param values at least 0, as many as weights
 * @param weights at least 0, with a sum of 1 within 1e-9; equal where left out
 * @throws {RangeError} if a value or weight is out of range
 */
export function geometricMean(values: readonly number[], weights?: readonly number[]): number {
  if (values.length === 0) throw new RangeError('a geometric mean needs at least one value');
  if (weights !== undefined) checkWeights(weights, values.length);
  let logSum = 0;
  for (const [index, value] of values.entries()) {
    if (!(value >= 0)) throw new RangeError(`a geometric mean needs values of at least 0, got ${value}`);
    const weight = weights === undefined ? 1 / values.length : (weights[index] as number);
    if (weight > 0) logSum += weight * Math.log(value);
  }
  return Math.exp(logSum);
}

/**
 * Checks the weights of a score.
 *
 * @throws {RangeError} if there are too few or many, one is negative, or they don't add up to 1
 */
export function checkWeights(weights: readonly number[], count: number): void {
  if (weights.length !== count) throw new RangeError(`${count} values need ${count} weights, got ${weights.length}`);
  const bad = weights.find((weight) => !(weight >= 0 && Number.isFinite(weight)));
  if (bad !== undefined) throw new RangeError(`a weight must be at least 0, got ${bad}`);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (Math.abs(sum - 1) > 1e-9) throw new RangeError(`weights must add up to 1, got ${sum}`);
}
