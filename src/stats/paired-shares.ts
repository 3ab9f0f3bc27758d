import type { Interval } from '../core/measurement.ts';
import { normalQuantile } from './distributions.ts';

/** Deviation of the observed difference from `difference`, `z` standard errors added; the error is that under it. */
function exceeds(gained: number, lost: number, n: number, difference: number, z: number): boolean {
  const a = 2 * n;
  const b = (2 * n - gained + lost) * difference - gained - lost;
  const c = -lost * difference * (1 - difference);
  const share = (Math.sqrt(Math.max(0, b * b - 4 * a * c)) - b) / (2 * a);
  const variance = n * Math.max(0, 2 * share + difference * (1 - difference));
  return gained - lost - n * difference + z * Math.sqrt(variance) > 0;
}

function upperLimit(gained: number, lost: number, n: number, z: number): number {
  let [low, high] = [(gained - lost) / n, 1];
  for (let step = 0; step < 100; step += 1) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (exceeds(gained, lost, n, middle, z)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Interval for the difference of two shares on the same items, by inverting the score test of paired shares: never of
 * width 0, also where the two models agree on every item, which makes it fit for proving that one is not worse.
 *
 * Source: Tango, Statistics in Medicine 17 (1998) 891-908.
 *
 * @param gained items that only the second has right
 * @param lost items that only the first has right
 * @param n all items, also those on which both agree
 * @throws {RangeError} if counts are no counts
 */
export function pairedSharesInterval(gained: number, lost: number, n: number, level = 0.95): Interval {
  if (!(n > 0 && gained >= 0 && lost >= 0 && gained + lost <= n)) {
    throw new RangeError(`paired shares need counts within ${n} items, got ${gained} and ${lost}`);
  }
  const z = normalQuantile((1 + level) / 2);
  return {
    low: -upperLimit(lost, gained, n, z),
    high: upperLimit(gained, lost, n, z),
    level,
    method: 'score interval of paired shares',
  };
}
