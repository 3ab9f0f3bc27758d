import type { ContinuationScore } from '../core/engine.ts';
import type { ItemScore } from '../core/task.ts';

/** Which choice each way of normalising prefers, as positions from 0; the first of equals wins. */
export interface ChoicePicks {
  /** Highest sum of log-probabilities. */
  readonly acc: number;
  /** Sum divided by the choice's length in Unicode code points, the delimiting space not counted. */
  readonly acc_norm: number;
  /** Sum divided by the choice's length in UTF-8 bytes. */
  readonly acc_bytes: number;
  /** Mean over the tokens after the longest token prefix that all choices share, as llama.cpp does. */
  readonly acc_token: number;
  /** Two choices share the highest sum. */
  readonly isTie: boolean;
}

/** @param choices - texts as shown, without the delimiting space, in the order of `scores` */
export function pickChoices(choices: readonly string[], scores: readonly ContinuationScore[]): ChoicePicks {
  if (choices.length !== scores.length || choices.length === 0) {
    throw new RangeError(`${choices.length} choices, but ${scores.length} scores`);
  }
  const sums = scores.map(({ logprob }) => logprob);
  const lengths = choices.map((choice) => Array.from(choice).length);
  const bytes = choices.map((choice) => Buffer.byteLength(choice));
  const shared = sharedTokens(scores.map(({ tokenIds }) => tokenIds));
  const best = firstHighest(sums);
  return {
    acc: best,
    acc_norm: firstHighest(sums.map((sum, index) => sum / Math.max(1, lengths[index] ?? 1))),
    acc_bytes: firstHighest(sums.map((sum, index) => sum / Math.max(1, bytes[index] ?? 1))),
    acc_token: firstHighest(scores.map(({ tokenLogprobs }) => mean(tokenLogprobs.slice(shared)))),
    isTie: sums.some((sum, index) => index !== best && sum === sums[best]),
  };
}

/**
 * The verdict on an item whose choices are scored by likelihood: right by each way of normalising.
 *
 * @param gold - position of the right choice
 * @param headline - the way that is the task's accuracy
 */
export function scoreChoices(
  choices: readonly string[],
  gold: number,
  scores: readonly ContinuationScore[],
  headline: 'acc' | 'acc_norm',
): ItemScore {
  const { isTie, ...positions } = pickChoices(choices, scores);
  const predicted = positions[headline];
  const others = Object.entries(positions).filter(([name]) => name !== headline);
  return {
    value: predicted === gold ? 1 : 0,
    answer: choices[predicted],
    isUnparsed: false,
    metrics: {
      ...Object.fromEntries(others.map(([name, position]) => [name, position === gold ? 1 : 0])),
      ties: isTie ? 1 : 0,
    },
    detail: { gold, predicted },
  };
}

function firstHighest(values: readonly number[]): number {
  let best = 0;
  for (const [index, value] of values.entries()) if (value > (values[best] ?? Number.NEGATIVE_INFINITY)) best = index;
  return best;
}

/** One less than the shortest sequence at most, so that every choice keeps a token to be judged by. */
function sharedTokens(sequences: readonly (readonly number[])[]): number {
  const [first = []] = sequences;
  const limit = Math.min(...sequences.map((sequence) => sequence.length)) - 1;
  let shared = 0;
  while (shared < limit && sequences.every((sequence) => sequence[shared] === first[shared])) shared += 1;
  return shared;
}

function mean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('a choice has no tokens');
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
