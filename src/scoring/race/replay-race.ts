import type { Entrant } from './entrant.ts';
import { replayCheapestRace } from './cheapest-race.ts';
import type { RaceSetup, RaceStanding } from './race-setup.ts';
import { replayWinnerRace } from './winner-race.ts';

/**
 * Where a race stands after the facts that are known, and what to do next.
 *
 * A function of the facts alone: after a crash the same facts give the same tests, step by step, so nothing but answers
 * has to be stored. Answers count in the pre-drawn order only; one that is missing holds up all behind it.
 *
 * @param entrants in the order in which they are tried, at least one
 * @throws {RangeError} if there is none, or `winner` has no anchors
 */
export function replayRace(entrants: readonly Entrant[], setup: RaceSetup): RaceStanding {
  if (entrants.length === 0) throw new RangeError('a race needs at least one model');
  return setup.question.goal === 'winner' ? replayWinnerRace(entrants, setup) : replayCheapestRace(entrants, setup);
}

/** Cheapest first: by cost per item where it is known of all, else by weights per token; unknown ones last. */
export function raceOrder<Candidate extends Pick<Entrant, 'model' | 'activeBytes' | 'knownCost'>>(
  candidates: readonly Candidate[],
): readonly Candidate[] {
  const isKnown = candidates.every(({ knownCost }) => knownCost !== undefined);
  const key = ({ activeBytes, knownCost }: Candidate): number => (isKnown ? knownCost : activeBytes) ?? Infinity;
  return candidates.toSorted((a, b) => {
    const [left, right] = [key(a), key(b)];
    // Infinity minus itself is no number: such models stay in the order in which they were given.
    return left === right ? 0 : left - right;
  });
}
