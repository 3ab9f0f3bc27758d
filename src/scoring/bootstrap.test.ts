import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Anchors } from './anchors.ts';
import {
  bootstrapTask,
  type BootstrapModel,
  anchoredReplicates,
  paperReplicates,
  type ReplicateValues,
} from './bootstrap.ts';
import type { Factors } from './factor.ts';
import { anchoredScore } from './per-anchored.ts';
import { perPaper } from './per-paper.ts';
import { createRandom, createNormalSource, createGammaSource } from '../stats/random.ts';
import { rankInference } from '../stats/rank-inference.ts';
import { launchesAround } from '../../test/setup/printed-scoreboard.ts';

const accuracy = [
  [1, 1, 0, 1, 1, 0],
  [1, 0, 0, 1, 0, 1],
  [0, 1, 0, 0, 1, 0],
];
const anchors: Anchors = { trivialAccuracy: 0, throughput: 330, latency: 1.5, memory: 8192 };
const indices = [
  [0, 1, 2, 3, 4, 5],
  [0, 0, 1, 3, 3, 5],
  [2, 2, 4, 4, 1, 0],
  [5, 4, 3, 2, 1, 0],
  [1, 1, 1, 2, 3, 3],
];

function repeated(values: readonly number[], times: number): Float64Array {
  return Float64Array.from({ length: values.length * times }, (_, index) => values[index % values.length] as number);
}

// Expected values: computed independently in Python and JavaScript.
describe('the bootstrap at fixed draws', () => {
  const resampled = Float64Array.from(
    indices.flatMap((items) =>
      accuracy.map((scores) => items.reduce((sum, item) => sum + (scores[item] as number), 0) / items.length),
    ),
  );
  const values: ReplicateValues = {
    accuracy: resampled,
    throughput: repeated([200, 400, 800], 5),
    memory: repeated([2000, 1000, 500], 5),
    latency: repeated([2, 1, 0.5], 5),
  };
  const scores = anchoredReplicates(values, anchors);
  const column = (model: number): number[] => [...scores].filter((_, index) => index % 3 === model);

  it('gives PER-A', () => {
    const close = (expected: readonly number[]): unknown => expected.map((value) => expect.closeTo(value, 9));
    expect(column(0)).toEqual(close([0.5425679707, 0.5736957807, 0.5425679707, 0.5425679707, 0.5736957807]));
    expect(column(1)).toEqual(close([0.6186707427, 0.7029456793, 0.470088108, 0.6186707427, 0.5590321227]));
    expect(column(2)).toEqual(close([0.6390803208, 0.5374003508, 0.7072586363, 0.6390803208, 0.7072586363]));
  });

  it('gives shares of wins and intervals', () => {
    const ranked = rankInference(
      [0, 1, 2].map((model) => scores[model] as number),
      scores,
    );
    expect(ranked.map(({ topShare }) => topShare)).toEqual([0, expect.closeTo(0.2, 12), expect.closeTo(0.8, 12)]);
    expect(ranked[0]?.interval).toMatchObject({
      low: expect.closeTo(0.5425679707, 9),
      high: expect.closeTo(0.5736957807, 9),
    });
    expect(ranked.map(({ rankInterval }) => rankInterval)).toEqual([
      [2, 3],
      [1, 3],
      [1, 3],
    ]);
  });
});

describe('scores of replicates', () => {
  const factor = fc.double({ min: 0.01, max: 1000, noNaN: true });
  const model = fc.record({
    accuracy: fc.double({ min: 0, max: 1, noNaN: true }),
    throughput: factor,
    latency: factor,
    memory: factor,
  });
  const weights: Factors = { accuracy: 0.4, throughput: 0.3, latency: 0.2, memory: 0.1 };

  it('are those of the plain functions', () => {
    fc.assert(
      fc.property(fc.array(model, { minLength: 2, maxLength: 6 }), (rows) => {
        const values: ReplicateValues = {
          accuracy: Float64Array.from(rows, (row) => row.accuracy),
          throughput: Float64Array.from(rows, (row) => row.throughput),
          latency: Float64Array.from(rows, (row) => row.latency),
          memory: Float64Array.from(rows, (row) => row.memory),
        };
        const named = rows.map((row, index) => ({ model: String(index), ...row }));
        const paper = perPaper(named, { weights }).rows.map(({ score }) => expect.closeTo(score ?? -1, 7));
        expect([...paperReplicates(values, rows.length, weights)]).toEqual(paper);
        const anchored = rows.map((row) => expect.closeTo(anchoredScore(row, anchors, weights), 12));
        expect([...anchoredReplicates(values, anchors, weights)]).toEqual(anchored);
      }),
    );
  });
});

describe('random variates', () => {
  it('have the quantiles of their distributions', () => {
    const random = createRandom(5);
    const count = 40_000;
    const share = (draw: () => number, below: number): number =>
      Array.from({ length: count }, draw).filter((value) => value < below).length / count;
    expect(share(createNormalSource(random), 1.2815515655)).toBeCloseTo(0.9, 2);
    // A gamma number of shape 1/2 is half the square of a normal one.
    const gamma = createGammaSource(random);
    expect(share(() => gamma(0.5), 1.2815515655 ** 2 / 2)).toBeCloseTo(0.8, 2);
    for (const shape of [1, 3]) {
      // Of shape 3: 1 - exp(-x) (1 + x + x^2 / 2).
      const below = shape === 1 ? 1 - Math.exp(-1) : 1 - Math.exp(-3) * (1 + 3 + 4.5);
      expect(share(() => gamma(shape), shape)).toBeCloseTo(below, 2);
    }
  });
});

describe('bootstrapTask', () => {
  function synthetic(abilities: readonly number[], items: number): BootstrapModel[] {
    const random = createRandom(99);
    return abilities.map((ability, index) => ({
      model: `m${index}`,
      scores: Array.from({ length: items }, () => Number(random.nextFloat() < ability)),
      launches: launchesAround({ throughput: 330, latency: 1.5, memory: 8192 + index }),
    }));
  }

  it('is repeatable, and its seed matters', () => {
    const models = synthetic([0.5, 0.6, 0.7], 100);
    const once = bootstrapTask(models, { seed: 3, resamples: 200, anchors });
    expect(bootstrapTask(models, { seed: 3, resamples: 200, anchors })).toEqual(once);
    expect(bootstrapTask(models, { seed: 4, resamples: 200, anchors })).not.toEqual(once);
  });

  it('separates what differs and ties what does not', () => {
    const { anchored = [], paper } = bootstrapTask(synthetic([0.2, 0.78, 0.8, 0.79], 1000), {
      seed: 1,
      resamples: 500,
      anchors,
    });
    expect(anchored.map(({ isInTieGroup }) => isInTieGroup)).toEqual([false, true, true, true]);
    expect(anchored[0]).toMatchObject({ rankSet: [4, 4], rankInterval: [4, 4], topShare: 0 });
    expect(anchored.slice(1).every(({ rankSet }) => rankSet[0] === 1 && rankSet[1] === 3)).toBe(true);
    expect(anchored.reduce((sum, { topShare }) => sum + topShare, 0)).toBeCloseTo(1, 9);
    expect(paper).toHaveLength(4);
  });

  it('covers the true score about as often as it says', () => {
    const abilities = [0.4, 0.6];
    let covered = 0;
    const rounds = 200;
    for (let round = 0; round < rounds; round += 1) {
      const random = createRandom(1000 + round);
      const noise = createNormalSource(random);
      const models = abilities.map((ability, index): BootstrapModel => {
        const scores = Array.from({ length: 300 }, () => Number(random.nextFloat() < ability));
        // A lucky launch moves all figures.
        const launches = [0, 0, 0].map(() => {
          const luck = Math.exp(0.1 * noise());
          return { throughput: 330 * luck, latency: 1.5 / luck, memory: 8192 };
        });
        return { model: String(index), scores, launches };
      });
      const { anchored = [] } = bootstrapTask(models, { seed: round, resamples: 300, anchors });
      for (const [index, ability] of abilities.entries()) {
        const truth = anchoredScore({ accuracy: ability, throughput: 330, latency: 1.5, memory: 8192 }, anchors);
        const interval = anchored[index]?.interval;
        if (interval !== undefined && interval.low <= truth && truth <= interval.high) covered += 1;
      }
    }
    const share = covered / (rounds * abilities.length);
    expect(share).toBeGreaterThan(0.91);
    expect(share).toBeLessThan(0.985);
  });

  it('lets speed, latency and memory vary together as they did', () => {
    const width = (sign: number): number => {
      const models = synthetic([0.5, 0.5], 10).map((model) => ({
        ...model,
        scores: Array.from({ length: 400 }, () => 1),
        launches: [-0.1, 0, 0.1].map((luck) => ({
          throughput: 330 * Math.exp(luck),
          latency: 1.5 * Math.exp(sign * luck),
          memory: 8192,
        })),
      }));
      const interval = bootstrapTask(models, { seed: 1, resamples: 2000, anchors }).anchored?.[0]?.interval;
      return (interval?.high ?? 0) - (interval?.low ?? 0);
    };
    // One makes up for the other, or both add up: 10 % of each, at a quarter of the weight and half of the factor.
    expect(width(1)).toBeLessThan(0.2 * width(-1));
  });

  it('takes out what a round did to all of its models', () => {
    const drift = [0, 0.08, -0.06];
    const models = synthetic([0.5, 0.5, 0.5], 10).map((model, index): BootstrapModel => ({
      ...model,
      scores: Array.from({ length: 400 }, () => 1),
      launches: drift.map((host, launch) => ({
        throughput: 330 * (1 + 0.06 * index) * Math.exp(host + 0.003 * ((launch + index) % 3)),
        latency: 1.5,
        memory: 8192,
      })),
    }));
    const setsOf = (isInRounds: boolean): unknown =>
      bootstrapTask(models, { seed: 1, resamples: 500, anchors, isInRounds }).anchored?.map(({ rankSet }) => rankSet);
    expect(setsOf(false)).toEqual([
      [1, 3],
      [1, 3],
      [1, 3],
    ]);
    expect(setsOf(true)).toEqual([
      [3, 3],
      [2, 2],
      [1, 1],
    ]);
  });

  it('never calls a model better or worse that was launched once', () => {
    const models = synthetic([0.2, 0.5, 0.9], 1000);
    const result = bootstrapTask(
      [
        {
          ...(models[0] as BootstrapModel),
          launches: launchesAround({ throughput: 330, latency: 1.5, memory: 8192 }, 1),
        },
        ...models.slice(1),
      ],
      { seed: 1, resamples: 200, anchors },
    );
    expect(result.withoutLaunchSpread).toEqual(['m0']);
    expect(result.anchored?.map(({ rankSet }) => rankSet)).toEqual([
      [1, 3],
      [2, 3],
      [1, 2],
    ]);
    expect(result.paretoShare.every((share) => share >= 0 && share <= 1 + 1e-9)).toBe(true);
    const once = models.map((model) => ({ ...model, launches: model.launches.slice(0, 1) }));
    const all = bootstrapTask(once, { seed: 1, resamples: 200 });
    expect(all.paper.every(({ rankSet: [best, worst] }) => best === 1 && worst === 3)).toBe(true);
    expect(all.atBoundary).toContain('m0');
    expect(all.anchored).toBeUndefined();
  });

  it('is not certain where few launches agree', () => {
    const models = [10, 9.99].map((throughput, index): BootstrapModel => ({
      model: `m${index}`,
      scores: [1, 0, 1],
      launches: [1, 2].map(() => ({ throughput, latency: 100, memory: 1000 })),
    }));
    const [first] = bootstrapTask(models, { seed: 1, anchors }).anchored ?? [];
    expect(first?.topShare).toBeLessThan(0.6);
    expect(first?.rankSet).toEqual([1, 2]);
  });

  it('reaches the score of an accuracy of 1 where everything is right', () => {
    const models = synthetic([0.5], 10).map((model) => ({ ...model, scores: Array.from({ length: 40 }, () => 1) }));
    const high = bootstrapTask(models, { seed: 1, anchors }).anchored?.[0]?.interval.high ?? 0;
    const best = anchoredScore({ accuracy: 1, throughput: 330, latency: 1.5, memory: 8192 }, anchors);
    expect(high).toBeGreaterThan(best);
    expect(high).toBeLessThan(1.02 * best);
  });
});

describe('rankInference', () => {
  it('gives equal models equal ranks and splits the win', () => {
    const replicates = Float64Array.from({ length: 40 }, () => 0.5);
    const ranked = rankInference([0.5, 0.5], replicates);
    expect(ranked.map(({ topShare, rankSet, isInTieGroup }) => [topShare, rankSet, isInTieGroup])).toEqual([
      [expect.closeTo(0.5, 9), [1, 2], true],
      [expect.closeTo(0.5, 9), [1, 2], true],
    ]);
  });

  it('lets a score of 0 that leaps in some replicates widen no other comparison', () => {
    const normal = createNormalSource(createRandom(5));
    // The second is behind by three standard errors; the third is the worst in a factor but for one replicate in 16.
    const replicates = Float64Array.from({ length: 3 * 1600 }, (_, index) => {
      const replicate = Math.floor(index / 3);
      const leap = replicate % 16 === 0 ? 0.08 : 0;
      return [0.7 * Math.exp(0.1 * normal()), 0.1 * Math.exp(0.6 * normal()), leap][index % 3] as number;
    });
    expect(rankInference([0.7, 0.1, 0], replicates).map(({ isInTieGroup }) => isInTieGroup)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('refuses what does not fit', () => {
    expect(() => rankInference([], new Float64Array(4))).toThrow("4 replicate scores don't fit 0 models");
    expect(() => rankInference([1, 2], new Float64Array(5))).toThrow("5 replicate scores don't fit 2 models");
  });
});
