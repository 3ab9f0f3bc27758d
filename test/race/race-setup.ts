import { latencyLimit, parseRaceQuestion } from '../../src/core/race-question.ts';
import { equalWeights } from '../../src/scoring/per-anchored.ts';
import { usualSpread } from '../../src/scoring/race/launch-noise.ts';
import { errorBudget, type RaceSetup } from '../../src/scoring/race/race-setup.ts';

/** A race at 95 % as suites ask for it, where nothing else is said. */
export function raceSetup(
  question: string,
  rest: Pick<RaceSetup, 'items' | 'anchors'> & Partial<Omit<RaceSetup, 'question' | 'confidence' | 'budget'>>,
): RaceSetup {
  const parsed = parseRaceQuestion(question);
  const confidence = 0.95;
  return {
    question: parsed,
    confidence,
    budget: errorBudget(confidence, latencyLimit(parsed.limits) !== undefined),
    weights: equalWeights,
    extraLaunches: 3,
    usefulAbove: 0,
    spread: usualSpread,
    ...rest,
  };
}
