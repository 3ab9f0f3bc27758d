import { createBettingTest, type BettingTest } from '../../stats/anytime-interval.ts';

/**
 * Evidence that one model can't win, from answers to items that all models are asked in one order that was drawn
 * beforehand. It multiplies up what the tests against the best of the others win, whoever that is at the time; with a
 * probability of at most a it ever reaches 1/a for a model that does win, however long it goes on.
 */
export interface Evidence {
  /** Natural logarithm. */
  readonly log: number;
  /**
   * Takes an item.
   *
   * @param rivals by name, each with the value of its test on this item
   * @param best who was the best of them before this item
   */
  observe(rivals: Iterable<readonly [rival: string, value: number]>, best: string | undefined): void;
}

/** @param createTest the test against a rival; undefined where that rival can't rule it out */
export function createEvidence(createTest: (rival: string) => BettingTest | undefined): Evidence {
  const tests = new Map<string, BettingTest | undefined>();
  let log = 0;
  const testOf = (rival: string): BettingTest | undefined => {
    if (!tests.has(rival)) tests.set(rival, createTest(rival));
    return tests.get(rival);
  };
  return {
    observe(rivals, best) {
      for (const [rival, value] of rivals) {
        const test = testOf(rival);
        if (test === undefined) continue;
        const before = test.state.logEvidence;
        test.observe(value);
        const after = test.state.logEvidence;
        // One that was certain before stays so: infinity minus itself is no number.
        if (rival === best) log = after === Infinity ? Infinity : log + after - before;
      }
    },
    get log() {
      return log;
    },
  };
}

/**
 * Tests that a rival has no higher PER-A: the mean of rho (X_rival - c) - (X_own - c) is at most 0.
 *
 * @param rho how much more the rival gets out of its performance, at least
 * @param c the accuracy that scores 0
 */
export function contrastTest(rho: number, c: number, items: number): BettingTest {
  const [low, high] = [-rho * c - (1 - c), rho * (1 - c) + c];
  return createBettingTest({ mean: 0, low: low - rounding, high: high + rounding, populationSize: items });
}

const rounding = 1e-9;

export function contrast(rho: number, c: number, rival: number, own: number): number {
  return rho * (rival - c) - (own - c);
}

/**
 * Tests that a model which got everything right would have a PER-A at least as high as the rival's, on the rival's
 * answers alone.
 *
 * @returns undefined where that holds at any accuracy of the rival
 */
export function ceilingTest(rho: number, c: number, items: number): BettingTest | undefined {
  const mean = c + (1 - c) / rho;
  return mean < 1 ? createBettingTest({ mean, populationSize: items }) : undefined;
}
