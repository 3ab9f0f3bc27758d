import { uncountedRemark } from '../core/engine.ts';
import type { Measurement } from '../core/measurement.ts';
import type { Sample } from '../core/sample.ts';
import { thresholds } from '../core/thresholds.ts';
import { meanInterval } from '../stats/score-interval.ts';

/** Sums over the answers of a cell: what the mean of any price per token, and its spread over items, is made of. */
export interface TokenCounts {
  /** Answered, and their tokens were counted. */
  readonly items: number;
  /** Answered, but nobody counted their tokens. */
  readonly uncounted: number;
  readonly prompt: number;
  readonly output: number;
  readonly promptSquares: number;
  readonly outputSquares: number;
  /** Of prompt and output tokens of the same item: long questions may have long answers. */
  readonly products: number;
}

const none: TokenCounts = {
  items: 0,
  uncounted: 0,
  prompt: 0,
  output: 0,
  promptSquares: 0,
  outputSquares: 0,
  products: 0,
};

/** Whether there is no answer: a request that failed has no tokens that anybody would pay for by the answer. */
function hasFailed({ failure }: Pick<Sample, 'failure'>): boolean {
  return failure !== undefined && failure.reason !== 'scorer';
}

/** Counts the tokens of prompts and answers, thoughts included. */
export async function countTokens(
  samples: AsyncIterable<Pick<Sample, 'promptTokens' | 'outputTokens' | 'failure'>>,
): Promise<TokenCounts> {
  let sums = none;
  for await (const sample of samples) {
    if (hasFailed(sample)) continue;
    const { promptTokens: prompt, outputTokens: output } = sample;
    // There is no prompt without a token: then only the stream of the answer was counted.
    if (prompt === undefined || prompt === 0 || output === undefined) {
      sums = { ...sums, uncounted: sums.uncounted + 1 };
      continue;
    }
    sums = {
      ...sums,
      items: sums.items + 1,
      prompt: sums.prompt + prompt,
      output: sums.output + output,
      promptSquares: sums.promptSquares + prompt ** 2,
      outputSquares: sums.outputSquares + output ** 2,
      products: sums.products + prompt * output,
    };
  }
  return sums;
}

/** Prices of one token. */
export interface TokenPrices {
  readonly input: number;
  readonly output: number;
}

/**
 * Price of 1,000 answers with these tokens: the mean of the prices of single answers, and Student's t over the items.
 *
 * @returns unavailable where too many tokens were not counted
 */
export function priceOfTokens(counts: TokenCounts, { input, output }: TokenPrices): Measurement {
  const { items, uncounted } = counts;
  const all = items + uncounted;
  if (items === 0 || uncounted > thresholds.uncounted * all) {
    return {
      status: 'unavailable',
      reason: 'no_token_counts',
      detail: `${uncounted} of ${all} answers ${uncountedRemark}`,
    };
  }
  const mean = (1000 * (input * counts.prompt + output * counts.output)) / items;
  const squares =
    input ** 2 * counts.promptSquares + output ** 2 * counts.outputSquares + 2 * input * output * counts.products;
  return {
    status: 'derived',
    from: 'token counts, prices of tokens',
    value: mean,
    unit: 'price/1000 items',
    n: items,
    ...(items > 1 && { interval: meanInterval(items, mean, 1e6 * squares) }),
    warnings: [],
  };
}
