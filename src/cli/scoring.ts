import { UsageError } from '../core/errors.ts';
import { constraintNames, isConstraint, type LimitName, type Limits, withLimit } from '../core/limits.ts';
import type { ScoringChoice } from '../app/scoring.ts';
import type { OptionValues } from './options/option.ts';
import type { ScoringOptions } from './tables/decision-options.ts';

/**
 * The limits among the flags: those with flags of their own, and those that were written out.
 *
 * @throws {UsageError} if `--require` has what isn't supported here
 */
export function limitsOf(
  flags: Limits & { readonly require: readonly string[] },
  names: readonly LimitName[],
  isAllowed: (name: LimitName) => boolean,
): Limits {
  const named: { [Name in LimitName]?: number } = {};
  for (const name of names) if (flags[name] !== undefined) named[name] = flags[name];
  try {
    return flags.require.reduce<Limits>((limits, text) => withLimit(limits, text, isAllowed), named);
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(`--require: ${error.message}`) : error;
  }
}

/** The limits of a command that chooses models. */
export function constraintsOf(flags: Limits & { readonly require: readonly string[] }): Limits {
  return limitsOf(flags, constraintNames, isConstraint);
}

/** What the flags of a command say about scores. */
export function scoringChoice(flags: OptionValues<ScoringOptions>): ScoringChoice {
  return { ...flags, limits: constraintsOf(flags) };
}
