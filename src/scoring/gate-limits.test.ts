import { describe, expect, it } from 'vitest';
import { cell, compared } from '../../test/setup/compared-cells.ts';
import { probability } from '../../test/setup/trinomial.ts';
import type { GateLimits } from '../core/limits.ts';
import { logGamma } from '../stats/distributions.ts';
import { pairedSharesInterval } from '../stats/paired-comparison.ts';
import type { CellEvidence } from './compare-cells.ts';
import type { CellComparison } from './comparison.ts';
import { decideGate, gateChecks, type GateOutcome, intervalOutcome } from './gate.ts';

function outcomes(comparison: CellComparison, limits: GateLimits): readonly GateOutcome[] {
  return gateChecks([comparison], () => limits).map(({ outcome }) => outcome);
}

/**
 * The same for a relative limit, whose bound moves with what the baseline got right: chances where the true drop is
 * exactly that share of the true accuracy.
 */
function relativeChances(n: number, accuracy: number, disagreement: number, share: number): Record<string, number> {
  const difference = -share * accuracy;
  const [gains, losses] = [(disagreement + difference) / 2, (disagreement - difference) / 2];
  const found: Record<string, number> = { pass: 0, fail: 0, inconclusive: 0 };
  for (let gained = 0; gained <= n; gained += 1) {
    for (let lost = 0; gained + lost <= n; lost += 1) {
      const chance = probability(gained, lost, n, gains, losses);
      if (chance < 1e-9) continue;
      const interval = pairedSharesInterval(gained, lost, n);
      const agreed = n - gained - lost;
      const bothRight = (accuracy - losses) / (1 - disagreement);
      for (let both = 0; both <= agreed; both += 1) {
        const ways = logGamma(agreed + 1) - logGamma(both + 1) - logGamma(agreed - both + 1);
        const own = chance * Math.exp(ways + both * Math.log(bothRight) + (agreed - both) * Math.log(1 - bothRight));
        const outcome = intervalOutcome(interval, (-share * (both + lost)) / n, false);
        found[outcome] = (found[outcome] ?? 0) + own;
      }
    }
  }
  return found;
}

it.each([
  [60, 0.5, 0.2, 0.1],
  [60, 0.3, 0.3, 0.5],
  [100, 0.15, 0.1, 0.5],
])(
  'a drop of exactly a share of a low accuracy errs in about 2.5 % each way: %i items, %d right, %d differ, share %d',
  (n, accuracy, disagreement, share) => {
    const { pass = 1, fail = 1 } = relativeChances(n, accuracy, disagreement, share);
    expect(pass).toBeLessThan(0.035);
    expect(fail).toBeLessThan(0.035);
  },
);

describe('a relative limit on accuracy', () => {
  it('is a share of what the baseline has right', () => {
    const limits = { maxRelativeAccuracyDrop: 0.05 };
    const [low] = gateChecks([compared(cell(20, 1000), cell(10, 1000))], () => limits);
    expect(low).toMatchObject({ kind: 'difference', ofBaseline: 0.02, outcome: 'fail' });
    expect(low?.bound).toBeCloseTo(-0.001, 12);
    const [high] = gateChecks([compared(cell(800, 1000), cell(790, 1000))], () => limits);
    expect(high).toMatchObject({ ofBaseline: 0.8, bound: expect.closeTo(-0.04, 12), outcome: 'pass' });
  });

  it('is proposed where an absolute one allows to lose much of the baseline', () => {
    const notesOf = (right: number, limit: number): readonly string[] =>
      gateChecks([compared(cell(right, 1000), cell(right, 1000))], () => ({ maxAccuracyDrop: limit }))[0]?.notes ?? [];
    expect(notesOf(20, 0.01)).toEqual([
      "the limit allows a loss of 50 % of the baseline's accuracy of 0.020; try relative accuracy drop <= 0.05",
    ]);
    expect(notesOf(5, 0.01)[0]).toContain('allows a loss of all of');
    expect(notesOf(0, 0.01)).toEqual(['the accuracy of the baseline is 0: there is nothing to lose']);
    expect(notesOf(700, 0.01)).toEqual([]);
  });

  it('shows nothing for a baseline that has nothing right', () => {
    const pair = compared(cell(0, 1000), cell(0, 1000));
    expect(outcomes(pair, { maxRelativeAccuracyDrop: 0.05 })).toEqual(['inconclusive']);
  });
});

describe('costs', () => {
  const costly = (joules: readonly number[], prices: readonly number[]): CellEvidence => {
    const { launches } = cell(7, 10);
    const energyPerItem = { unit: 'J/item' as const, values: joules };
    const pricePerThousand = { unit: 'price/1000 items' as const, values: prices };
    return cell(7, 10, { launches: { ...launches, energyPerItem, pricePerThousand } });
  };

  it('are checked like speed', () => {
    const pair = compared(costly([2, 2.01, 1.99], [1, 1.01, 0.99]), costly([2.4, 2.41, 2.39], [1, 1.01, 0.99]));
    expect(outcomes(pair, { maxEnergyRise: 0.1, maxEnergy: 3, maxPrice: 0.5 })).toEqual(['fail', 'pass', 'fail']);
    expect(outcomes(pair, { maxEnergyRise: 0.3, maxEnergy: 2, maxPrice: 1.5 })).toEqual(['pass', 'fail', 'pass']);
  });

  it('say why there are none', () => {
    const pair = compared(cell(7, 10), cell(7, 10));
    const checks = gateChecks([pair], () => ({ maxEnergyRise: 0.1, maxPrice: 1 }));
    expect(checks.map(({ outcome, notes }) => [outcome, notes])).toEqual([
      ['inconclusive', ['energy was not measured: no meter of the machine reports it']],
      ['inconclusive', ['there is no price: the suite sets no pricePerHour']],
    ]);
    const [gap] = gateChecks([compared(cell(7, 10), costly([], [1]))], () => ({ maxEnergyRise: 0.1 }));
    expect(gap?.notes).toEqual(['A: not measured']);
  });
});

describe('advisory limits', () => {
  const worse = compared(cell(700, 1000), cell(600, 1000));

  it('are checked like the others, and decide nothing', () => {
    const checks = gateChecks([worse], () => ({ minAccuracy: 0.5, advisory: { maxAccuracyDrop: 0.01 } }));
    expect(checks.map(({ isAdvisory, outcome }) => [isAdvisory, outcome])).toEqual([
      [false, 'pass'],
      [true, 'fail'],
    ]);
    expect(decideGate(checks, 'fail')).toMatchObject({ outcome: 'pass', ruled: 0 });
    const alone = gateChecks([worse], () => ({ advisory: { maxAccuracyDrop: 0.1 } }));
    expect(alone).toMatchObject([{ outcome: 'inconclusive' }]);
    expect(decideGate(alone, 'report').outcome).toBe('pass');
  });

  it('may be stricter than a limit on the same', () => {
    expect(outcomes(worse, { maxAccuracyDrop: 0.5, advisory: { maxAccuracyDrop: 0.05 } })).toEqual(['pass', 'fail']);
  });
});
