import type { ScoringChoice } from '../local/scoring.ts';
import { constraintNames, type Constraints } from '../stats/constraints.ts';
import type { OptionValues } from './options/option.ts';
import type { ScoringOptions } from './tables/scoring-options.ts';

/** The limits among the flags. */
export function constraintsOf(flags: Constraints): Constraints {
  return Object.fromEntries(
    constraintNames.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]] as const])),
  );
}

/** What the flags of a command say about scores. */
export function scoringChoice(flags: OptionValues<ScoringOptions>): ScoringChoice {
  return { ...flags, limits: constraintsOf(flags) };
}
