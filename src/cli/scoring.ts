import { UsageError } from '../core/errors.ts';
import {
  constraintNames,
  type GateLimits,
  gateLimitNames,
  isConstraint,
  isGateLimit,
  type LimitName,
  type Limits,
  withLimit,
} from '../core/limits.ts';
import type { ScoringChoice } from '../app/scoring.ts';
import type { OptionValues } from './options/option.ts';
import type { ScoringOptions } from './tables/decision-options.ts';

/**
 * Limits with those that were written out.
 *
 * @throws {UsageError} if one is none, or isn't supported here
 */
function withWritten(
  limits: Limits,
  flag: string,
  texts: readonly string[],
  isAllowed: (name: LimitName) => boolean,
): Limits {
  try {
    return texts.reduce<Limits>((known, text) => withLimit(known, text, isAllowed), limits);
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(`${flag}: ${error.message}`) : error;
  }
}

/** The limits among the flags: those with flags of their own, and those that were written out. */
function limitsOf(
  flags: Limits & { readonly require: readonly string[] },
  names: readonly LimitName[],
  isAllowed: (name: LimitName) => boolean,
): Limits {
  const named: { [Name in LimitName]?: number } = {};
  for (const name of names) if (flags[name] !== undefined) named[name] = flags[name];
  return withWritten(named, '--require', flags.require, isAllowed);
}

/** The limits of a gate. */
export function gateLimitsOf(
  flags: Limits & { readonly require: readonly string[]; readonly advisory: readonly string[] },
): GateLimits {
  const { advisory, ...required } = flags;
  return {
    ...limitsOf(required, gateLimitNames, isGateLimit),
    advisory: withWritten({}, '--advisory', advisory, isGateLimit),
  };
}

/** The limits of a command that chooses models. */
export function constraintsOf(flags: Limits & { readonly require: readonly string[] }): Limits {
  return limitsOf(flags, constraintNames, isConstraint);
}

/** What the flags of a command say about scores. */
export function scoringChoice(flags: OptionValues<ScoringOptions>): ScoringChoice {
  return { ...flags, score: scoreOf(flags), limits: constraintsOf(flags) };
}

export function scoreOf({ score }: Pick<OptionValues<ScoringOptions>, 'score'>): 'PER-A' | 'PER-paper' {
  return score === 'per-paper' ? 'PER-paper' : 'PER-A';
}
