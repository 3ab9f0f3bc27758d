import type { AssumedSpread, RaceValues, RaceQuestion, RaceStatus, RaceVerdict, SpreadCheck } from '../../core/race.ts';
import type { Anchors } from '../anchors.ts';
import type { Factors } from '../factor.ts';

/** What one launch measured. */
export interface RaceLaunch extends RaceValues {
  /** Others, heat or the client were at work in it: what it differs by may be theirs. */
  readonly isDisturbed?: boolean | undefined;
}

/** All that is known of one model in a race. Facts only: what follows from them is computed anew each time. */
export interface Entrant {
  readonly model: string;
  /** Why it can't be launched here at all. */
  readonly exclusion?: string | undefined;
  /** Memory that it needs at least, known before it is launched, in bytes. */
  readonly memoryFloor?: number | undefined;
  /** Bytes of weights that one token passes through; what its cost is guessed from. */
  readonly activeBytes?: number | undefined;
  /** Device seconds per item, measured earlier. */
  readonly knownCost?: number | undefined;
  /** By launch; triage looks at the first alone, so that more launches change nothing that was decided. */
  readonly launches: readonly RaceLaunch[];
  /** Scores in [0, 1] of the model's own pre-drawn order, up to the first that is missing; a failed item has 0. */
  readonly scores: readonly number[];
  /** Which item of the benchmark each score is of; absent where that isn't known. */
  readonly order?: readonly number[] | undefined;
  /** Times of single requests in milliseconds, in an order drawn beforehand too. */
  readonly latencies: readonly number[];
  /** So many of them come first, and are no random sample but the panel of items; none where that isn't known. */
  readonly panelRequests?: number | undefined;
  /** Items that failed for a reason that isn't the model's. */
  readonly brokenItems: number;
  /** Why it can't be judged. Once all of its items are answered it stays, with the launches that it has. */
  readonly failure?: string | undefined;
  /** Its cell has ended, before a model that failed was let in again: it keeps the launches that it has. */
  readonly isEnded?: boolean | undefined;
  /** What was said of it for good, where it has to stay; see `withVerdicts`. */
  readonly verdict?: RaceVerdict | undefined;
  /** It failed before, and comes in once the others are decided: what was said of them stays. */
  readonly isRetried?: boolean | undefined;
}

/** More broken items than this share of all and the model is void. */
const maxBrokenShare = 0.01;

/** Why the answers of a model don't count, or undefined. */
export function brokenReason({ brokenItems }: Entrant, items: number): string | undefined {
  if (brokenItems <= maxBrokenShare * items) return undefined;
  return `${brokenItems} of ${items} items failed in the engine: more than 1 %`;
}

/** Why a model can't be judged, or undefined. */
export function voidReason(entrant: Entrant, items: number): string | undefined {
  const broken = brokenReason(entrant, items);
  if (broken !== undefined || entrant.failure === undefined) return broken;
  return entrant.scores.length === items && entrant.launches.length > 0 ? undefined : entrant.failure;
}

/** How the allowed error of a race is shared out; the parts add up to 1 - confidence. */
export interface ErrorBudget {
  /** That a bound on performance is wrong: half for the triage on one launch, half for the finalists. */
  readonly performance: number;
  readonly accuracy: number;
  /** 0 where the question has no limit on latency. */
  readonly latency: number;
}

/**
 * A fifth for performance, the rest for answers; halved between accuracy and latency where both are asked.
 *
 * @throws {RangeError} if the confidence isn't strictly between 0.5 and 1
 */
export function errorBudget(confidence: number, hasLatencyLimit: boolean): ErrorBudget {
  if (!(confidence > 0.5 && confidence < 1)) {
    throw new RangeError(`the confidence must be above 0.5 and below 1, got ${confidence}`);
  }
  const alpha = 1 - confidence;
  const answers = 0.8 * alpha;
  return {
    performance: 0.2 * alpha,
    accuracy: hasLatencyLimit ? answers / 2 : answers,
    latency: hasLatencyLimit ? answers / 2 : 0,
  };
}

/** What a race is about; fixed before the first item. */
export interface RaceSetup {
  readonly question: RaceQuestion;
  readonly confidence: number;
  readonly budget: ErrorBudget;
  /** Items of the benchmark: those in the order, not those of the published data. */
  readonly items: number;
  /** Needed for `winner` alone. */
  readonly anchors: Anchors | undefined;
  /** Accuracy of the best answer that needs no model: the winner is asked until it is shown to be better. */
  readonly usefulAbove: number;
  readonly weights: Factors;
  /** Launches that each of several finalists gets beside its first. */
  readonly extraLaunches: number;
  /** How far launches differ, as long as the race has none of its own to tell. */
  readonly spread: AssumedSpread;
}

/** @throws {RangeError} if the race has none */
export function raceAnchors({ anchors }: RaceSetup): Anchors {
  if (anchors === undefined) throw new RangeError('the question "winner" needs anchors');
  return anchors;
}

/** What to do next. */
export type RaceStep =
  | { readonly type: 'launch'; readonly model: string; readonly launch: number }
  /** Ask items in the pre-drawn order until the race wants something else, and until so many are answered at most. */
  | { readonly type: 'items'; readonly model: string; readonly upTo: number }
  /** Ask a block of items one at a time, for the limit on latency. */
  | { readonly type: 'latencies'; readonly model: string }
  | { readonly type: 'end' };

/** What one model is asked for. */
export type RaceWork = Exclude<RaceStep, { readonly type: 'end' }>;

/** What can be said of one model so far. */
export interface Judgement {
  readonly entrant: Entrant;
  readonly status: RaceStatus;
  readonly reason: string;
  /** Answers that decided. */
  readonly n: number;
  readonly tau: number | undefined;
  readonly logEvidence: number | undefined;
  /** It rests on the model's size, not on a measurement. */
  readonly isAssumed: boolean;
  /** Nothing that others do can change it. */
  readonly isFinal: boolean;
  /** Whom its answers are compared with, where the question says so. */
  readonly base?: Entrant | undefined;
}

/** What one model's turn comes to: a verdict, or something to do first. */
export type Turn =
  | { readonly judgement: Judgement; readonly step?: undefined }
  | { readonly step: RaceWork; readonly judgement?: undefined };

/** Where a race stands. */
export interface RaceStanding {
  readonly step: RaceStep;
  /** In the order in which models are tried, as far as it got. */
  readonly judgements: readonly Judgement[];
  /** The answer, once `step` is `end`: best first. */
  readonly named: readonly string[];
  /** How far the first of them can be behind the true best, as a share. */
  readonly delta: number;
  /** What its launches say about the spread that was assumed; once `step` is `end`, and where they can be compared. */
  readonly spread?: SpreadCheck | undefined;
}

export function judged(
  entrant: Entrant,
  status: RaceStatus,
  reason: string,
  rest: Partial<Omit<Judgement, 'entrant' | 'status' | 'reason'>> = {},
): Judgement {
  const own = { n: 0, tau: undefined, logEvidence: undefined, isAssumed: false, isFinal: true };
  return { entrant, status, reason, ...own, ...rest };
}

/** Whether a verdict stays when others fail, or come in later: whoever is left has to be compared with them. */
export function isKept(verdict: Pick<Judgement, 'status'>): boolean {
  return verdict.status === 'failed' || isRuledOut(verdict);
}

/**
 * What a race goes on with once a model couldn't be judged: the others are decided without it, also those that come in
 * only then; whom it had ruled out by then stays out.
 *
 * @param decided by model
 */
export function withVerdicts(
  entrants: readonly Entrant[],
  decided: ReadonlyMap<string, RaceVerdict>,
): readonly Entrant[] {
  const isRetried = entrants.some((entrant) => entrant.isRetried === true);
  if (!isRetried && decided.values().every(({ status }) => status !== 'failed')) return entrants;
  return entrants.map((entrant) => {
    const verdict = decided.get(entrant.model);
    return verdict !== undefined && isKept(verdict) ? { ...entrant, verdict } : entrant;
  });
}

/** What was said of a model before, as it was said. */
export function restated(entrant: Entrant): Judgement | undefined {
  if (entrant.verdict === undefined) return undefined;
  const { status, reason, n, tau, logE, isAssumed } = entrant.verdict;
  const logEvidence = logE === 'certain' ? Infinity : (logE ?? undefined);
  return judged(entrant, status, reason, { n, tau: tau ?? undefined, logEvidence, isAssumed });
}

/** Whether a model can't be the answer, by what it measured, answered or needs. */
export function isRuledOut({ status }: Pick<Judgement, 'status'>): boolean {
  return status === 'skipped' || status === 'pruned' || status === 'eliminated';
}

/** Nothing rules a model out so far. */
export const notRuledOut = 'not ruled out';

/** Why nobody can be compared with a model that is asked nothing more. */
export function endedReason({ model, scores }: Entrant): string {
  return `can't be judged: ${model} ended after ${scores.length} items; start the race anew to compare them`;
}

/** The turn of a model, unless it owes something that it can't give any more. */
export function withoutFailure(entrant: Entrant, turn: Turn): Turn;
export function withoutFailure(entrant: Entrant, turn: Turn | undefined): Turn | undefined;
export function withoutFailure(entrant: Entrant, turn: Turn | undefined): Turn | undefined {
  if (turn?.step === undefined || entrant.failure === undefined) return turn;
  return { judgement: judged(entrant, 'failed', entrant.failure, { n: entrant.scores.length }) };
}
