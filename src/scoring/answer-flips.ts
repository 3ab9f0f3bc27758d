import type { BoundedEstimate } from '../core/loss.ts';
import { meanOf } from '../stats/means.ts';
import { scoreInterval } from '../stats/score-interval.ts';
import type { ItemAnswer } from './compare-cells.ts';
import { clustersOf } from './paired-answers.ts';

/** How many items changed in some way, and which share of all that is, on new items of the kind. */
export interface FlipCount {
  readonly count: number;
  readonly share: BoundedEstimate;
}

/**
 * Answers that are other than the base's. What accuracy hides: as many may turn right as wrong. Source: Dutta et al.,
 * "Accuracy is Not All You Need" (arXiv 2407.09141).
 */
export interface AnswerFlips {
  /** Items that both answered. */
  readonly items: number;
  /** Right turned wrong; of partial credit: a lower score. */
  readonly lost: FlipCount;
  /** Wrong turned right; of partial credit: a higher score. */
  readonly gained: FlipCount;
  /** Another answer, whatever its score; undefined where no answer could be read on either side. */
  readonly changed: FlipCount | undefined;
}

export type FlippedAnswer = Pick<ItemAnswer, 'score' | 'answer' | 'cluster'>;

/** Answers of both to the same items, in the same order. */
export interface FlipPairs {
  readonly a: readonly FlippedAnswer[];
  readonly b: readonly FlippedAnswer[];
}

/** How answers flipped from a to b; undefined where they have no item in common. */
export function answerFlips({ a, b }: FlipPairs, level: number): AnswerFlips | undefined {
  if (a.length === 0) return undefined;
  const clusters = clustersOf(a);
  const countOf = (isFlip: (before: FlippedAnswer, after: FlippedAnswer) => boolean): FlipCount => {
    const flips = a.map((before, index) => Number(isFlip(before, b[index] as FlippedAnswer)));
    const { low, high } = scoreInterval(flips, { level, clusters });
    const count = flips.reduce((sum, flip) => sum + flip, 0);
    return { count, share: { value: meanOf(flips), low, high } };
  };
  const isRead = [...a, ...b].some(({ answer }) => answer !== undefined);
  return {
    items: a.length,
    lost: countOf((before, after) => after.score < before.score),
    gained: countOf((before, after) => after.score > before.score),
    changed: isRead ? countOf((before, after) => after.answer !== before.answer) : undefined,
  };
}
