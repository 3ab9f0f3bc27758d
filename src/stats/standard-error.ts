import { meanOf } from './standard-deviation.ts';

function checkCount(name: string, n: number): void {
  if (n < 2) throw new RangeError(`${name} needs at least 2 values, got ${n}`);
}

/**
 * Standard error of the mean of independent values.
 *
 * @throws {RangeError} below 2 values
 */
export function standardError(values: readonly number[]): number {
  checkCount('a standard error', values.length);
  const centre = meanOf(values);
  let squares = 0;
  for (const value of values) squares += (value - centre) ** 2;
  return Math.sqrt(squares / (values.length * (values.length - 1)));
}

export interface ClusteredError {
  /** With the small-sample factor sqrt(G / (G - 1)). */
  readonly standardError: number;
  readonly clusters: number;
  /** Squared ratio to the error of independent values; below 1 where clusters balance themselves out. */
  readonly designEffect: number;
}

/**
 * Standard error of the mean of values that depend on each other within clusters, such as questions on one paragraph.
 *
 * Source: Miller, arXiv 2411.00640; docs/scores.md, "Accuracy".
 *
 * @param clusters as many labels as values
 * @throws {RangeError} below 2 clusters, or if the lengths differ
 */
export function clusteredStandardError(
  values: readonly number[],
  clusters: readonly (string | number)[],
): ClusteredError {
  if (values.length !== clusters.length) {
    throw new RangeError(`${values.length} values need as many cluster labels, got ${clusters.length}`);
  }
  const centre = meanOf(values);
  const sums = new Map<string | number, number>();
  for (const [index, value] of values.entries()) {
    const cluster = clusters[index] as string | number;
    sums.set(cluster, (sums.get(cluster) ?? 0) + value - centre);
  }
  if (sums.size < 2) throw new RangeError(`a clustered standard error needs at least 2 clusters, got ${sums.size}`);
  let squares = 0;
  for (const sum of sums.values()) squares += sum * sum;
  const clustered = (Math.sqrt(squares) / values.length) * Math.sqrt(sums.size / (sums.size - 1));
  const independent = standardError(values);
  return {
    standardError: clustered,
    clusters: sums.size,
    designEffect: independent === 0 ? 1 : (clustered / independent) ** 2,
  };
}

export interface PairedDifference {
  /** Mean of a minus mean of b. */
  readonly difference: number;
  readonly standardError: number;
  readonly n: number;
}

/**
 * Difference of two models on the same items; far more exact than the difference of two separate means.
 *
 * @param a one value per item
 * @param b the same items in the same order
 * @throws {RangeError} below 2 items, or if the lengths differ
 */
export function pairedDifference(a: readonly number[], b: readonly number[]): PairedDifference {
  if (a.length !== b.length) throw new RangeError(`a pair needs the same items, got ${a.length} and ${b.length}`);
  const differences = a.map((value, index) => value - (b[index] as number));
  checkCount('a paired difference', differences.length);
  return { difference: meanOf(differences), standardError: standardError(differences), n: differences.length };
}
