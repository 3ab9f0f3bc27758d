import type { AnchorSet } from '../scoring/anchors.ts';
import type { Limits } from '../core/limits.ts';
import type { DecideOptions } from '../scoring/decide.ts';
import type { FactorName, Factors } from '../scoring/factor.ts';
import type { JudgeOptions } from '../scoring/judge-scoreboard.ts';
import { listText } from '../scoring/board-text.ts';
import type { Scoreboard } from '../scoring/scoreboard.ts';
import { fittingAnchors, type HostClass, resolveAnchors } from './resolve-anchors.ts';

/** How scores are made and what is asked of them; what is left out is as `perbench report` without flags has it. */
export interface ScoringChoice {
  /** What decides; PER-A by default. */
  readonly score?: DecideOptions['score'];
  /** A name such as `paper-gpu`, a file, or `none`; by default the project's, else the hardware's. */
  readonly anchors?: string | undefined;
  /** Of the factors; a quarter each by default. */
  readonly weights?: Factors | undefined;
  readonly limits?: Limits | undefined;
  /** Of one device. */
  readonly pricePerHour?: number | undefined;
  /** Factors in which no other model may be better. */
  readonly pareto?: readonly FactorName[] | undefined;
  readonly requiredAccuracy?: boolean | undefined;
  /** How robust the order is. */
  readonly card?: boolean | undefined;
}

/** A choice with its anchors found. */
export interface Scoring {
  readonly anchors: AnchorSet | undefined;
  readonly weights: Factors | undefined;
  readonly judge: JudgeOptions;
}

/**
 * Scoring as it was chosen and as the project wants it.
 *
 * @param projectDir absolute
 * @param hostClass of the runs; undefined for tables
 */
export async function resolveScoring(
  { anchors, weights, score, limits, pricePerHour, pareto, requiredAccuracy, card }: ScoringChoice,
  projectDir: string,
  hostClass: HostClass | undefined,
): Promise<Scoring> {
  return {
    anchors: await resolveAnchors({ choice: anchors, projectDir, hostClass }),
    weights,
    judge: { score, limits, pricePerHour, front: pareto, showsRequired: requiredAccuracy, showsCard: card },
  };
}

/**
 * Where anchors are provisional, and why.
 *
 * @param isTable measured elsewhere: whether anchors of known hardware fit, only the user can say
 */
export async function anchorsNotes(
  boards: readonly Scoreboard[],
  choice: string | undefined,
  isTable: boolean,
): Promise<readonly string[]> {
  const provisional = boards.filter(({ anchors }) => anchors?.provisionalFrom !== undefined);
  if (provisional.length === 0) return [];
  const isUnfit = choice !== undefined && choice !== 'none';
  const reason = isUnfit ? `${choice} has none in these units` : 'the medians of these models';
  const fitting = isTable && !isUnfit ? await fittingAnchors(provisional) : [];
  const other =
    fitting.length === 0
      ? 'a file with --anchors sets your own (docs/scores.md)'
      : `--anchors ${fitting.map(({ name, summary }) => `${name} fits (${summary})`).join(', ')}`;
  const tasks = listText(provisional.map(({ title, taskId }) => title ?? taskId));
  return [`Anchors of ${tasks} are provisional (${reason}); ${other}.`];
}
