import type { Limits } from '../core/limits.ts';
import type { Interval } from '../core/measurement.ts';
import type { CurveSegment } from './accuracy-weight-curve.ts';
import type { Anchors } from './anchors.ts';
import type { ConstraintCheck, LargestGate } from './constraints.ts';
import type { Factors } from './factor.ts';
import type { Scoreboard } from './scoreboard.ts';
import type { TaskEvidence } from './task-evidence.ts';

/** One task that counts, with what was measured on it. */
export interface DecisionTask {
  /** With PER-A of its anchors where there are any. */
  readonly board: Scoreboard;
  /** Above 0; only ratios between tasks count. */
  readonly weight: number;
  readonly anchors: Anchors | undefined;
  /** Items and launches behind the board; undefined for a table that somebody else measured. */
  readonly evidence: TaskEvidence | undefined;
}

export interface DecisionOptions {
  readonly score: 'PER-A' | 'PER-paper';
  readonly constraints: Limits;
  /** Of the factors, as the boards were scored with; a quarter each by default. */
  readonly weights?: Factors | undefined;
  /** Price of one device for an hour; prices that were measured need none. */
  readonly pricePerHour?: number | undefined;
  readonly seed?: number;
  readonly resamples?: number;
}

export interface DecisionCandidate {
  readonly model: string;
  /** Over all tasks; undefined where it has none. */
  readonly score: number | undefined;
  /** Bootstrap interval of the score. */
  readonly interval: Interval | undefined;
  /** Score on each task, in their order. */
  readonly taskScores: readonly (number | undefined)[];
  /** Passes every constraint and has a score. */
  readonly isEligible: boolean;
  /** 1, 2, 2, 4 among the eligible. */
  readonly rank: number | undefined;
  readonly checks: readonly ConstraintCheck[];
  /** Why it has no score, one phrase each. */
  readonly reasons: readonly string[];
  /** Device time per item (or per token), the tasks weighted. */
  readonly costSeconds: number | undefined;
  /** Share of replicates that it wins among the eligible: support on new items and launches, not confidence. */
  readonly support: number | undefined;
  /** Nobody eligible is significantly better. */
  readonly isInTieGroup: boolean | undefined;
  /** Accuracy with which it would beat the recommended model; one task and PER-A only. 1 or more: none would do. */
  readonly requiredAccuracy: number | undefined;
  readonly accuracy: number | undefined;
}

/** Who would win at which weight of something. */
export interface WeightCurve {
  /** `accuracy`, or the id of a task. */
  readonly of: string;
  /** The weight now, from 0 to 1. */
  readonly weight: number;
  readonly segments: readonly CurveSegment[];
}

export type DecisionOutcome = 'recommended' | 'none-qualify' | 'no-valid-model';

/** The answer to "which model?", and what it hangs on. Plain JSON. */
export interface Decision {
  readonly outcome: DecisionOutcome;
  /** Version of the score, such as `PER-A/2026-1/cpu`. */
  readonly scoreVersion: string;
  readonly tasks: readonly { readonly taskId: string; readonly title: string | undefined; readonly weight: number }[];
  readonly constraints: Limits;
  /** The eligible by rank, then the others by score. */
  readonly candidates: readonly DecisionCandidate[];
  readonly recommended: string | undefined;
  readonly runnerUp: string | undefined;
  /** The next cheaper model than the recommended one. */
  readonly nextCheaper: string | undefined;
  /** Has the highest score, but fails a constraint. */
  readonly unconstrained: string | undefined;
  /** Misses the constraints by least, where nobody passes. */
  readonly nearestMiss: string | undefined;
  readonly largestGates: readonly LargestGate[];
  readonly curves: readonly WeightCurve[];
  readonly resamples: number | undefined;
  /** What a reader must know, one sentence each. */
  readonly notes: readonly string[];
}
