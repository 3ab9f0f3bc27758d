import { describe, expect, it } from 'vitest';
import type { Anchors } from '../anchors.ts';
import { finalQuantile, triageNoise } from './launch-noise.ts';
import { type Entrant, errorBudget, type Turn } from './race-setup.ts';
import { bestImaginable, type KnownModel, latencyTurn, strictestRequirement } from './requirements.ts';
import { raceSetup } from '../../../test/race/race-setup.ts';

const anchors: Anchors = { trivialAccuracy: 0.25, throughput: 10, latency: 100, memory: 1e9 };
const setup = raceSetup('winner', { items: 100, anchors });
const noise = triageNoise(setup, 3);
const values = { throughput: 10, latency: 100, memory: 1e9 };
const known = (model: string, accuracy: number): KnownModel => ({ model, accuracy, values });

describe('the strictest requirement', () => {
  it('is that of the strongest champion, wherever it stands', () => {
    const [weak, strong] = [known('weak', 0.4), known('strong', 0.8)];
    for (const champions of [
      [weak, strong],
      [strong, weak],
    ]) {
      expect(strictestRequirement(champions, values, setup, noise)?.against).toBe('strong');
    }
    expect(strictestRequirement([], values, setup, noise)).toBeUndefined();
  });

  it('against a champion that only guesses is the trivial accuracy: nobody above it is ruled out', () => {
    expect(strictestRequirement([known('guess', 0.1)], values, setup, noise)?.tau).toBe(0.25);
  });

  it('before a launch is lower than after any', () => {
    const champion = [known('a', 0.8)];
    const unseen = strictestRequirement(champion, bestImaginable(values.memory), setup, noise)?.tau ?? 1;
    expect(unseen).toBeLessThan(strictestRequirement(champion, values, setup, noise)?.tau ?? 0);
  });
});

describe('the shares of the error', () => {
  it('are spread over all models that a bound may be wrong of', () => {
    // Quantiles of t(1 - 0.01/15) with 32 and 8 degrees of freedom, computed independently.
    const budget = { performance: 0.02, accuracy: 0.04, latency: 0 };
    expect(finalQuantile(budget, 16, 32)).toBeCloseTo(3.51609884612, 9);
    expect(finalQuantile(budget, 16, 8)).toBeCloseTo(4.81293157124, 9);
    // z(1 - 0.005), z(1 - 0.005/15).
    expect(triageNoise({ ...setup, budget: { ...budget, performance: 0.01 } }, 2).quantile).toBeCloseTo(
      2.5758293035,
      9,
    );
    expect(triageNoise({ ...setup, budget: { ...budget, performance: 0.01 } }, 16).quantile).toBeCloseTo(3.4029, 3);
  });
});

describe('a limit on latency', () => {
  const limits = { maxLatencyP95: 500 };
  const latencies = Array.from({ length: 200 }, (_, request) => (request < 9 ? 900 : 100));
  const turn = (change: Partial<Entrant>): Turn | undefined =>
    latencyTurn(
      { model: 'm', launches: [values], scores: [], latencies, brokenItems: 0, ...change },
      { ...setup, items: 200, budget: errorBudget(0.95, true), question: { goal: 'cheapest', limits } },
      1,
    );

  it('knows that the panel is no random sample: long prompts in it say nothing about the others', () => {
    // Nine of 200 are late, all of them among the first: that would be a sign of many more if those were drawn at random.
    expect(turn({ latencies: latencies.slice(0, 20) })?.judgement?.status).toBe('eliminated');
    expect(turn({ latencies: latencies.slice(0, 20), panelRequests: 20 })?.step).toBeDefined();
    expect(turn({ panelRequests: 20 })).toBeUndefined();
  });

  it('is missed once the panel alone has too many late requests, and kept once the others no longer matter', () => {
    const late = latencies.map(() => 900);
    expect(turn({ latencies: late.slice(0, 20), panelRequests: 20 })?.judgement?.status).toBe('eliminated');
    const inTime = latencies.map(() => 100);
    expect(turn({ latencies: inTime.slice(0, 190), panelRequests: 190 })).toBeUndefined();
    expect(turn({ latencies: inTime.slice(0, 19), panelRequests: 20 })?.step).toBeDefined();
  });
});
