import type { RaceVerdict } from '../../core/race.ts';
import { createBettingTest } from '../../stats/anytime-interval.ts';
import { createDifferenceTest } from '../../stats/difference-test.ts';

/** What is asked of the mean of a model's scores over all items. */
export interface ScoreGateRule {
  /** Below this the model is out. */
  readonly tau: number;
  readonly items: number;
  /** Allowed error of the test that rules out. */
  readonly failAlpha: number;
  /** Allowed error of the test that lets through before all items are in; without it only all items do. */
  readonly passAlpha?: number | undefined;
  /** Scores and `tau` are differences from another model's, in [-1, 1]. */
  readonly isDifference?: boolean | undefined;
}

export type GateState = 'open' | 'failed' | 'passed' | 'full';

/** Looks at every answer in the pre-drawn order; says as soon as nothing more need be asked. */
export interface ItemGate {
  /** Takes the next score; after the decision nothing counts any more. */
  observe(score: number): GateState;
  readonly state: GateState;
  readonly count: number;
}

/** An item gate on the mean of the scores. */
export interface ScoreGate extends ItemGate {
  readonly sum: number;
  /** Evidence that the mean is below tau. */
  readonly logEvidence: number;
}

const nothing = 1e-9;

/**
 * Gate on a mean of values in [0, 1], or of differences: two betting tests without replacement, and the exact answer once
 * all are in.
 *
 * @throws {RangeError} if tau or a score is out of range
 */
export function createScoreGate({ tau, items, failAlpha, passAlpha, isDifference }: ScoreGateRule): ScoreGate {
  const createTest = isDifference === true ? createDifferenceTest : createBettingTest;
  const mirrored = (value: number): number => (isDifference === true ? -value : 1 - value);
  const fail = createTest({ mean: mirrored(tau), populationSize: items });
  const pass = passAlpha === undefined ? undefined : createTest({ mean: tau, populationSize: items });
  const failAt = Math.log(1 / failAlpha);
  const passAt = passAlpha === undefined ? Infinity : Math.log(1 / passAlpha);
  let [count, sum, failLog, passLog] = [0, 0, 0, 0];
  let state: GateState = 'open';

  function decide(): GateState {
    // With all items in nothing is left to test, and equal is enough.
    if (count === items) return sum < tau * items - nothing ? 'failed' : 'full';
    if (failLog >= failAt) return 'failed';
    return passLog >= passAt ? 'passed' : 'open';
  }

  return {
    observe(score) {
      if (state !== 'open') return state;
      fail.observe(mirrored(score));
      pass?.observe(score);
      count += 1;
      sum += score;
      failLog = fail.state.logEvidence;
      passLog = pass?.state.logEvidence ?? 0;
      state = decide();
      return state;
    },
    get state() {
      return state;
    },
    get count() {
      return count;
    },
    get sum() {
      return sum;
    },
    get logEvidence() {
      return failLog;
    },
  };
}

/** The gate after the scores that are known. */
export function replayGate(rule: ScoreGateRule, scores: readonly number[]): ScoreGate {
  const gate = createScoreGate(rule);
  for (const score of scores) if (gate.observe(score) !== 'open') break;
  return gate;
}

/** Evidence as it is stored: JSON has no infinity. */
export function storedEvidence(logEvidence: number): RaceVerdict['logE'] {
  return logEvidence === Infinity ? 'certain' : logEvidence;
}
