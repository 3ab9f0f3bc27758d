import type { RunPlan } from '../../src/run/plan.ts';
import { racePlan, rightAnswers } from './race-plan.ts';

/** A race that takes a while: its gate is so near the accuracy that most items are needed. */
export function slowRacePlan(): Promise<RunPlan> {
  const models = { near: { answers: rightAnswers(8), tokenMs: 12 } };
  return racePlan('cheapest with accuracy >= 0.78', { models, count: 500, suite: { concurrency: 8 } });
}
