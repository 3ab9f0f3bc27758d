import { expect, it } from 'vitest';
import { intervalOutcome } from './gate.ts';
import { pairedSharesInterval } from '../stats/paired-shares.ts';
import { logGamma } from '../stats/special-functions.ts';

/** Probability of so many items that only one side has right, by the trinomial distribution. */
function probability(gained: number, lost: number, n: number, shareGained: number, shareLost: number): number {
  const rest = n - gained - lost;
  const ways = logGamma(n + 1) - logGamma(gained + 1) - logGamma(lost + 1) - logGamma(rest + 1);
  const log =
    gained * Math.log(shareGained) + lost * Math.log(shareLost) + rest * Math.log(1 - shareGained - shareLost);
  return Math.exp(ways + log);
}

/** Exact chances of each outcome of a limit on the drop of accuracy, over every result that n items can have. */
function chances(n: number, disagreement: number, difference: number, limit: number): Record<string, number> {
  const shareGained = (disagreement + difference) / 2;
  const shareLost = (disagreement - difference) / 2;
  const found: Record<string, number> = { pass: 0, fail: 0, inconclusive: 0 };
  for (let gained = 0; gained <= n; gained += 1) {
    for (let lost = 0; gained + lost <= n; lost += 1) {
      const chance = probability(gained, lost, n, shareGained, shareLost);
      if (chance < 1e-12) continue;
      const outcome = intervalOutcome(pairedSharesInterval(gained, lost, n), -limit, false);
      found[outcome] = (found[outcome] ?? 0) + chance;
    }
  }
  return found;
}

// By enumeration, not by simulation: the true drop is exactly the limit, where errors are likeliest.
it.each([
  [40, 0.2, 0.05],
  [60, 0.3, 0.1],
  [100, 0.1, 0.05],
])(
  'with %i items, %d of which differ, and a drop of exactly %d errs in about 2.5 % each way',
  (n, disagreement, limit) => {
    const { pass = 1, fail = 1 } = chances(n, disagreement, -limit, limit);
    expect(pass).toBeLessThan(0.035);
    expect(fail).toBeLessThan(0.035);
  },
);

it('passes what is as good, and fails what is much worse, from enough items', () => {
  expect(chances(120, 0.1, 0, 0.1)['pass']).toBeGreaterThan(0.85);
  expect(chances(120, 0.3, -0.25, 0.05)['fail']).toBeGreaterThan(0.85);
});
