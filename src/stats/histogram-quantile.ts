/** Counts of values up to rising edges: each includes those before it. */
export type CumulativeBuckets = readonly { readonly upTo: number; readonly count: number }[];

/** A quantile as far as buckets tell it: it lies between both ends. */
export interface BoundedQuantile {
  /** Between the ends of its bucket by straight line; in a bucket without an end, the edge where that begins. */
  readonly value: number;
  readonly low: number;
  /** Undefined: in the bucket without an end. */
  readonly high: number | undefined;
}

/**
 * The quantile of values that were only counted in buckets, as Prometheus' `histogram_quantile` interpolates it
 * (https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile), with the ends of its bucket.
 *
 * @param buckets without the infinite one
 * @param count of all values
 * @returns undefined where there are no values, or no buckets
 */
export function histogramQuantile(buckets: CumulativeBuckets, count: number, p: number): BoundedQuantile | undefined {
  const rank = p * count;
  let [low, below] = [0, 0];
  for (const { upTo, count: upToCount } of buckets) {
    if (upToCount >= rank && upToCount > 0) {
      // All values of a first bucket that ends at 0 or before it are taken to lie at its end.
      if (upTo <= low) return { value: upTo, low: upTo, high: upTo };
      return { value: low + ((upTo - low) * (rank - below)) / (upToCount - below), low, high: upTo };
    }
    [low, below] = [upTo, Math.max(below, upToCount)];
  }
  return count > 0 && buckets.length > 0 ? { value: low, low, high: undefined } : undefined;
}
