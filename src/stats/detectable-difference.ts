import { normalQuantile } from './distributions.ts';

/** Below this many items even a model that is right on each and one that is right on none can't be told apart. */
export const fewestTellingItems = 6;

/**
 * The smallest true difference in accuracy of two models on the same items that a two-sided test with confidence 95 %
 * finds with power 80 %: (z_0.975 + z_0.8) sqrt(d / n), where d is the share of items on which exactly one of the two
 * is right. Approximate, for planning: the true d is known only after the runs.
 *
 * `d` is 0.25 by default, which is what two models of about 50 % accuracy whose answers correlate with 0.5 have:
 * 2 p (1 - p) (1 - r); and never less than the difference itself. Below 6 items undefined: the exact sign test of even
 * 5 : 0 has p = 0.06.
 *
 * Sources: Miller, arXiv 2411.00640, on power analysis; Connor, Biometrics 43 (1987) 207-211,
 * without his correction for the variance under the alternative.
 *
 * @param items above 0
 * @returns in (0, 1]; undefined where no difference is large enough
 */
export function detectableDifference(items: number, differing = 0.25): number | undefined {
  if (items < fewestTellingItems) return undefined;
  const z = normalQuantile(0.975) + normalQuantile(0.8);
  const usual = z * Math.sqrt(differing / items);
  // Above d the items that differ are as many as the difference: x = z sqrt(x / n).
  return Math.min(1, usual <= differing ? usual : (z * z) / items);
}
