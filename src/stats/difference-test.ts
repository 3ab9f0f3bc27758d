import type { Interval } from '../core/measurement.ts';
import { createBettingTest, type EvidenceTest, gridLimit } from './anytime-interval.ts';

export interface DifferenceHypothesis {
  /** The hypothesis is that the mean is at most this. */
  readonly mean: number;
  /** Items of the whole benchmark: the mean is that over exactly those, and each is seen at most once. */
  readonly populationSize: number;
}

/** Squared difference that is expected before there are any, and for how many observations that counts. */
const usual = { square: 0.05, count: 20 } as const;
/** The most that is staked, as a share of what would lose everything. */
const mostStaked = 0.95;
const nothing = 1e-9;

/** The gambler who takes two models for equal: stakes on the hypothesis being wrong about that alone. */
function createEqualBet({ mean, populationSize }: DifferenceHypothesis): EvidenceTest {
  let [count, sum, squares, logEvidence] = [0, 0, 0, 0];
  return {
    observe(difference) {
      const conditionalMean = (populationSize * mean - sum) / (populationSize - count);
      const edge = Math.max(0, -conditionalMean);
      const variance = (usual.count * usual.square + squares) / (usual.count + count);
      // At -1 all remaining items may still be lost: nothing can be staked on less.
      if (conditionalMean > -1 + nothing) {
        const stake = Math.min(edge / (variance + edge ** 2), mostStaked / (1 + conditionalMean));
        logEvidence += Math.log1p(stake * (difference - conditionalMean));
      }
      count += 1;
      sum += difference;
      squares += difference ** 2;
    },
    get state() {
      return { logEvidence };
    },
  };
}

/**
 * Tests "the mean difference is at most ..." on paired differences in [-1, 1] of which most are 0, in a random order without
 * replacement: under the hypothesis the evidence exceeds 1/a with probability at most a, ever.
 *
 * The evidence is the mean of what two gamblers win, who each can't win under the hypothesis: one learns the mean from the
 * differences (`createBettingTest`), the other takes the models for equal, and learns only how often they differ. Where
 * hardly any answers differ the second stakes twice as much; where one model is much worse the first soon knows.
 *
 * Sources as of `createBettingTest`; the figures are those that took the fewest items in simulations (docs/deciding.md).
 *
 * @throws {RangeError} if the hypothesis or an observation is out of range
 */
export function createDifferenceTest(hypothesis: DifferenceHypothesis): EvidenceTest {
  const learning = createBettingTest({ ...hypothesis, low: -1, high: 1 });
  const equal = createEqualBet(hypothesis);
  return {
    observe(difference) {
      learning.observe(difference);
      equal.observe(difference);
    },
    get state() {
      const [one, other] = [learning.state.logEvidence, equal.state.logEvidence];
      // Certain once the first is: the second never is.
      if (one === Infinity) return { logEvidence: one };
      const [most, least] = [Math.max(one, other), Math.min(one, other)];
      return { logEvidence: most + Math.log1p(Math.exp(least - most)) - Math.LN2 };
    },
  };
}

/**
 * Interval for the mean of paired differences over exactly `populationSize` items that holds at every look at once: the
 * means that two tests at half the error don't refute, on a grid of 1/1000.
 *
 * @param differences in [-1, 1], in an order drawn beforehand
 * @throws {RangeError} if one is out of range
 */
export function differenceInterval(
  differences: readonly number[],
  { level, populationSize }: { readonly level: number; readonly populationSize: number },
): Interval {
  const logThreshold = Math.log(2 / (1 - level));
  const limit = (values: readonly number[]): number =>
    gridLimit(values, { low: -1, logThreshold, createTest: (mean) => createDifferenceTest({ mean, populationSize }) });
  const [low, high] = [limit(differences), -limit(differences.map((difference) => -difference))];
  return { low, high: high === 0 ? 0 : high, level, method: `anytime, of ${populationSize} items` };
}
