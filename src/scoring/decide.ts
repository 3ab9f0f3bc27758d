import { limitLabel } from '../core/limits.ts';
import type { Interval } from '../core/measurement.ts';
import { unknownSpread } from '../stats/launch-interval.ts';
import { rankDescending } from '../stats/rank-inference.ts';
import { type Answer, type Candidate, type Confidence, gapOf } from './answer.ts';
import { type AskedTask, type Support, supportOf } from './answer-support.ts';
import { listText } from './board-text.ts';
import { hasConstraints, largestGates, missedChecks } from './constraints.ts';
import { differencesOf, pairedAccuracy } from './differences.ts';
import { equalWeights } from './per-anchored.ts';
import { needsOf, type Relation } from './answer-needs.ts';
import { requiredBetween } from './board-ranking.ts';
import { requiredAccuracy } from './required-accuracy.ts';
import { rawValues } from './scoreboard.ts';
import {
  asMeasured,
  doubted,
  scoreUnder,
  standingOf,
  type Part,
  type Standing,
  type StandingOptions,
} from './standing.ts';
import { weightCurves } from './weight-curves.ts';

export type DecideOptions = { readonly [Name in keyof StandingOptions]?: StandingOptions[Name] | undefined };

/** What two models are compared under. */
interface Assumption {
  /** The first model's accuracy at the low end of the paired interval of the difference. */
  readonly isAccuracyLow?: boolean;
  /** The first model's speeds worse by twice the standard error between launches, that of the less certain of the two. */
  readonly isSpeedLow?: boolean;
  /** Every doubt against the first model and for the second. */
  readonly isDoubted?: boolean;
}

/** How far the first model is ahead, as the logarithm of a ratio of scores. */
type Lead = (first: Standing, second: Standing, assumption: Assumption) => number;

/** Standard errors by which speed has to be worse without a consequence. */
const spreads = 2;

/** Of the logarithm of the speed; where launches have no known spread so much is assumed as they may differ at most. */
function speedError({ board, row }: Part): number {
  const isUnknown = board.inference?.withoutLaunchSpread.includes(row.model) === true;
  return isUnknown ? unknownSpread.throughput : (row.launches?.error ?? 0);
}

function leadUnder(shares: readonly number[], options: StandingOptions): Lead {
  return (first, second, { isAccuracyLow = false, isSpeedLow = false, isDoubted = false }) => {
    const rivals = new Map(second.parts.map((part) => [part?.board, part]));
    const own = scoreUnder(first, shares, options, (part) => {
      const other = rivals.get(part.board);
      const better = isDoubted ? doubted(part, 'worst') : asMeasured;
      const error = Math.max(speedError(part), other === undefined ? 0 : speedError(other));
      const slower = isSpeedLow ? Math.exp(-spreads * error) : 1;
      return {
        accuracy: isAccuracyLow && other !== undefined ? lowAccuracy(part, other) : undefined,
        better: { ...better, throughput: better.throughput * slower, latency: better.latency * slower },
      };
    });
    const against = scoreUnder(second, shares, options, (part) => (isDoubted ? { better: doubted(part, 'best') } : {}));
    if (against === undefined || against <= 0) return own !== undefined && own > 0 ? Infinity : 0;
    return own === undefined || own <= 0 ? -Infinity : Math.log(own / against);
  };
}

/** The least that a model's accuracy can be against another's, by the interval of their difference. */
function lowAccuracy(part: Part, other: Part): number {
  const found = pairedAccuracy(part, other);
  return found === undefined ? part.values.accuracy : other.values.accuracy + found.low;
}

function relationOf(first: Standing, rival: Standing, lead: Lead, support: Support | undefined): Relation {
  // Rank sets claim nothing of a model whose launches have no known spread: there the lead itself has to be large enough.
  const isSpeedLow = first.spread !== 'known' || rival.spread !== 'known';
  const isTied = !isSpeedLow && support?.models.get(rival.model)?.isInTieGroup === true;
  if (isTied || lead(first, rival, { isAccuracyLow: true, isSpeedLow }) <= 0) return 'tied';
  return lead(first, rival, { isAccuracyLow: true, isSpeedLow, isDoubted: true }) > 0 ? 'behind' : 'doubt';
}

/** Scores that differ by less are practically equal. */
const practicallyEqual = 0.01;

/** What would tell the first two of a tie apart. */
function separatedBy(first: Standing, second: Standing, lead: Lead): 'items' | 'launches' | 'nothing' {
  const gap = lead(first, second, {});
  // One of the two scores 0: only other answers could change that.
  if (!Number.isFinite(gap)) return 'items';
  if (Math.abs(gap) < practicallyEqual) return 'nothing';
  const byItems = gap - lead(first, second, { isAccuracyLow: true });
  const byLaunches = gap - lead(first, second, { isSpeedLow: true });
  return byLaunches > byItems ? 'launches' : 'items';
}

function confidenceOf(
  first: Standing,
  rivals: readonly Standing[],
  unproven: readonly Standing[],
  support: Support | undefined,
): Confidence {
  const share = rivals.length === 0 ? undefined : support?.models.get(first.model)?.topShare;
  const names = unproven.map(({ model }) => model);
  const open =
    names.length === 0 ? [] : [`${listText(names)} ${names.length === 1 ? 'is' : 'are'} not shown to be usable`];
  const limits = first.checks.filter(({ isSure, value }) => isSure === undefined && value !== undefined);
  const beyond = limits.map(({ constraint }) => `its ${limitLabel(constraint)} may be beyond the limit`);
  if (rivals.length === 0 && beyond.length === 0) return { level: 'only', why: open, support: undefined };
  if (support === undefined && rivals.length > 0)
    return { level: 'unknown', why: ['there are neither per-item answers nor intervals'], support: undefined };
  const compared = [first, ...rivals];
  const why = [
    ...(compared.some(({ spread }) => spread === 'one-launch') ? ['speed was measured in one launch'] : []),
    ...(compared.some(({ spread }) => spread === 'unknown') ? ['it is not known how far speed varies'] : []),
    ...new Set(beyond),
    ...(compared.some(({ isBusy }) => isBusy)
      ? ['other processes took CPU']
      : compared.some(({ isDoubtful }) => isDoubtful)
        ? ['some numbers are doubtful']
        : []),
    ...open,
  ];
  return { level: why.length === 0 ? 'clear' : 'likely', why, support: share };
}

type Verdict =
  | Pick<Extract<Answer, { kind: 'recommend' }>, 'kind' | 'model' | 'confidence'>
  | Pick<Extract<Answer, { kind: 'tie' }>, 'kind' | 'models' | 'separatedBy'>
  | Pick<Extract<Answer, { kind: 'none' }>, 'kind' | 'reasons'>
  | Pick<Extract<Answer, { kind: 'unknown' }>, 'kind' | 'missing' | 'needs'>;

/** By score; what has none comes last. */
const byScore = (left: Standing, right: Standing): number =>
  (right.score ?? -1) - (left.score ?? -1) || (left.model < right.model ? -1 : 1);

interface Judged {
  readonly verdict: Verdict;
  readonly relations: ReadonlyMap<string, Relation>;
}

/** The four answers, in the order in which they are ruled out. */
function judge(ordered: readonly Standing[], lead: Lead, support: Support | undefined): Judged {
  const of = (state: Standing['state']): readonly Standing[] => ordered.filter((standing) => standing.state === state);
  const [usable, unproven, unmeasured] = [of('usable'), of('unproven'), of('unmeasured')];
  const unknown = (missing: readonly Standing[], relations: ReadonlyMap<string, Relation> = new Map()): Judged => ({
    verdict: {
      kind: 'unknown',
      missing: missing.filter(({ reasons }) => reasons.length > 0).map(gapOf),
      needs: needsOf(missing, [...relations.values()]),
    },
    relations,
  });
  const [first, ...others] = usable;
  if (first === undefined) {
    const isOpen = unproven.length > 0 || unmeasured.length > 0 || ordered.length === 0;
    if (isOpen) return unknown([...unproven, ...unmeasured]);
    return { verdict: { kind: 'none', reasons: ordered.map(gapOf) }, relations: new Map() };
  }
  // Whoever isn't shown to be usable may be, and then the first must be ahead of it as of any other.
  const open = unproven.map((standing) => ({ standing, relation: relationOf(first, standing, lead, support) }));
  const rivalsToBe = open.filter(({ relation }) => relation !== 'behind');
  if (rivalsToBe.length > 0) {
    const unscored = usable.filter(({ score }) => score === undefined);
    const doubts = new Map(rivalsToBe.map(({ standing, relation }) => [standing.model, relation]));
    return unknown([...unscored, ...rivalsToBe.map(({ standing }) => standing)], doubts);
  }
  if (first.score === undefined && others.length > 0) return unknown(usable);
  const relations = new Map(others.map((rival) => [rival.model, relationOf(first, rival, lead, support)]));
  const ahead = others.filter(({ model }) => relations.get(model) !== 'behind');
  const [second] = ahead;
  if (second === undefined) {
    const confidence = confidenceOf(first, others, unproven, support);
    return { verdict: { kind: 'recommend', model: first.model, confidence }, relations };
  }
  const isDoubted = [first, ...ahead].some(({ range: [low, high] }) => high > low);
  if (isDoubted) {
    const all = new Map(
      [...relations].map(([model, relation]) => [model, relation === 'tied' ? 'doubt' : relation] as const),
    );
    return unknown([first, ...ahead], all);
  }
  const models = [first, ...ahead].map(({ model }) => model);
  return { verdict: { kind: 'tie', models, separatedBy: separatedBy(first, second, lead) }, relations };
}

/** Accuracy that a model needs to be first; one task and PER-A only. */
function requiredOf(
  first: Standing | undefined,
  { model, parts }: Standing,
  { score, weights = equalWeights }: StandingOptions,
): number | undefined {
  const [part, ...others] = parts;
  const anchors = part?.board.anchors;
  if (first === undefined || anchors === undefined || others.length > 0 || score !== 'PER-A') return undefined;
  if (model === first.model || !(weights.accuracy > 0)) return undefined;
  const [best, own] = [rawValues(first.parts[0]?.row), rawValues(part?.row)];
  return best === undefined || own === undefined ? undefined : requiredAccuracy(best, own, anchors, { weights });
}

/** How far that depends on launches. */
function requiredIntervalOf(
  first: Standing | undefined,
  standing: Standing,
  { replicates, board }: AskedTask,
  options: StandingOptions,
): Interval | undefined {
  const accuracy = first?.parts[0]?.values.accuracy;
  if (first === undefined || requiredOf(first, standing, options) === undefined) return undefined;
  return requiredBetween(first.model, standing.model, replicates, accuracy, { ...board, weights: options.weights });
}

function nextCheaper(all: readonly Standing[], first: Standing | undefined): string | undefined {
  const cost = first?.costSeconds;
  if (cost === undefined) return undefined;
  return all
    .filter(({ costSeconds }) => costSeconds !== undefined && costSeconds < cost)
    .toSorted((left, right) => (right.costSeconds ?? 0) - (left.costSeconds ?? 0))[0]?.model;
}

function candidatesOf(
  ordered: readonly Standing[],
  relations: ReadonlyMap<string, Relation>,
  support: Support | undefined,
  task: AskedTask,
  options: StandingOptions,
): readonly Candidate[] {
  const usable = ordered.filter(({ state }) => state === 'usable');
  const ranks = rankDescending(usable.map(({ score }) => score));
  const [first] = usable;
  return ordered.map((standing): Candidate => {
    const ranked = support?.models.get(standing.model);
    const relation = relations.get(standing.model);
    const { model, state, score, range, taskScores, usability, checks, reasons, costSeconds, parts } = standing;
    return {
      model,
      state,
      score,
      range,
      taskScores,
      usability,
      checks,
      reasons,
      costSeconds,
      interval: ranked?.interval,
      rank: state === 'usable' ? ranks[usable.indexOf(standing)] : undefined,
      support: usable.length > 1 ? ranked?.topShare : undefined,
      ranks: usable.length > 1 ? ranked?.rankInterval : undefined,
      isBehind: relation === undefined ? undefined : relation === 'behind',
      requiredAccuracy: requiredOf(first, standing, options),
      requiredInterval: requiredIntervalOf(first, standing, task, options),
      accuracy: parts.length === 1 ? parts[0]?.values.accuracy : undefined,
    };
  });
}

/** Whether other limits could make a model usable: not where a trivial answer is as good. */
function isWorthLimits({ usability }: Standing): boolean {
  return usability.every((own) => own?.state !== 'unusable' || own.bound.of === 'limit');
}

const stateOrder = { usable: 0, unproven: 1, 'beyond-limits': 2, unusable: 3, unmeasured: 4 } as const;

function paperNotes(tasks: readonly AskedTask[], { score }: StandingOptions): readonly string[] {
  if (score !== 'PER-paper') return [];
  const flags = tasks.flatMap(({ board }) =>
    board.flags.filter(({ code }) => code === 'degenerate_set' || code === 'small_set').map(({ text }) => text),
  );
  return [
    'PER-paper depends on which other models are in the set and is 0 for the worst in any factor; PER-A does not',
    ...new Set(flags),
  ];
}

/**
 * The answer to "which model?" for one task, or for several by weight. Every surface shows this one.
 *
 * First who is usable (better than the best answer that needs no model, or as accurate as the user demands), then who is
 * within the other limits, then who is first by score; and nothing is claimed that the pairwise tests don't bear out.
 * Source: docs/deciding.md.
 *
 * @param tasks at least one
 * @throws {RangeError} if there is no task, or a weight isn't above 0
 */
export function decide(tasks: readonly AskedTask[], given: DecideOptions = {}): Answer {
  if (tasks.length === 0) throw new RangeError('a decision needs at least one task');
  const bad = tasks.find(({ weight }) => !(weight > 0 && Number.isFinite(weight)));
  if (bad !== undefined) throw new RangeError(`the weight of ${bad.board.taskId} must be above 0, got ${bad.weight}`);
  const { score = 'PER-A', limits = {}, weights, pricePerHour, allowsBusy = false } = given;
  const taskLimits = tasks.map((task) => task.limits);
  const options: StandingOptions = { score, limits, taskLimits, weights, pricePerHour, allowsBusy };
  const total = tasks.reduce((sum, { weight }) => sum + weight, 0);
  const shares = tasks.map(({ weight }) => weight / total);
  const boards = tasks.map(({ board }) => board);
  const models = [...new Set(boards.flatMap(({ rows }) => rows.map(({ model }) => model)))];
  const ordered = models
    .map((model) => standingOf(boards, shares, model, options))
    .toSorted((left, right) => stateOrder[left.state] - stateOrder[right.state] || byScore(left, right));
  const usable = ordered.filter(({ state }) => state === 'usable');
  const ranked = usable.filter((standing) => standing.score !== undefined);
  const support = supportOf(tasks, shares, ranked, options);
  const { verdict, relations } = judge(ordered, leadUnder(shares, options), support);
  const [first, second] = ordered.filter(({ parts }) => !parts.includes(undefined));
  const differences = first === undefined || second === undefined ? [] : differencesOf(first, second);
  const [best] = ordered.filter((standing) => standing.score !== undefined).toSorted(byScore);
  const isLimited = [limits, ...taskLimits].some((own) => hasConstraints(own));
  const missing = isLimited ? ordered.filter(({ checks }) => missedChecks(checks).length > 0) : [];
  return {
    ...verdict,
    scoreVersion: boards[0]?.versions.find((version) => version.startsWith(`${score}/`)) ?? score,
    tasks: boards.map(({ taskId, title }, index) => ({ taskId, title, weight: shares[index] as number })),
    limits,
    candidates: candidatesOf(ordered, relations, support, tasks[0] as AskedTask, options),
    because: differences.filter(({ isBetter }) => isBetter),
    atCost: differences.filter(({ isBetter }) => !isBetter),
    runnerUp: ranked[1]?.model,
    wouldChange: ranked.length < 2 ? [] : weightCurves(boards, shares, ranked, options),
    nextCheaper: nextCheaper(ordered, usable[0]),
    unlimited: best !== undefined && missing.includes(best) && best.state === 'beyond-limits' ? best.model : undefined,
    largestGates: usable.length === 0 && isLimited ? largestGates(ordered.filter(isWorthLimits)) : [],
    resamples: support?.resamples,
    notes: [...paperNotes(tasks, options), ...(support?.notes ?? [])],
  };
}
