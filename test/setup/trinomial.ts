import { logGamma } from '../../src/stats/distributions.ts';

/** Probability of so many items that only one side has right, by the trinomial distribution. */
export function probability(gained: number, lost: number, n: number, shareGained: number, shareLost: number): number {
  const rest = n - gained - lost;
  const ways = logGamma(n + 1) - logGamma(gained + 1) - logGamma(lost + 1) - logGamma(rest + 1);
  const log =
    gained * Math.log(shareGained) + lost * Math.log(shareLost) + rest * Math.log(1 - shareGained - shareLost);
  return Math.exp(ways + log);
}
