import { describe, expect, it } from 'vitest';
import type { LossPositions } from '../core/loss.ts';
import { clusteredStandardError, standardError } from './score-interval.ts';
import { createLossStatistics } from './loss-statistics.ts';
import { tQuantile } from './distributions.ts';
import { createRandom } from './random.ts';

function positionsOf(
  divergences: readonly number[],
  more: Partial<Record<'base' | 'own' | 'same', readonly number[]>> = {},
): LossPositions {
  const { base = divergences.map(() => -1), own = divergences.map(() => -1), same = divergences.map(() => 1) } = more;
  return {
    divergences: Float64Array.from(divergences),
    baseLogprobs: Float64Array.from(base),
    logprobs: Float64Array.from(own),
    sameTop: Uint8Array.from(same),
  };
}

function figuresOf(...texts: readonly LossPositions[]) {
  const statistics = createLossStatistics();
  for (const text of texts) statistics.add(text);
  return statistics.figures();
}

describe('figures of loss', () => {
  it('of equal distributions are exactly 0 and 1, but never a share without doubt', () => {
    const figures = figuresOf(positionsOf([0, 0]), positionsOf([0]), positionsOf([0, 0, 0]));
    expect(figures).toMatchObject({
      tokens: 6,
      texts: 3,
      klDivergence: { value: 0, low: 0, high: 0 },
      klMedian: 0,
      klP99: 0,
      klMax: 0,
      topAgreement: { value: 1, high: 1 },
      perplexityRatio: { value: 1, low: 1, high: 1 },
    });
    expect(figures.topAgreement.low).toBeCloseTo(3 / (3 + 1.959964 ** 2), 6);
  });

  it('are those that were worked out by hand', () => {
    const base = [Math.log(0.5), Math.log(0.25)];
    const own = [Math.log(0.25), Math.log(0.25)];
    const figures = figuresOf(
      positionsOf([0.1, 0.3], { base, own, same: [1, 0] }),
      positionsOf([0.2, 0.6], { base: own, own: base, same: [1, 1] }),
    );
    expect(figures.klDivergence.value).toBeCloseTo(0.3, 12);
    expect(figures.klMedian).toBeCloseTo(0.25, 6);
    expect(figures.klP99).toBeCloseTo(0.6 - 0.03 * 0.3, 6);
    expect(figures.klMax).toBeCloseTo(0.6, 6);
    expect(figures.topAgreement.value).toBe(0.75);
    // Mean of ln 2, ln 4, ln 4, ln 4 for both.
    expect(figures.basePerplexity).toBeCloseTo(2 ** 1.75, 10);
    expect(figures.perplexity).toBeCloseTo(2 ** 1.75, 10);
    expect(figures.perplexityRatio.value).toBeCloseTo(1, 12);
    // Text means are 0.2 and 0.4: their standard error is 0.1.
    expect(figures.klDivergence.high).toBeCloseTo(0.3 + tQuantile(0.975, 1) * 0.1, 8);
    expect(figures.klDivergence.low).toBe(0);
    // Differences of log-likelihoods are ln 2 and 0, then -ln 2 and 0.
    expect(figures.perplexityRatio.high).toBeCloseTo(Math.exp(tQuantile(0.975, 1) * 0.5 * Math.log(2)), 8);
    expect(figures.perplexityRatio.low).toBeCloseTo(1 / figures.perplexityRatio.high, 8);
  });

  it('have intervals over texts, whose lengths may differ', () => {
    const random = createRandom(5);
    const texts = Array.from({ length: 40 }, (_, index) => {
      const level = random.nextFloat();
      return Array.from({ length: 3 + (index % 7) }, () => level + 0.1 * random.nextFloat());
    });
    const figures = figuresOf(...texts.map((text) => positionsOf(text)));
    const { standardError: clustered, designEffect } = clusteredStandardError(
      texts.flat(),
      texts.flatMap((text, index) => text.map(() => index)),
    );
    const half = figures.klDivergence.high - figures.klDivergence.value;
    expect(half).toBeCloseTo(tQuantile(0.975, 39) * clustered, 8);
    // As independent values, which llama-perplexity takes them for, they would seem twice as certain.
    expect(designEffect).toBeGreaterThan(3);
    expect(half).toBeGreaterThan(1.7 * 1.96 * standardError(texts.flat()));
  });

  it('of one text are none: nothing tells how far another would lie', () => {
    const statistics = createLossStatistics();
    statistics.add(positionsOf([1, 2, 3]));
    statistics.add(positionsOf([]));
    expect(statistics.texts).toBe(1);
    expect(() => statistics.figures()).toThrow(/at least 2 texts, got 1/u);
  });

  it('cover the true mean as often as they say', () => {
    const random = createRandom(11);
    let covered = 0;
    const rounds = 400;
    for (let round = 0; round < rounds; round += 1) {
      const statistics = createLossStatistics();
      for (let text = 0; text < 30; text += 1) {
        const level = random.nextFloat();
        statistics.add(positionsOf(Array.from({ length: 20 }, () => level + 0.2 * random.nextFloat())));
      }
      const { low, high } = statistics.figures().klDivergence;
      if (low <= 0.6 && 0.6 <= high) covered += 1;
    }
    expect(covered / rounds).toBeGreaterThan(0.92);
    expect(covered / rounds).toBeLessThan(0.98);
  });
});
