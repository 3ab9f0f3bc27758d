import { createBettingTest, type BettingTest } from '../../stats/anytime-interval.ts';

/** A rival's test, with what it looks at. */
export interface RivalTest {
  readonly test: BettingTest;
  readonly value: (rivalScore: number, ownScore: number) => number;
}

/** An answer to the item that is being looked at. */
export interface Scored<Model> {
  readonly model: Model;
  readonly score: number;
}

/**
 * Evidence that one model can't win, from answers to items that all models are asked in one order that was drawn
 * beforehand. It multiplies up what the tests against the best of the others win, whoever that is at the time; with a
 * probability of at most a it ever reaches 1/a for a model that does win, however long it goes on.
 */
export interface Evidence<Model> {
  /** Natural logarithm. */
  readonly log: number;
  /** Takes an item: all answers to it, the model's own, and who was the best of the others before it. */
  observe(answers: readonly Scored<Model>[], own: number, best: Model | undefined): void;
}

/** @param createTest the test against a rival; undefined where that rival can't rule it out */
export function createEvidence<Model>(createTest: (rival: Model) => RivalTest | undefined): Evidence<Model> {
  const tests = new Map<Model, (RivalTest & { log: number }) | undefined>();
  let log = 0;
  return {
    observe(answers, own, best) {
      for (const { model: rival, score } of answers) {
        let against = tests.get(rival);
        if (against === undefined) {
          if (tests.has(rival)) continue;
          const created = createTest(rival);
          against = created && { ...created, log: 0 };
          tests.set(rival, against);
          if (against === undefined) continue;
        }
        against.test.observe(against.value(score, own));
        const after = against.test.state.logEvidence;
        // One that was certain before stays so: infinity minus itself is no number.
        if (rival === best) log = after === Infinity ? Infinity : log + after - against.log;
        against.log = after;
      }
    },
    get log() {
      return log;
    },
  };
}

const rounding = 1e-9;

/**
 * Tests that a rival has no higher PER-A: the mean of rho (X_rival - c) - (X_own - c) is at most 0.
 *
 * @param rho how much more the rival gets out of its performance, at least
 * @param c the accuracy that scores 0
 */
export function contrastTest(rho: number, c: number, items: number): RivalTest {
  const [low, high] = [-rho * c - (1 - c), rho * (1 - c) + c];
  return {
    test: createBettingTest({ mean: 0, low: low - rounding, high: high + rounding, populationSize: items }),
    value: (rival, own) => rho * (rival - c) - (own - c),
  };
}

/**
 * Tests that a model which got everything right would have a PER-A at least as high as the rival's, on the rival's
 * answers alone.
 *
 * @returns undefined where that holds at any accuracy of the rival
 */
export function ceilingTest(rho: number, c: number, items: number): RivalTest | undefined {
  const mean = c + (1 - c) / rho;
  return mean < 1 ? { test: createBettingTest({ mean, populationSize: items }), value: (rival) => rival } : undefined;
}
