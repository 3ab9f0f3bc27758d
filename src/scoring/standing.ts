import type { Limits } from '../core/limits.ts';
import { geometricMean } from '../stats/means.ts';
import { anchoredScore, equalWeights } from './per-anchored.ts';
import { checkConstraints, checkText, missedChecks, type ConstraintCheck } from './constraints.ts';
import type { CandidateState, Usability, UsableBound } from './answer.ts';
import { doubtRange, noDoubt, unknownValue, type DoubtRange } from './doubt.ts';
import { warningAgainst } from './create-scoreboards.ts';
import {
  factorLabels,
  performanceNames,
  type FactorName,
  type Factors,
  type PerformanceName,
  type ScoreFlag,
} from './factor.ts';
import { rawValues, valueOf, type Scoreboard, type ScoreboardRow } from './scoreboard.ts';
import { trivialBound, usabilityOf, usabilityText } from './usable.ts';

export interface StandingOptions {
  readonly score: 'PER-A' | 'PER-paper';
  readonly limits: Limits;
  /** Limits on each task, in their order, where tasks have limits of their own. */
  readonly taskLimits?: readonly (Limits | undefined)[] | undefined;
  readonly weights: Factors | undefined;
  readonly pricePerHour: number | undefined;
  /** A busy machine's numbers are taken as they are. */
  readonly allowsBusy: boolean;
}

/** One model on one task: its numbers, and how far they can be from the truth. */
export interface Part {
  readonly board: Scoreboard;
  readonly row: ScoreboardRow;
  /** 1 where it is missing: then its doubt is everything. */
  readonly values: Factors;
  readonly doubts: Readonly<Record<PerformanceName, DoubtRange>>;
}

/** One model on all tasks. */
export interface Standing {
  readonly model: string;
  readonly state: CandidateState;
  /** Undefined where it wasn't run, or has no accuracy. */
  readonly parts: readonly (Part | undefined)[];
  readonly taskScores: readonly (number | undefined)[];
  readonly score: number | undefined;
  readonly range: readonly [low: number, high: number];
  readonly usability: readonly (Usability | undefined)[];
  readonly checks: readonly ConstraintCheck[];
  readonly reasons: readonly string[];
  /** What is known of the spread of its speed; `unknown`: a table without intervals. */
  readonly spread: 'known' | 'one-launch' | 'unknown';
  /** Some number that counts is doubtful, whether or not that is allowed. */
  readonly isDoubtful: boolean;
  readonly isBusy: boolean;
  readonly costSeconds: number | undefined;
}

/** What is assumed of a model's numbers when its score is computed. */
interface Assumed {
  readonly accuracy?: number | undefined;
  /** Factors by which speeds and memory are better. */
  readonly better?: Readonly<Record<PerformanceName, number>> | undefined;
}

/** Numbers as they were measured: no factor is better. */
export const asMeasured = { throughput: 1, latency: 1, memory: 1 } as const;

const huge = 1e300;

/** The score of one task under assumptions; undefined without anchors. */
function partScore(
  part: Part,
  { score, weights = equalWeights }: StandingOptions,
  assumed: Assumed,
): number | undefined {
  const { board, row, values } = part;
  if (score === 'PER-paper') return row.score;
  if (board.anchors === undefined) return undefined;
  const { accuracy = values.accuracy, better = asMeasured } = assumed;
  const shifted = {
    accuracy: Math.min(1, Math.max(0, accuracy)),
    throughput: Math.min(huge, values.throughput * better.throughput),
    latency: Math.max(1 / huge, values.latency / better.latency),
    memory: Math.max(1 / huge, values.memory / better.memory),
  };
  return anchoredScore(shifted, board.anchors, weights);
}

/** The score over all tasks; undefined where one lacks it. */
export function scoreUnder(
  { parts }: Pick<Standing, 'parts'>,
  shares: readonly number[],
  options: StandingOptions,
  assume: (part: Part) => Assumed,
): number | undefined {
  const scores = parts.map((part) => part && partScore(part, options, assume(part)));
  const known = scores.filter((score) => score !== undefined);
  return known.length === parts.length ? geometricMean(known, shares) : undefined;
}

/** Doubts as factors: the worst that the numbers can be, or the best. */
export function doubted({ doubts }: Part, end: 'worst' | 'best'): Readonly<Record<PerformanceName, number>> {
  return { throughput: doubts.throughput[end], latency: doubts.latency[end], memory: doubts.memory[end] };
}

function partOf(board: Scoreboard, model: string, { allowsBusy }: StandingOptions): Part | undefined {
  const row = board.rows.find((candidate) => candidate.model === model);
  const accuracy = valueOf(row?.measurements.accuracy);
  if (row?.state !== 'done' || accuracy === undefined || invalidFlag(row, 'accuracy') !== undefined) return undefined;
  const value = (factor: PerformanceName): number => valueOf(row.measurements[factor]) ?? 1;
  const doubt = (factor: PerformanceName): DoubtRange =>
    invalidFlag(row, factor) === undefined ? doubtRange(row.measurements[factor], allowsBusy) : unknownValue;
  return {
    board,
    row,
    values: { accuracy, throughput: value('throughput'), latency: value('latency'), memory: value('memory') },
    doubts: { throughput: doubt('throughput'), latency: doubt('latency'), memory: doubt('memory') },
  };
}

/** In another unit than the others, or wrong for certain. */
function invalidFlag({ flags }: ScoreboardRow, factor: FactorName): ScoreFlag | undefined {
  return flags.find((flag) => flag.factor === factor && (flag.code === 'invalid' || flag.code === 'unit'));
}

/** Why a model has no accuracy that counts on a task. */
function gapReasons({ rows, taskId }: Scoreboard, model: string): readonly string[] {
  const row = rows.find((candidate) => candidate.model === model);
  if (row === undefined) return [`was not run on ${taskId}`];
  const texts = row.flags.filter(({ code }) => code !== 'worst' && code !== 'doubtful').map(({ text }) => text);
  return texts.length > 0 ? texts : [row.error?.message ?? `accuracy not measured on ${taskId}`];
}

/** Numbers that are missing, invalid or doubtful, a phrase each. */
function numberReasons({ row, doubts }: Part): readonly string[] {
  return performanceNames.flatMap((factor) => {
    const { worst, best } = doubts[factor];
    if (worst === noDoubt.worst && best === noDoubt.best) return [];
    const measurement = row.measurements[factor];
    const label = factorLabels[factor];
    if (measurement === undefined) return [`${label} not measured`];
    if (measurement.status === 'unavailable')
      return [`${label} not measured: ${measurement.detail || measurement.reason}`];
    return [invalidFlag(row, factor)?.text ?? `${label}: ${warningAgainst(measurement)?.detail ?? 'doubtful'}`];
  });
}

/** A limit on accuracy is kept by the lower bound, not by the measured value. */
function checksOf(
  { board, row }: Part,
  usability: Usability | undefined,
  limits: Limits,
  pricePerHour: number | undefined,
): readonly ConstraintCheck[] {
  return checkConstraints(row, board.taskId, limits, pricePerHour).map((check) =>
    check.constraint === 'minAccuracy' && usability !== undefined
      ? { ...check, value: usability.low, isPassed: usability.state === 'usable', isSure: true, doubt: undefined }
      : check,
  );
}

/** Accuracy decides whether a model is usable; these are the other limits. */
function beyond(checks: readonly ConstraintCheck[]): readonly ConstraintCheck[] {
  return missedChecks(checks).filter(({ constraint }) => constraint !== 'minAccuracy');
}

function stateOf(
  parts: readonly (Part | undefined)[],
  usability: readonly (Usability | undefined)[],
  checks: readonly ConstraintCheck[],
): CandidateState {
  if (parts.includes(undefined)) return 'unmeasured';
  if (usability.some((each) => each?.state === 'unusable')) return 'unusable';
  if (beyond(checks).length > 0) return 'beyond-limits';
  return usability.every((each) => each?.state === 'usable') ? 'usable' : 'unproven';
}

function costOf(parts: readonly (Part | undefined)[], shares: readonly number[]): number | undefined {
  let cost = 0;
  for (const [index, part] of parts.entries()) {
    const throughput = valueOf(part?.row.measurements.throughput);
    if (throughput === undefined || !(throughput > 0)) return undefined;
    cost += (shares[index] as number) / throughput;
  }
  return cost;
}

function spreadOf(parts: readonly Part[]): Standing['spread'] {
  const unspread = parts.filter(({ board, row }) => board.inference?.withoutLaunchSpread.includes(row.model));
  if (unspread.length === 0) return 'known';
  return unspread.some(({ row }) => row.launches !== undefined) ? 'one-launch' : 'unknown';
}

/** Where a model stands on the tasks, before it is compared with others. */
export function standingOf(
  boards: readonly Scoreboard[],
  shares: readonly number[],
  model: string,
  options: StandingOptions,
): Standing {
  const parts = boards.map((board) => partOf(board, model, options));
  const limitsOn = (index: number): Limits => options.taskLimits?.[index] ?? options.limits;
  const usability = parts.map((part, index) => {
    const { minAccuracy } = limitsOn(index);
    const bound = (board: Scoreboard): UsableBound =>
      minAccuracy === undefined ? trivialBound(board) : { accuracy: minAccuracy, of: 'limit' };
    return part && usabilityOf(part.row, bound(part.board), part.board.metric);
  });
  const known = parts.filter((part) => part !== undefined);
  const checks = parts.flatMap((part, index) =>
    part === undefined ? [] : checksOf(part, usability[index], limitsOn(index), options.pricePerHour),
  );
  const state = stateOf(parts, usability, checks);
  const isWhole = known.every(
    ({ row }) =>
      rawValues(row) !== undefined && performanceNames.every((factor) => invalidFlag(row, factor) === undefined),
  );
  const at = (assume: (part: Part) => Assumed): number | undefined => scoreUnder({ parts }, shares, options, assume);
  const warnings = known.flatMap(({ row }) =>
    performanceNames.flatMap((factor) => warningAgainst(row.measurements[factor]) ?? []),
  );
  return {
    model,
    state,
    parts,
    taskScores: parts.map((part) =>
      part !== undefined && rawValues(part.row) !== undefined ? partScore(part, options, {}) : undefined,
    ),
    score: isWhole ? at(() => ({})) : undefined,
    range: [
      at((part) => ({ better: doubted(part, 'worst') })) ?? 0,
      at((part) => ({ better: doubted(part, 'best') })) ?? 1,
    ],
    usability,
    checks,
    reasons: [
      ...boards.flatMap((board, index) => (parts[index] === undefined ? gapReasons(board, model) : [])),
      ...usability.flatMap((each) => (each === undefined ? [] : usabilityText(each))),
      ...beyond(checks).map((check) => checkText(check, boards.length === 1 ? '' : ` on ${check.taskId}`)),
      ...known.flatMap(numberReasons),
    ],
    spread: spreadOf(known),
    isDoubtful: warnings.length > 0,
    isBusy: warnings.some(({ reason }) => reason === 'host_busy'),
    costSeconds: costOf(parts, shares),
  };
}
