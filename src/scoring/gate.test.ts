import { expect, it, describe } from 'vitest';
import { intervalOutcome, decideGate, gateChecks, type GateOutcome, type InconclusiveRule } from './gate.ts';
import { binomialCdf } from '../stats/distributions.ts';
import { leastDrop, pairedSharesInterval } from '../stats/paired-comparison.ts';
import * as fc from 'fast-check';
import type { GateLimits } from '../core/limits.ts';
import type { Measurement, Warning } from '../core/measurement.ts';
import type { CellEvidence } from './compare-cells.ts';
import { comparisonVerdict, type CellComparison, type MetricComparison } from './comparison.ts';
import { cell, compared } from '../../test/setup/compared-cells.ts';
import { probability } from '../../test/setup/trinomial.ts';

const template = compared(cell(7, 10), cell(7, 10));

/** As the gate decides: it looks only at these of a comparison. */
function dropOutcome(gained: number, lost: number, n: number, limit: number): GateOutcome {
  const own = { metric: 'accuracy', unit: 'ratio', doubts: [], a: undefined, b: undefined, p: 1, test: '' } as const;
  const interval = pairedSharesInterval(gained, lost, n);
  const change = (gained - lost) / n;
  const verdict = 'no_clear_difference';
  const least = leastDrop(gained, lost, n);
  const metric: MetricComparison = { ...own, change, interval, leastDrop: least, verdict, reason: undefined };
  const [check] = gateChecks([{ ...template, metrics: [metric] }], () => ({ maxAccuracyDrop: limit }));
  return check?.outcome ?? 'inconclusive';
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
      const outcome = dropOutcome(gained, lost, n, limit);
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

// Hardly anything is gained: there the score interval alone fails up to 5.3 %.
it.each([
  [200, 0.02, 0.0025],
  [400, 0.01, 0.001],
  [100, 0.05, 0.01],
])('fails at most 2.7 %% of %i items at a drop of exactly %d where %d are gained', (n, limit, gained) => {
  const { fail = 1, pass = 1 } = chances(n, limit + 2 * gained, -limit, limit);
  expect(fail).toBeLessThan(0.027);
  expect(pass).toBeLessThan(0.027);
});

it.each([
  [40, 0.9],
  [100, 0.99],
  [100, 0.5],
  [400, 0.99],
])(
  'a floor on the accuracy of %i items errs in at most 2.5 %% each way at an accuracy of exactly %d',
  (n, accuracy) => {
    const chance = { pass: 0, fail: 0, inconclusive: 0 };
    for (let right = 0; right <= n; right += 1) {
      const share = binomialCdf(right, n, accuracy) - binomialCdf(right - 1, n, accuracy);
      if (share < 1e-9) continue;
      const own = cell(right, n);
      const [outcome = 'inconclusive'] = outcomes(compared(own, own), { minAccuracy: accuracy });
      chance[outcome] += share;
    }
    expect(chance.pass).toBeLessThan(0.025);
    expect(chance.fail).toBeLessThan(0.025);
  },
);

/** Chance that equal models pass a limit on the drop, over all results but those that never come up. */
function passChance(n: number, disagreement: number, limit: number): number {
  const share = disagreement / 2;
  const reach = 6 * Math.sqrt(n * share);
  const [from, to] = [Math.max(0, Math.floor(n * share - reach)), Math.ceil(n * share + reach)];
  let sum = 0;
  for (let gained = from; gained <= to; gained += 1) {
    for (let lost = from; lost <= to; lost += 1) {
      const chance = probability(gained, lost, n, share, share);
      if (chance > 1e-9 && intervalOutcome(pairedSharesInterval(gained, lost, n), -limit, false) === 'pass')
        sum += chance;
    }
  }
  return sum;
}

// The counts of docs/comparing.md.
it('passes equal models with a chance of 80 % from as many items as the docs say', () => {
  const agreeing = (n: number, limit: number): GateOutcome => dropOutcome(0, 0, n, limit);
  expect([agreeing(380, 0.01), agreeing(381, 0.01)]).toEqual(['inconclusive', 'pass']);
  expect([agreeing(7679, 0.0005), agreeing(7680, 0.0005)]).toEqual(['inconclusive', 'pass']);
  expect(passChance(3800, 0.1, 0.01)).toBeCloseTo(0.49, 2);
  expect(passChance(7900, 0.1, 0.01)).toBeCloseTo(0.8, 2);
  expect(passChance(4000, 0.05, 0.01)).toBeCloseTo(0.8, 2);
});

it('passes what is as good, and fails what is much worse, from enough items', () => {
  expect(chances(120, 0.1, 0, 0.1)['pass']).toBeGreaterThan(0.85);
  expect(chances(120, 0.3, -0.25, 0.05)['fail']).toBeGreaterThan(0.85);
});

function outcomes(comparison: CellComparison, limits: GateLimits): readonly GateOutcome[] {
  return gateChecks([comparison], () => limits).map(({ outcome }) => outcome);
}

describe('intervalOutcome', () => {
  const interval = { low: -0.02, high: 0.01, level: 0.95, method: 'm' };
  it.each([
    [-0.03, false, 'pass'],
    [-0.02, false, 'pass'],
    [-0.01, false, 'inconclusive'],
    [0.01, false, 'inconclusive'],
    [0.02, false, 'fail'],
    [0.02, true, 'pass'],
    [0.01, true, 'pass'],
    [0, true, 'inconclusive'],
    [-0.03, true, 'fail'],
  ] as const)('bound %d, upper %s: %s', (bound, isUpper, outcome) => {
    expect(intervalOutcome(interval, bound, isUpper)).toBe(outcome);
  });

  it('is never decided by the point: a wide interval around a good point is inconclusive', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1, noNaN: true }), (half) => {
        expect(intervalOutcome({ low: -half, high: half, level: 0.95, method: 'm' }, 0, false)).toBe('inconclusive');
      }),
    );
  });
});

describe('gateChecks', () => {
  it('pass, fail and are inconclusive by the interval of the difference', () => {
    const same = compared(cell(700, 1000), cell(700, 1000));
    expect(outcomes(same, { maxAccuracyDrop: 0.01 })).toEqual(['pass']);
    expect(outcomes(same, { maxAccuracyDrop: 0.001 })).toEqual(['inconclusive']);
    expect(outcomes(compared(cell(700, 1000), cell(600, 1000)), { maxAccuracyDrop: 0.01 })).toEqual(['fail']);
    expect(outcomes(compared(cell(700, 1000), cell(600, 1000)), { maxAccuracyDrop: 0.5 })).toEqual(['pass']);
  });

  it('hold the candidate alone against floors and ceilings', () => {
    const pair = compared(cell(700, 1000), cell(700, 1000));
    expect(outcomes(pair, { minAccuracy: 0.65 })).toEqual(['pass']);
    expect(outcomes(pair, { minAccuracy: 0.7 })).toEqual(['inconclusive']);
    expect(outcomes(pair, { minAccuracy: 0.75 })).toEqual(['fail']);
    expect(outcomes(pair, { minThroughput: 5, maxLatency: 50, maxMemory: 1010 })).toEqual(['pass', 'fail', 'pass']);
  });

  it('know which way is good', () => {
    const slower = cell(700, 1000, {
      launches: {
        throughput: { unit: 'items/s', values: [5, 5.05, 4.95] },
        latency: { unit: 'ms', values: [50, 50.5, 49.5] },
        memory: { unit: 'bytes', values: [1049, 1049, 1049] },
      },
    });
    const limits = { maxThroughputDrop: 0.05, maxLatencyRise: 0.1, maxMemoryRise: 0.055 };
    expect(outcomes(compared(cell(700, 1000), slower), limits)).toEqual(['fail', 'pass', 'pass']);
    expect(outcomes(compared(slower, cell(700, 1000)), limits)).toEqual(['pass', 'fail', 'pass']);
    // As fast as the baseline is within what a drop or a rise allows, and within nothing else.
    expect(outcomes(compared(slower, slower), { ...limits, maxMemoryRise: 0 })).toEqual([
      'pass',
      'pass',
      'inconclusive',
    ]);
  });

  it('say why nothing can be decided', () => {
    const oneLaunch = cell(700, 1000, { launches: { throughput: { unit: 'items/s', values: [10] } } });
    const [ratio, value, missing] = gateChecks([compared(cell(700, 1000), oneLaunch)], () => ({
      maxThroughputDrop: 0.05,
      minThroughput: 5,
      maxLatencyP95: 10,
    }));
    const single = 'measured in a single launch, so the spread between launches is unknown';
    expect(ratio).toMatchObject({ outcome: 'inconclusive', notes: [single] });
    expect(value).toMatchObject({ outcome: 'inconclusive', notes: [single] });
    expect(missing).toMatchObject({ outcome: 'inconclusive', notes: ['not measured'] });
  });

  it('decide nothing by a speed that is doubtful', () => {
    const doubtful = (reason: Warning['reason'], change: Partial<CellEvidence> = {}): CellEvidence => {
      const warnings: readonly Warning[] = [{ reason, detail: 'others took 60 % of the CPU' }];
      const throughput: Measurement = { status: 'measured', value: 10, unit: 'items/s', n: 3, warnings };
      return cell(700, 1000, { measurements: { throughput }, ...change });
    };
    const quiet = cell(700, 1000);
    const limits: GateLimits = { maxThroughputDrop: 0.05, minThroughput: 5 };
    expect(outcomes(compared(quiet, quiet), limits)).toEqual(['pass', 'pass']);
    expect(outcomes(compared(quiet, doubtful('host_busy')), limits)).toEqual(['inconclusive', 'inconclusive']);
    // The baseline says nothing about the candidate's own value.
    expect(outcomes(compared(doubtful('short_window'), quiet), limits)).toEqual(['inconclusive', 'pass']);
    const slow = { launches: { throughput: { unit: 'items/s', values: [5, 5.05, 4.95] } } } as const;
    expect(outcomes(compared(quiet, doubtful('host_busy', slow)), limits)[0]).toBe('inconclusive');
    expect(outcomes(compared(quiet, doubtful('host_busy', { allowsBusy: true })), limits)).toEqual(['pass', 'pass']);
    expect(outcomes(compared(quiet, doubtful('short_window', { allowsBusy: true })), limits)[0]).toBe('inconclusive');
    expect(outcomes(compared(quiet, doubtful('one_launch')), limits)).toEqual(['pass', 'pass']);
    const [check] = gateChecks([compared(quiet, doubtful('host_busy'))], () => limits);
    expect(check?.notes).toEqual(['B: host_busy: others took 60 % of the CPU']);
  });

  it('fail with a candidate that failed, and are open with a baseline that did', () => {
    const failed = cell(0, 0, { state: 'failed', error: 'out of memory', launches: {} });
    const [check] = gateChecks([compared(cell(7, 10), failed)], () => ({ minAccuracy: 0 }));
    expect(check).toMatchObject({ outcome: 'fail', notes: ['the candidate failed: out of memory'] });
    const [open] = gateChecks([compared(failed, cell(7, 10))], () => ({ maxAccuracyDrop: 0.5 }));
    expect(open).toMatchObject({ outcome: 'inconclusive', notes: ['A failed: out of memory'] });
    const running = cell(10, 10, { state: 'running' });
    expect(outcomes(compared(cell(10, 10), running), { minAccuracy: 0.1 })).toEqual(['inconclusive']);
  });
});

describe('decideGate', () => {
  const check = (outcome: GateOutcome) =>
    ({ ...gateChecks([compared(cell(7, 10), cell(7, 10))], () => ({ minAccuracy: 0 }))[0], outcome }) as ReturnType<
      typeof gateChecks
    >[number];
  it.each([
    [[], 'report', 'inconclusive'],
    [['pass'], 'report', 'pass'],
    [['pass', 'inconclusive'], 'report', 'inconclusive'],
    [['pass', 'inconclusive'], 'pass', 'pass'],
    [['pass', 'inconclusive'], 'fail', 'fail'],
    [['fail', 'inconclusive'], 'pass', 'fail'],
    [['fail', 'pass'], 'report', 'fail'],
  ] as const satisfies readonly (readonly [readonly GateOutcome[], InconclusiveRule, GateOutcome])[])(
    '%j under %s: %s',
    (given, rule, outcome) => {
      expect(decideGate(given.map(check), rule).outcome).toBe(outcome);
    },
  );
});

describe('compareCells', () => {
  it('compares speed round by round where one run launched its models in rounds', () => {
    const side = (factor: number, starts: readonly number[], runId = 'run'): CellEvidence =>
      cell(7, 10, {
        runId,
        launchStarts: starts,
        launches: { throughput: { unit: 'items/s', values: [10, 12, 8].map((speed) => speed * factor) } },
      });
    const speedOf = (a: CellEvidence, b: CellEvidence) =>
      compared(a, b).metrics.find(({ metric }) => metric === 'throughput');
    const rounds = [side(1, [1, 4, 5]), side(1.1, [2, 3, 6])] as const;
    expect(speedOf(...rounds)).toMatchObject({ verdict: 'better', test: 't over 3 rounds' });
    // One model after the other, or another run: drift of the host is a difference like any other.
    const after = speedOf(side(1, [1, 2, 3]), side(1.1, [4, 5, 6]));
    expect(after).toMatchObject({ verdict: 'no_clear_difference', test: 't over 3 and 3 launches' });
    expect(speedOf(rounds[0], side(1.1, [2, 3, 6], 'other'))?.verdict).toBe('no_clear_difference');
    // A launch of each gave no value: what is left need not be of the same rounds.
    const lacking = speedOf(side(1, [1, 4, 5, 8]), side(1.1, [2, 3, 6, 7]));
    expect(lacking?.test).toBe('t over 3 and 3 launches');
  });

  it('pairs by item, counts what has no partner, and lists flips before small changes', () => {
    const a = cell(6, 10);
    const b = cell(6, 10, {
      answers: new Map(
        [...cell(6, 12).answers]
          .slice(2)
          .map(([id, answer], index) => [
            id,
            index === 0 ? { ...answer, score: 0.5 } : index === 1 ? { ...answer, score: 0, promptSha256: 'q' } : answer,
          ]),
      ),
    });
    const found = compared(a, b);
    expect(found).toMatchObject({ pairs: 8, onlyA: 2, onlyB: 2, otherPrompts: 1 });
    expect(found.regressions.map(({ itemId, scoreB }) => [itemId, scoreB])).toEqual([
      ['i3', 0],
      ['i2', 0.5],
    ]);
    expect(found.improvements).toEqual([]);
  });

  it('says in one sentence what is better, worse and unknown', () => {
    const names = { a: 'old', b: 'new' };
    const faster = cell(700, 1000, {
      launches: { throughput: { unit: 'items/s', values: [20, 20.1, 19.9] }, latency: { unit: 'ms', values: [100] } },
    });
    expect(comparisonVerdict([compared(cell(700, 1000), faster)], names)).toMatchInlineSnapshot(
      `"new against old: better in throughput (+100.0 %); no clear difference in the rest (~); 2 of 4 metrics could not be compared (?)."`,
    );
    expect(comparisonVerdict([compared(cell(700, 1000), cell(700, 1000))], names)).toMatchInlineSnapshot(
      `"new against old: no clear difference (~)."`,
    );
    const gone = cell(0, 0, { state: 'failed', error: 'x', launches: {} });
    expect(comparisonVerdict([compared(gone, gone)], names)).toMatchInlineSnapshot(
      `"new against old: nothing could be compared."`,
    );
    const worse = compared(cell(700, 1000), cell(600, 1000));
    expect(comparisonVerdict([worse, { ...worse, taskId: 'u/per@1' }], names)).toMatchInlineSnapshot(
      `"new against old: worse in accuracy on t (−10.0 points) and u (−10.0 points); no clear difference in the rest (~)."`,
    );
  });

  it('gives no mean of answers that were stopped early, or are not finished', () => {
    const detail = 'eliminated after 7 items';
    const stopped = cell(7, 10, {
      measurements: { accuracy: { status: 'unavailable', reason: 'stopped_early', detail } },
    });
    const [accuracy] = compared(cell(7, 10), stopped).metrics;
    expect(accuracy).toMatchObject({ b: undefined, change: undefined, verdict: 'unknown', reason: `B: ${detail}` });
    const [running] = compared(cell(7, 10, { state: 'running' }), cell(7, 10)).metrics;
    expect(running).toMatchObject({ a: undefined, verdict: 'unknown', reason: 'A is not finished' });
  });

  it('claims nothing where units differ or no item is shared', () => {
    const other = cell(7, 10, { answers: new Map(), launches: { throughput: { unit: 'tokens/s', values: [1, 2] } } });
    const [accuracy, throughput] = compared(cell(7, 10), other).metrics;
    expect(accuracy).toMatchObject({ verdict: 'unknown', reason: 'the two have no items in common' });
    expect(throughput).toMatchObject({ verdict: 'unknown', reason: 'A is in items/s, B in tokens/s' });
  });
});
