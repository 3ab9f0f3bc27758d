import type { BoundedEstimate, LossFigures, LossPositions } from '../core/loss.ts';
import { tQuantile } from './distributions.ts';
import { quantile } from './quantile.ts';
import { wilsonInterval } from './score-interval.ts';

/** Sums over the counted positions of one text. */
interface TextSums {
  readonly tokens: number;
  readonly divergence: number;
  readonly sameTop: number;
  readonly baseLogprob: number;
  readonly logprob: number;
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += values[index] as number;
  return sum;
}

/** Values of 4 bytes each, as many as come. */
class GrowingValues {
  #values = new Float32Array(1024);
  length = 0;

  add(more: ArrayLike<number>): void {
    const needed = this.length + more.length;
    if (needed > this.#values.length) {
      const longer = new Float32Array(Math.max(needed, this.#values.length * 2));
      longer.set(this.#values.subarray(0, this.length));
      this.#values = longer;
    }
    this.#values.set(more, this.length);
    this.length = needed;
  }

  sorted(): Float32Array {
    return this.#values.subarray(0, this.length).toSorted();
  }
}

interface Estimate {
  readonly value: number;
  /** Half of its 95 % interval. */
  readonly half: number;
}

/**
 * Mean over all positions, with an interval that takes texts as independent and positions of one text as dependent in
 * any way: the linearised variance of a ratio of sums, with Student's t of one degree less than there are texts.
 *
 * Source: Miller, arXiv 2411.00640 (clustered standard errors), for clusters of different sizes.
 */
function clusteredMean(texts: readonly TextSums[], sum: (text: TextSums) => number): Estimate {
  const tokens = texts.reduce((total, text) => total + text.tokens, 0);
  const value = texts.reduce((total, text) => total + sum(text), 0) / tokens;
  const squares = texts.reduce((total, text) => total + (sum(text) - value * text.tokens) ** 2, 0);
  const error = (Math.sqrt(squares) / tokens) * Math.sqrt(texts.length / (texts.length - 1));
  return { value, half: tQuantile(0.975, texts.length - 1) * error };
}

/** Where every text has the same share, Wilson's interval of as many independent texts stands in: never ± 0. */
function shareInterval({ value, half }: Estimate, texts: number): BoundedEstimate {
  if (half >= 1e-12) return { value, low: Math.max(0, value - half), high: Math.min(1, value + half) };
  const { low, high } = wilsonInterval(Math.min(value, 1) * texts, texts);
  return { value, low, high };
}

/** With fewer texts nothing tells how far the figures of another text would lie. */
export const fewestLossTexts = 2;

export interface LossStatistics {
  readonly texts: number;
  add(positions: LossPositions): void;
  /** @throws {RangeError} below {@link fewestLossTexts} texts */
  figures(): LossFigures;
}

/**
 * Figures of loss over a stream of texts, in memory of 4 bytes for each position and some sums for each text.
 *
 * Source: `llama-perplexity --kl-divergence` of llama.cpp for what is taken (means, type-7 percentiles, exp of the mean
 * difference of log-likelihoods for the ratio of perplexities). Its intervals take all positions as independent; these are
 * clustered by text. docs/loss.md.
 */
export function createLossStatistics(): LossStatistics {
  const texts: TextSums[] = [];
  const divergences = new GrowingValues();
  return {
    get texts() {
      return texts.length;
    },
    add(positions) {
      if (positions.divergences.length === 0) return;
      divergences.add(positions.divergences);
      texts.push({
        tokens: positions.divergences.length,
        divergence: sumOf(positions.divergences),
        sameTop: sumOf(positions.sameTop),
        baseLogprob: sumOf(positions.baseLogprobs),
        logprob: sumOf(positions.logprobs),
      });
    },
    figures() {
      if (texts.length < fewestLossTexts) {
        throw new RangeError(`figures of loss need at least ${fewestLossTexts} texts, got ${texts.length}`);
      }
      const sorted = divergences.sorted();
      const divergence = clusteredMean(texts, (text) => text.divergence);
      const excess = clusteredMean(texts, ({ baseLogprob, logprob }) => baseLogprob - logprob);
      return {
        tokens: sorted.length,
        texts: texts.length,
        klDivergence: {
          value: divergence.value,
          low: Math.max(0, divergence.value - divergence.half),
          high: divergence.value + divergence.half,
        },
        klMedian: quantile(sorted, 0.5),
        klP99: quantile(sorted, 0.99),
        klMax: quantile(sorted, 1),
        topAgreement: shareInterval(
          clusteredMean(texts, ({ sameTop }) => sameTop),
          texts.length,
        ),
        basePerplexity: Math.exp(-clusteredMean(texts, ({ baseLogprob }) => baseLogprob).value),
        perplexity: Math.exp(-clusteredMean(texts, ({ logprob }) => logprob).value),
        perplexityRatio: {
          value: Math.exp(excess.value),
          low: Math.exp(excess.value - excess.half),
          high: Math.exp(excess.value + excess.half),
        },
      };
    },
  };
}
