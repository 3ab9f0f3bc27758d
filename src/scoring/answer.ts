import type { Limits } from '../core/limits.ts';
import type { Interval } from '../core/measurement.ts';
import type { CurveSegment } from './accuracy-weight-curve.ts';
import type { ConstraintCheck, LargestGate } from './constraints.ts';
import type { FactorName } from './factor.ts';

/** What a model's answers to a task's items are, beside their scores. */
export interface AnswerFacts {
  readonly items: number;
  /** Sum of the scores. */
  readonly right: number;
  /** Independent items that these are worth: fewer where items share a passage. */
  readonly independentItems: number;
  readonly unreadable: number;
  /** The first output that no answer could be read from. */
  readonly firstUnreadable: string | undefined;
  /** Right answers of all items, where they are few different ones. */
  readonly labels: LabelFacts | undefined;
}

/** How answers stand to the labels of a task whose right answers are few different ones. */
export interface LabelFacts {
  readonly labels: readonly string[];
  /** Readable answers that are one of the labels, right or wrong. */
  readonly amongLabels: number;
}

/** Bounds of a model's accuracy against what it has to exceed. */
export interface Usability {
  /** `unproven`: neither is certain with these items. */
  readonly state: 'usable' | 'unusable' | 'unproven';
  readonly accuracy: number;
  /** What that is, such as `macro F1`; absent where it is the share of right answers. */
  readonly metric?: string | undefined;
  /** One-sided bounds, 95 % each. */
  readonly low: number;
  readonly high: number;
  /** Undefined where a table doesn't say how many. */
  readonly items: number | undefined;
  readonly bound: UsableBound;
  /** Outputs that no answer could be read from. */
  readonly unreadable: number;
  readonly firstUnreadable: string | undefined;
  /** Not one readable answer is a label of the task, which is more likely an error in the data than in the model. */
  readonly foreignLabels: readonly string[] | undefined;
  /** Further items that would probably tell; undefined where it is told, or no number of items would. */
  readonly moreItems: number | undefined;
}

/** The accuracy that decides whether a model is usable. */
export interface UsableBound {
  readonly accuracy: number;
  /** `limit`: the user's; else the best answer that needs no model, such as `chance`, `longest`, `always_unanswerable`. */
  readonly of: string;
}

/** `recommend`: one model. `tie`: several, equally good as far as one can tell. `none`: no model is usable. */
export type AnswerKind = 'recommend' | 'tie' | 'none' | 'unknown';

/**
 * `clear`: ahead of every other in the pairwise tests, with speed from at least two launches on a quiet machine.
 * `certified`: a race has proved it for exactly the items of its task, see its certificate.
 * `likely`: ahead, with a reason why that isn't certain. `only`: no other model is usable. `unknown`: nothing is known
 * about spread.
 */
export type ConfidenceLevel = 'clear' | 'likely' | 'only' | 'certified' | 'unknown';

export interface Confidence {
  readonly level: ConfidenceLevel;
  /** Why it isn't clear, one phrase each. */
  readonly why: readonly string[];
  /** Share of resamples in which it is first: support, never confidence. Undefined without a rival. */
  readonly support: number | undefined;
}

/** How the first model compares with the second in one factor. */
export interface Difference {
  readonly factor: FactorName;
  /** Accuracy: first minus second. The rest: first over second, in the unit of the factor. */
  readonly change: number;
  /** Of the change; undefined where the spread isn't known. */
  readonly interval: Interval | undefined;
  readonly isBetter: boolean;
  /** Accuracy: the paired test tells the two apart; the rest: by more than launches vary. */
  readonly isSignificant: boolean;
  /** A number behind it carries a reason not to trust it. */
  readonly isDoubtful: boolean;
}

/**
 * Where a model stands. `beyond-limits`: misses a limit other than accuracy. `unproven`: neither usable nor unusable for
 * certain. `unmeasured`: no accuracy that counts.
 */
export type CandidateState = 'usable' | 'unproven' | 'unusable' | 'beyond-limits' | 'unmeasured';

export interface Candidate {
  readonly model: string;
  readonly state: CandidateState;
  /** Over all tasks; undefined where it has none. */
  readonly score: number | undefined;
  /** Bootstrap interval of the score. */
  readonly interval: Interval | undefined;
  /** What the score can be by the doubts about its numbers; a missing number can be anything. */
  readonly range: readonly [low: number, high: number];
  /** Score on each task, in their order. */
  readonly taskScores: readonly (number | undefined)[];
  /** 1, 2, 2, 4 among the usable. */
  readonly rank: number | undefined;
  /** Share of resamples in which it is first among the usable. */
  readonly support: number | undefined;
  /** Central 95 % of its ranks among the usable over the resamples. */
  readonly ranks: readonly [low: number, high: number] | undefined;
  /** Ahead of it, the first is so in every test; undefined for the first itself and for models that don't compete. */
  readonly isBehind: boolean | undefined;
  /** On each task, in their order. */
  readonly usability: readonly (Usability | undefined)[];
  readonly checks: readonly ConstraintCheck[];
  /** Why it isn't usable, or which of its numbers are missing or doubtful; one phrase each. */
  readonly reasons: readonly string[];
  /** Device time per item (or per token), the tasks weighted. */
  readonly costSeconds: number | undefined;
  /** Accuracy with which it would be first; one task only. 1 or more: none would do. */
  readonly requiredAccuracy: number | undefined;
  /** Of the required accuracy, by the launches; undefined where their spread isn't known. */
  readonly requiredInterval: Interval | undefined;
  readonly accuracy: number | undefined;
}

/** Who would be first at which weight of something. */
export interface WeightCurve {
  /** `accuracy`, or the id of a task. */
  readonly of: string;
  /** The weight now, from 0 to 1. */
  readonly weight: number;
  readonly segments: readonly CurveSegment[];
}

interface AnswerBase {
  /** Version of the score, such as `PER-A/2026-1/cpu`. */
  readonly scoreVersion: string;
  readonly tasks: readonly { readonly taskId: string; readonly title: string | undefined; readonly weight: number }[];
  readonly limits: Limits;
  /** The usable by score, then the others. */
  readonly candidates: readonly Candidate[];
  /** The first candidate against the second, where both were measured: in what it is better. */
  readonly because: readonly Difference[];
  /** In what it is worse. */
  readonly atCost: readonly Difference[];
  readonly runnerUp: string | undefined;
  /** Who would be first at other weights. */
  readonly wouldChange: readonly WeightCurve[];
  /** The next cheaper model than the first. */
  readonly nextCheaper: string | undefined;
  /** Has the highest score, but misses a limit. */
  readonly unlimited: string | undefined;
  /** Limits at which a model would pass, where none does. */
  readonly largestGates: readonly LargestGate[];
  readonly resamples: number | undefined;
  /** What a reader must know, one sentence each. */
  readonly notes: readonly string[];
}

/** What a model lacks for an answer. */
export interface ModelGap {
  readonly model: string;
  readonly reasons: readonly string[];
}

/** Why a candidate isn't the answer, or can't be said to be. */
export const gapOf = ({ model, reasons }: ModelGap): ModelGap => ({ model, reasons });

/** The answer to "which model?" for one task, or for several by weight. Plain JSON. */
export type Answer = AnswerBase &
  (
    | { readonly kind: 'recommend'; readonly model: string; readonly confidence: Confidence }
    | {
        readonly kind: 'tie';
        readonly models: readonly string[];
        /** What would tell them apart: `items`, `launches`; `nothing`: they are practically equal. */
        readonly separatedBy: 'items' | 'launches' | 'nothing';
      }
    | { readonly kind: 'none'; readonly reasons: readonly ModelGap[] }
    | {
        readonly kind: 'unknown';
        readonly missing: readonly ModelGap[];
        /** What would tell, most useful first. */
        readonly needs: readonly Need[];
      }
  );

/** `items`: so many more, of which the task has so many (undefined: nobody says). `quiet`: measure again on a quiet machine. `numbers`: what is missing or not valid. `race`: the same race again, which takes the launches of this one into account. */
export type Need =
  | { readonly what: 'items'; readonly items: number; readonly available: number | undefined }
  | { readonly what: 'quiet' }
  | { readonly what: 'numbers' }
  | { readonly what: 'race' };

/** Answers to several tasks: each by itself, and what holds for all. */
export interface Answers {
  readonly kind: AnswerKind;
  readonly tasks: readonly Answer[];
  /** Among the best on every task. */
  readonly forAll: string | undefined;
  /** Where the user gave weights of tasks. */
  readonly weighted: Answer | undefined;
}

/** The models that an answer names: one, the tied ones, or none. */
export function namedModels(answer: Answer): readonly string[] {
  if (answer.kind === 'recommend') return [answer.model];
  return answer.kind === 'tie' ? answer.models : [];
}

function commonKind(kinds: readonly AnswerKind[], forAll: string | undefined): AnswerKind {
  const [first = 'unknown', ...others] = new Set(kinds);
  if (others.length === 0) return first;
  if (kinds.some((kind) => kind === 'unknown' || kind === 'none')) return 'unknown';
  return forAll === undefined ? 'tie' : 'recommend';
}

/**
 * What the answers to single tasks come to: nothing is counted or averaged unless the user weighted the tasks.
 * `recommend` where every task has its model, or one is among the best on all; `none` where no task has any.
 */
export function joinAnswers(tasks: readonly Answer[], weighted?: Answer): Answers {
  const [first = [], ...others] = tasks.map(namedModels);
  const [forAll] = first.filter((model) => others.every((named) => named.includes(model)));
  const kinds = tasks.map(({ kind }) => kind);
  return { kind: weighted?.kind ?? commonKind(kinds, forAll), tasks, forAll, weighted };
}
