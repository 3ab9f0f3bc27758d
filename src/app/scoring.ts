import type { AnchorSet } from '../scoring/anchors.ts';
import type { Limits } from '../core/limits.ts';
import type { FactorName, Factors } from '../scoring/factor.ts';
import type { JudgeOptions } from '../scoring/judge-scoreboard.ts';
import type { Scoreboard } from '../scoring/scoreboard.ts';
import { fittingAnchors, type HostClass, resolveAnchors } from './resolve-anchors.ts';

/** How scores are made and what is asked of them; what is left out is as `perbench report` without flags has it. */
export interface ScoringChoice {
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
  { anchors, weights, limits, pricePerHour, pareto, requiredAccuracy, card }: ScoringChoice,
  projectDir: string,
  hostClass: HostClass | undefined,
): Promise<Scoring> {
  return {
    anchors: await resolveAnchors({ choice: anchors, projectDir, hostClass }),
    weights,
    judge: { limits, pricePerHour, front: pareto, showsRequired: requiredAccuracy, showsCard: card },
  };
}

/** What to say where there are no anchors: those whose tasks and units fit, else that anchors can be stated. */
export async function anchorsHint(boards: readonly Scoreboard[]): Promise<string> {
  const fitting = await fittingAnchors(boards);
  return fitting.length === 0
    ? '--anchors takes a file with your own (docs/scores.md)'
    : `--anchors ${fitting.map(({ name, summary }) => `${name} fits (${summary})`).join(', ')}`;
}
