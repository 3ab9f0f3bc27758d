/**
 * Standard deviation of a sample (n - 1).
 *
 * @param values at least two
 * @throws {RangeError} if there are fewer
 */
export function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) throw new RangeError(`a standard deviation needs two values, got ${values.length}`);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}
