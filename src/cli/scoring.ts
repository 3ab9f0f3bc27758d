import { fittingAnchors, resolveAnchors, type HostClass } from '../local/resolve-anchors.ts';
import type { AnchorSet } from '../stats/anchors.ts';
import { constraintNames, type Constraints } from '../stats/constraints.ts';
import type { Factors } from '../stats/factor.ts';
import type { JudgeOptions } from '../stats/judge-scoreboard.ts';
import type { Scoreboard } from '../stats/scoreboard.ts';
import type { CliContext } from './context.ts';
import type { OptionValues } from './options/option.ts';
import type { ScoringOptions } from './tables/scoring-options.ts';

/** What the flags of a command say about scores; commands without such flags say nothing. */
export type ScoringFlags = Partial<OptionValues<ScoringOptions>>;

/** The flags in the words of the library. */
export interface Scoring {
  readonly anchors: AnchorSet | undefined;
  readonly weights: Factors | undefined;
  readonly judge: JudgeOptions;
}

/** The limits among the flags. */
export function constraintsOf(flags: Constraints): Constraints {
  return Object.fromEntries(
    constraintNames.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]] as const])),
  );
}

/**
 * Scoring as the flags and the project want it.
 *
 * @param hostClass of the runs; undefined for tables
 */
export async function scoringOf(
  flags: ScoringFlags,
  context: CliContext,
  hostClass: HostClass | undefined,
): Promise<Scoring> {
  const { anchors: choice, weights, pricePerHour, pareto, requiredAccuracy, card } = flags;
  return {
    anchors: await resolveAnchors({ choice, projectDir: context.workingFolder, hostClass }),
    weights,
    judge: {
      limits: constraintsOf(flags),
      pricePerHour,
      front: pareto,
      showsRequired: requiredAccuracy,
      showsCard: card,
    },
  };
}

/** What to say where there are no anchors: those whose tasks and units fit, else that anchors can be stated. */
export async function anchorsHint(boards: readonly Scoreboard[]): Promise<string> {
  const fitting = await fittingAnchors(boards);
  return fitting.length === 0
    ? '--anchors takes a file with your own (docs/scores.md)'
    : `--anchors ${fitting.map(({ name, summary }) => `${name} fits (${summary})`).join(', ')}`;
}
