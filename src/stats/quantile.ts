/**
 * Quantile of a sample by linear interpolation (type 7 of Hyndman and Fan, the default of R and NumPy).
 *
 * @param sorted ascending, not empty
 * @param p in [0, 1]
 * @throws {RangeError} if there is nothing to take a quantile of, or `p` is out of range
 */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  if (sorted.length === 0) throw new RangeError('a quantile needs at least one value');
  if (!(p >= 0 && p <= 1)) throw new RangeError(`a quantile needs p in [0, 1], got ${p}`);
  const position = (sorted.length - 1) * p;
  const index = Math.floor(position);
  const low = sorted[index] as number;
  const high = sorted[index + 1] ?? low;
  return low + (position - index) * (high - low);
}

/**
 * Quantile that is one of the values: the smallest x with at least a share `p` of the sample at or below it.
 *
 * @param sorted ascending, not empty
 * @param p in [0, 1]
 * @throws {RangeError} if the sample is empty or `p` is out of range
 */
export function inverseCdfQuantile(sorted: ArrayLike<number>, p: number): number {
  if (sorted.length === 0) throw new RangeError('a quantile needs at least one value');
  if (!(p >= 0 && p <= 1)) throw new RangeError(`a quantile needs p in [0, 1], got ${p}`);
  // Products such as 0.07 * 100 land a hair above the whole number that is meant.
  const index = Math.ceil(sorted.length * p - 1e-9) - 1;
  return sorted[Math.max(0, index)] as number;
}
