import { spanExact, spanF1 } from '../../src/tasks/squad-metric.ts';

export interface SquadQuestion {
  readonly id: string;
  /** Empty where the passage has no answer. */
  readonly answers: readonly string[];
}

export interface SquadPrediction {
  /** Empty for "no answer". */
  readonly text: string;
  /** Probability of "no answer", in [0, 1]. */
  readonly noAnswerProbability: number;
}

/** Ratios in [0, 1]; the official script prints per cent. A group without questions has no entry. */
export interface SquadTotals {
  readonly exact: number;
  readonly f1: number;
  readonly hasAnswerExact?: number;
  readonly hasAnswerF1?: number;
  readonly noAnswerExact?: number;
  readonly noAnswerF1?: number;
  readonly bestExact: number;
  readonly bestExactThreshold: number;
  readonly bestF1: number;
  readonly bestF1Threshold: number;
}

interface Scored {
  readonly hasAnswer: boolean;
  readonly isEmpty: boolean;
  readonly noAnswerProbability: number;
  readonly exact: number;
  readonly f1: number;
}

/**
 * Totals of the official script over a whole set, the search for the best "no answer" threshold included. A question
 * without a prediction would silently shrink the denominator there; here it is refused.
 *
 * @param threshold - above this probability a prediction counts as "no answer"
 * @throws {RangeError} if a question has no prediction or there is no question
 */
export function squadTotals(
  questions: readonly SquadQuestion[],
  predictions: ReadonlyMap<string, SquadPrediction>,
  threshold = 1,
): SquadTotals {
  const missing = questions.filter(({ id }) => !predictions.has(id));
  if (missing.length > 0 || questions.length === 0) {
    throw new RangeError(`SQuAD totals need every prediction: ${missing.length} of ${questions.length} are missing`);
  }
  const scored = questions.map(({ id, answers }): Scored => {
    const { text, noAnswerProbability } = predictions.get(id) as SquadPrediction;
    const scores = { exact: spanExact(text, answers), f1: spanF1(text, answers) };
    return { hasAnswer: answers.length > 0, isEmpty: text === '', noAnswerProbability, ...scores };
  });
  const final = scored.map((score): Scored => {
    if (score.noAnswerProbability <= threshold) return score;
    const value = score.hasAnswer ? 0 : 1;
    return { ...score, exact: value, f1: value };
  });
  const answerable = final.filter(({ hasAnswer }) => hasAnswer);
  const unanswerable = final.filter(({ hasAnswer }) => !hasAnswer);
  const [bestExact, bestExactThreshold] = bestThreshold(scored, 'exact');
  const [bestF1, bestF1Threshold] = bestThreshold(scored, 'f1');
  return {
    exact: mean(final, 'exact'),
    f1: mean(final, 'f1'),
    ...(answerable.length > 0 && { hasAnswerExact: mean(answerable, 'exact'), hasAnswerF1: mean(answerable, 'f1') }),
    ...(unanswerable.length > 0 && {
      noAnswerExact: mean(unanswerable, 'exact'),
      noAnswerF1: mean(unanswerable, 'f1'),
    }),
    bestExact,
    bestExactThreshold,
    bestF1,
    bestF1Threshold,
  };
}

function mean(scores: readonly Scored[], key: 'exact' | 'f1'): number {
  return scores.reduce((sum, score) => sum + score[key], 0) / scores.length;
}

/** Answers ever more questions, surest first, starting from none; keeps the best total and its threshold. */
function bestThreshold(scores: readonly Scored[], key: 'exact' | 'f1'): readonly [number, number] {
  let current = scores.filter(({ hasAnswer }) => !hasAnswer).length;
  let best: readonly [number, number] = [current, 0];
  for (const score of scores.toSorted((left, right) => left.noAnswerProbability - right.noAnswerProbability)) {
    if (score.hasAnswer) current += score[key];
    else if (!score.isEmpty) current -= 1;
    if (current > best[0]) best = [current, score.noAnswerProbability];
  }
  return [best[0] / scores.length, best[1]];
}
