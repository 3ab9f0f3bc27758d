import type { RaceQuestion, RaceStatus } from '../../core/race.ts';
import type { Anchors } from '../anchors.ts';
import type { Factors } from '../factor.ts';
import type { Entrant } from './entrant.ts';
import type { ErrorBudget } from './error-budget.ts';
import type { ScoreGateRule } from './score-gate.ts';

/** What a race is about; fixed before the first item. */
export interface RaceSetup {
  readonly question: RaceQuestion;
  readonly confidence: number;
  readonly budget: ErrorBudget;
  /** Items of the benchmark: those in the order, not those of the published data. */
  readonly items: number;
  /** Needed for `winner` alone. */
  readonly anchors: Anchors | undefined;
  readonly weights: Factors;
  /** Launches that each finalist gets beside its first. */
  readonly extraLaunches: number;
}

/** What to do next. */
export type RaceStep =
  | { readonly type: 'launch'; readonly model: string; readonly launch: number }
  /** Ask items in the pre-drawn order until the gate says something. */
  | { readonly type: 'items'; readonly model: string; readonly gate: ScoreGateRule }
  /** Ask items one at a time until the gate on "in time" says something. */
  | { readonly type: 'latencies'; readonly model: string; readonly gate: ScoreGateRule }
  | { readonly type: 'end' };

/** What can be said of one model so far. */
export interface Judgement {
  readonly entrant: Entrant;
  readonly status: RaceStatus;
  readonly reason: string;
  /** Answers that decided. */
  readonly n: number;
  readonly tau?: number | undefined;
  readonly logEvidence?: number | undefined;
  /** It rests on the model's size, not on a measurement. */
  readonly isAssumed?: boolean;
  /** Nothing that others do can change it. */
  readonly isFinal: boolean;
}

/** What one model's turn comes to: a verdict, or something to do first. */
export type Turn = { readonly judgement: Judgement; readonly step?: undefined } | { readonly step: RaceStep };

/** Where a race stands. */
export interface RaceStanding {
  readonly step: RaceStep;
  /** In the order in which models are tried, as far as it got. */
  readonly judgements: readonly Judgement[];
  /** The answer, once `step` is `end`: best first. */
  readonly named: readonly string[];
  /** How far the first of them can be behind the true best, as a share. */
  readonly delta: number;
}

export function judged(
  entrant: Entrant,
  status: RaceStatus,
  reason: string,
  rest: Partial<Omit<Judgement, 'entrant' | 'status' | 'reason'>> = {},
): Judgement {
  return { entrant, status, reason, n: 0, isFinal: true, ...rest };
}
