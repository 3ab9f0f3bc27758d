import { binomialCdf } from './special-functions.ts';

export interface McNemarTest {
  /** Items that only a has right, and only b. */
  readonly onlyA: number;
  readonly onlyB: number;
  /** Two-sided exact p-value. */
  readonly exact: number;
  /** Two-sided mid-p: less conservative, the one to report. */
  readonly midP: number;
}

/**
 * Whether two models differ on the same right-or-wrong items; only the items on which they disagree count.
 *
 * Source: Fagerland, Lydersen and Laake 2013 (mid-p variant).
 *
 * @param onlyA items that only the first model has right
 * @param onlyB items that only the second model has right
 * @throws {RangeError} if a count isn't a whole number of at least 0
 */
export function mcNemarTest(onlyA: number, onlyB: number): McNemarTest {
  for (const count of [onlyA, onlyB]) {
    if (!Number.isInteger(count) || count < 0) throw new RangeError(`McNemar's test needs counts, got ${count}`);
  }
  const trials = onlyA + onlyB;
  const fewer = Math.min(onlyA, onlyB);
  if (trials === 0) return { onlyA, onlyB, exact: 1, midP: 1 };
  const atMost = binomialCdf(fewer, trials, 0.5);
  const point = atMost - binomialCdf(fewer - 1, trials, 0.5);
  return { onlyA, onlyB, exact: Math.min(1, 2 * atMost), midP: Math.min(1, 2 * atMost - point) };
}
