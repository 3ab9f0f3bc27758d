import type { Interval } from '../core/measurement.ts';

/** Everything a test must remember to go on after a crash; plain numbers, safe to store as JSON. */
export interface BettingState {
  /** Observations so far. */
  readonly count: number;
  /** Sum of the observations, scaled to [0, 1]. */
  readonly sum: number;
  /** Running sum of squared deviations; starts at 1/4. */
  readonly squares: number;
  /** Natural logarithm of the evidence against the hypothesis; infinite once it is impossible. */
  readonly logEvidence: number;
}

export interface BettingHypothesis {
  /** The hypothesis is that the mean is at most this. */
  readonly mean: number;
  /** Range of the observations; 0 to 1 by default. */
  readonly low?: number;
  readonly high?: number;
  /**
   * Items of the whole benchmark: the mean is that over exactly those, and each is seen at most once. Without it the
   * observations are draws from an endless source.
   */
  readonly populationSize?: number | undefined;
}

export interface BettingStep {
  /** What the mean of the remaining items can be at most under the hypothesis, scaled to [0, 1]. */
  readonly conditionalMean: number;
  /** The stake. */
  readonly lambda: number;
}

/** A test by a gambler's wealth. */
export interface EvidenceTest {
  /** Takes the next observation in the order that was drawn beforehand. */
  observe(value: number): unknown;
  readonly state: Pick<BettingState, 'logEvidence'>;
}

export interface BettingTest extends EvidenceTest {
  observe(value: number): BettingStep;
  readonly state: BettingState;
}

const nothing = 1e-9;

function checkHypothesis({ mean, low = 0, high = 1, populationSize }: BettingHypothesis): void {
  if (!(low < high)) throw new RangeError(`a betting test needs a range, got ${low} to ${high}`);
  if (!(mean >= low && mean <= high)) throw new RangeError(`the tested mean must be in ${low} to ${high}, got ${mean}`);
  if (populationSize !== undefined && !(Number.isInteger(populationSize) && populationSize > 0)) {
    throw new RangeError(`the population must be a whole number above 0, got ${populationSize}`);
  }
}

/**
 * Tests "the mean is at most ..." on bounded observations in a random order, at any number of looks: under the
 * hypothesis the evidence exceeds 1/a with probability at most a, ever.
 *
 * A gambler who can't win under the hypothesis bets on each observation; the wealth is the evidence. Without
 * replacement the hypothesis tightens as items are used up. To test "the mean is at least h" give 1 - x and 1 - h.
 *
 * Sources: Waudby-Smith and Ramdas, arXiv 2010.09686 (the stake: aGRAPA) and 2006.04347 (without replacement);
 * docs/scores.md, "Deciding early".
 *
 * @param from a stored state, to continue
 * @throws {RangeError} if the hypothesis or an observation is out of range
 */
export function createBettingTest(hypothesis: BettingHypothesis, from?: BettingState): BettingTest {
  checkHypothesis(hypothesis);
  const { low = 0, high = 1, populationSize } = hypothesis;
  const testedMean = (hypothesis.mean - low) / (high - low);
  let { count, sum, squares, logEvidence } = from ?? { count: 0, sum: 0, squares: 0.25, logEvidence: 0 };

  return {
    observe(value) {
      if (!(value >= low && value <= high))
        throw new RangeError(`an observation must be in ${low} to ${high}, got ${value}`);
      if (count === populationSize) throw new RangeError(`all ${populationSize} items have been observed`);
      const scaled = (value - low) / (high - low);
      count += 1;
      const mean = (0.5 + sum) / count;
      const variance = squares / count;
      const conditionalMean =
        populationSize === undefined ? testedMean : (populationSize * testedMean - sum) / (populationSize - count + 1);
      let lambda = 0;
      // At 0 all remaining items may still score 0: that is no proof against the hypothesis, so nothing is staked.
      if (conditionalMean > nothing) {
        const edge = mean - conditionalMean;
        lambda = Math.min(Math.max(edge / (variance + edge * edge), 0), 0.5 / conditionalMean);
      }
      logEvidence += Math.log1p(lambda * (scaled - conditionalMean));
      sum += scaled;
      squares += (scaled - (0.5 + sum) / (count + 1)) ** 2;
      if (populationSize !== undefined && sum > populationSize * testedMean + nothing) logEvidence = Infinity;
      return { conditionalMean, lambda };
    },
    get state() {
      return { count, sum, squares, logEvidence };
    },
  };
}

const gridSteps = 1000;

/** How limits of a mean are found. */
interface GridSearch {
  /** Where the range begins; it ends at 1. */
  readonly low: number;
  readonly logThreshold: number;
  /** Tests "the mean is at most `mean`". */
  readonly createTest: (mean: number) => EvidenceTest;
}

/** Whether a hypothesis is refuted at some point of the sequence. */
function isRefuted(values: readonly number[], test: EvidenceTest, logThreshold: number): boolean {
  for (const value of values) {
    test.observe(value);
    if (test.state.logEvidence >= logThreshold) return true;
  }
  return false;
}

/** The last grid point, going up, that is refuted as an upper limit of the mean. */
export function gridLimit(values: readonly number[], { low, logThreshold, createTest }: GridSearch): number {
  for (let step = low * gridSteps + 1; step <= gridSteps; step += 1) {
    if (!isRefuted(values, createTest(step / gridSteps), logThreshold)) return (step - 1) / gridSteps;
  }
  return 1;
}

/**
 * Interval for the mean of values in [0, 1] that holds at every look at once: the means that two betting tests at half
 * the error don't refute, on a grid of 1/1000. Fit for small samples and for samples that were stopped early.
 *
 * @param values in [0, 1], in an order drawn beforehand
 * @param options `populationSize`: the claim is about the mean over exactly so many items
 * @throws {RangeError} if a value is out of range
 */
export function anytimeInterval(
  values: readonly number[],
  options: { readonly level?: number; readonly populationSize?: number } = {},
): Interval {
  const { level = 0.95, populationSize } = options;
  const logThreshold = Math.log(2 / (1 - level));
  const limit = (observed: readonly number[]): number =>
    gridLimit(observed, { low: 0, logThreshold, createTest: (mean) => createBettingTest({ mean, populationSize }) });
  const low = limit(values);
  const mirrored = limit(values.map((value) => 1 - value));
  const high = Math.round((1 - mirrored) * gridSteps) / gridSteps;
  return { low, high, level, method: populationSize === undefined ? 'anytime' : `anytime, of ${populationSize} items` };
}
