import type { CellMeasurements, CellState } from '../core/cell.ts';
import { type Interval, type Measurement, singleLaunch, type Unit } from '../core/measurement.ts';
import type { ProtocolName } from '../core/suite.ts';
import {
  comparedMetricFacts,
  comparedMetrics,
  type CellComparison,
  type ComparedMetric,
  type ComparedVerdict,
  type ItemChange,
  type MetricComparison,
  type SettingDifference,
  type SideValue,
} from './comparison.ts';
import { launchInterval, type LaunchRatio, launchSpread, launchRatio } from '../stats/launch-interval.ts';
import { meanOf } from '../stats/means.ts';
import { isMacroF1 } from '../stats/macro-f1.ts';
import { exactBounds, scoreInterval } from '../stats/score-interval.ts';
import { isDoubtfulReason } from './create-scoreboards.ts';
import { limitedMeasurement } from './limited-measurement.ts';
import { areOtherItems, type LatencyItems, pairedLatency, pairedTail } from './paired-latency.ts';
import { clustersOf, compareItemMetrics, pairedChange } from './paired-answers.ts';
import { areInRounds } from './task-evidence.ts';
import { independentItems } from './usable.ts';

/** One stored answer, as much of it as a comparison needs. */
export interface ItemAnswer {
  /** First words of the prompt that are the item's own; empty in a run that was read from a file. */
  readonly question: string;
  readonly score: number;
  readonly answer: string | undefined;
  readonly expected: string;
  readonly cluster: string | undefined;
  /** Empty where nothing was asked. */
  readonly promptSha256: string;
  /** Further values of the task, by name; absent where nobody kept them, empty where no answer came. */
  readonly metrics?: Readonly<Record<string, number>> | undefined;
}

interface LaunchValues {
  readonly unit: Unit;
  readonly values: readonly number[];
  /** Why there are none. */
  readonly reason?: string;
}

/** A cell with what a comparison is made of. */
export interface CellEvidence {
  readonly runId: string;
  readonly model: string;
  readonly state: CellState;
  readonly error: string | undefined;
  readonly measurements: CellMeasurements;
  /** By item id, in the task's order. */
  readonly answers: ReadonlyMap<string, ItemAnswer>;
  /** Performance figures, one value per launch. */
  readonly launches: Readonly<Partial<Record<ComparedMetric, LaunchValues>>>;
  /** Absent where requests don't tell their items. */
  readonly latencyItems?: LatencyItems | undefined;
  /** The suite takes the numbers of a busy machine as they are. */
  readonly allowsBusy: boolean;
  /** When each launch began, in Unix milliseconds; empty where that isn't known. */
  readonly launchStarts: readonly number[];
}

export interface CompareCellsOptions {
  readonly taskId: string;
  readonly title: string | undefined;
  readonly protocol: ProtocolName;
  readonly level?: number;
  readonly differences: readonly SettingDifference[];
  /** Prompts of the two should be the same text: template and tokenizer are. */
  readonly expectsSamePrompts: boolean;
}

/** Items that both answered, as many of each side and in the same order. */
export interface Pairs {
  readonly ids: readonly string[];
  readonly a: readonly ItemAnswer[];
  readonly b: readonly ItemAnswer[];
}

/** Items that both answered, in the order of a. */
export function pairItems(a: CellEvidence['answers'], b: CellEvidence['answers']): Pairs {
  const ids = [...a.keys()].filter((id) => b.has(id));
  const pick = (answers: CellEvidence['answers']): ItemAnswer[] => ids.map((id) => answers.get(id) as ItemAnswer);
  return { ids, a: pick(a), b: pick(b) };
}

function verdictOf(change: number, neutral: number, isSignificant: boolean, isLessBetter: boolean): ComparedVerdict {
  if (!isSignificant) return 'no_clear_difference';
  return change > neutral !== isLessBetter ? 'better' : 'worse';
}

function isOutside(value: number, interval: Interval): boolean {
  return value < interval.low || value > interval.high;
}

/** Whether a number says of itself that it can't be trusted. */
function isDoubtful(measurement: Measurement | undefined, { allowsBusy }: CellEvidence): boolean {
  if (measurement === undefined || measurement.status === 'unavailable') return false;
  return measurement.warnings.some(({ reason }) => isDoubtfulReason(reason) && !(allowsBusy && reason === 'host_busy'));
}

function doubtsOf(measurement: Measurement | undefined, side: string): string[] {
  if (measurement === undefined || measurement.status === 'unavailable') return [];
  return measurement.warnings
    .filter(({ reason }) => isDoubtfulReason(reason))
    .map(({ reason, detail }) => `${side}: ${reason}: ${detail}`);
}

/** `state` says why there are no numbers. */
function missingText(evidence: CellEvidence, side: string, metric: ComparedMetric): string {
  if (evidence.state === 'failed' || evidence.state === 'unavailable') {
    return `${side} ${evidence.state === 'failed' ? 'failed' : 'is unavailable'}: ${evidence.error ?? 'no reason given'}`;
  }
  const why = evidence.launches[metric]?.reason;
  if (why !== undefined) return `${side}: ${why}`;
  const measurement = evidence.measurements[metric];
  if (measurement?.status === 'unavailable') return `${side}: ${measurement.detail}`;
  return evidence.state === 'done' ? `${side}: not measured` : `${side} is not finished`;
}

/** Every planned item was answered: the mean over those answered so far is biased, quick answers being easy ones. */
function isWhole({ state, measurements }: CellEvidence): boolean {
  return state === 'done' && measurements.accuracy?.status !== 'unavailable';
}

/** Exact bounds of a share of right answers, items that depend on each other counting as fewer. */
function shareBounds(
  scores: readonly number[],
  clusters: readonly string[] | undefined,
  level: number,
): Interval | undefined {
  if (scores.some((score) => score !== 0 && score !== 1)) return undefined;
  const n = independentItems(scores, clusters);
  return { ...exactBounds(meanOf(scores) * n, n, (1 + level) / 2), level, method: 'exact binomial' };
}

function accuracySide(evidence: CellEvidence, level: number): SideValue | undefined {
  if (!isWhole(evidence)) return undefined;
  const answers = [...evidence.answers.values()];
  if (answers.length === 0) return undefined;
  const scores = answers.map(({ score }) => score);
  const clusters = clustersOf(answers);
  const interval = scoreInterval(scores, { level, clusters });
  const value = meanOf(scores);
  const doubtful = isDoubtful(evidence.measurements.accuracy, evidence);
  const n = scores.length;
  return { value, interval, n, bounds: shareBounds(scores, clusters, level), isDoubtful: doubtful };
}

function isByMacroF1({ measurements: { accuracy } }: CellEvidence): boolean {
  return accuracy !== undefined && accuracy.status !== 'unavailable' && isMacroF1(accuracy.interval);
}

function compareAccuracy(a: CellEvidence, b: CellEvidence, pairs: Pairs, level: number): MetricComparison {
  const own = {
    metric: 'accuracy' as const,
    unit: 'ratio' as const,
    a: accuracySide(a, level),
    b: accuracySide(b, level),
    doubts: [
      ...doubtsOf(a.measurements.accuracy, 'A'),
      ...doubtsOf(b.measurements.accuracy, 'B'),
      ...([a, b].some(isByMacroF1) ? ['compared by the share of correct answers, not by macro F1'] : []),
    ],
  };
  if (!isWhole(a)) return { ...own, ...unknown(missingText(a, 'A', 'accuracy')) };
  if (!isWhole(b)) return { ...own, ...unknown(missingText(b, 'B', 'accuracy')) };
  if (pairs.ids.length === 0) return { ...own, ...unknown('the two have no items in common') };
  const scoresOf = (answers: readonly ItemAnswer[]): number[] => answers.map(({ score }) => score);
  const options = { level, clusters: clustersOf(pairs.a) };
  const { isSignificant, ...found } = pairedChange(scoresOf(pairs.a), scoresOf(pairs.b), options);
  const verdict = verdictOf(found.change, 0, isSignificant, false);
  return { ...own, ...found, verdict, reason: undefined };
}

/** What the task measures of each answer beside its score; nothing where accuracy can't be compared either. */
function compareExtra(a: CellEvidence, b: CellEvidence, pairs: Pairs, level: number): readonly MetricComparison[] {
  if (!isWhole(a) || !isWhole(b)) return [];
  const doubts = [...doubtsOf(a.measurements.accuracy, 'A'), ...doubtsOf(b.measurements.accuracy, 'B')];
  const own = [[...a.answers.values()], [...b.answers.values()]] as const;
  return compareItemMetrics({ own, pairs: [pairs.a, pairs.b], doubts }, level);
}

function unknown(reason: string) {
  return {
    change: undefined,
    interval: undefined,
    leastDrop: undefined,
    p: undefined,
    test: undefined,
    verdict: 'unknown' as const,
    reason,
  };
}

function launchSide(
  metric: Exclude<ComparedMetric, 'accuracy'>,
  evidence: CellEvidence,
  level: number,
): SideValue | undefined {
  const launches = evidence.launches[metric];
  if (launches === undefined || launches.values.length === 0) return undefined;
  const { values, unit } = launches;
  const spread = launchSpread(values.map((value) => [value]));
  const interval = launchInterval(spread, { level, unit });
  const isLatency = metric === 'latency' || metric === 'latencyP95';
  const limited = isLatency ? limitedMeasurement(metric, evidence.measurements) : undefined;
  return {
    value: spread.geometricMean,
    interval,
    n: values.length,
    // From one launch there is none: how far another would differ isn't known.
    bounds: interval === undefined || limited?.status === 'unavailable' ? undefined : limited?.interval,
    ...(limited?.status === 'unavailable' && { boundless: limited.detail }),
    isDoubtful: isDoubtful(evidence.measurements[metric], evidence),
  };
}

/** Launches of one run whose models were launched in rounds, each with its value. */
function arePaired(metric: ComparedMetric, sides: readonly [CellEvidence, CellEvidence]): boolean {
  const [a, b] = sides;
  const areWhole = sides.every(({ launches, launchStarts }) => launches[metric]?.values.length === launchStarts.length);
  return areWhole && a.runId === b.runId && areInRounds(sides.map(({ launchStarts }) => launchStarts));
}

const byItem: Partial<Record<ComparedMetric, typeof pairedLatency>> = {
  latency: pairedLatency,
  latencyP95: pairedTail,
};

/** Ratio of b to a: over the items of both, where all their launches tell theirs, else of what launches have. */
function launchesRatio(
  metric: ComparedMetric,
  sides: readonly [CellEvidence, CellEvidence],
  level: number,
): LaunchRatio {
  const [a, b] = sides;
  const [left, right] = [a.launches[metric], b.launches[metric]];
  const options = { level, unit: left?.unit, isPaired: arePaired(metric, sides) };
  const tellItems = sides.every(
    ({ launches, latencyItems = [] }) => launches[metric]?.values.length === latencyItems.length,
  );
  const benchmark = Math.min(a.answers.size, b.answers.size);
  const paired = tellItems
    ? byItem[metric]?.(a.latencyItems ?? [], b.latencyItems ?? [], { ...options, benchmark })
    : undefined;
  return paired ?? launchRatio(left?.values ?? [], right?.values ?? [], options);
}

function compareLaunches(
  metric: Exclude<ComparedMetric, 'accuracy'>,
  a: CellEvidence,
  b: CellEvidence,
  level: number,
): MetricComparison | undefined {
  const [left, right] = [a.launches[metric], b.launches[metric]];
  if (left === undefined && right === undefined) return undefined;
  const own = {
    metric,
    unit: left?.unit ?? right?.unit,
    a: launchSide(metric, a, level),
    b: launchSide(metric, b, level),
    doubts: [...doubtsOf(a.measurements[metric], 'A'), ...doubtsOf(b.measurements[metric], 'B')],
  };
  if (left === undefined || own.a === undefined) return { ...own, ...unknown(missingText(a, 'A', metric)) };
  if (right === undefined || own.b === undefined) return { ...own, ...unknown(missingText(b, 'B', metric)) };
  if (left.unit !== right.unit) return { ...own, ...unknown(`A is in ${left.unit}, B in ${right.unit}`) };
  const isTimed = own.unit === 'ms' || own.unit === 'ms/token';
  if (isTimed && areOtherItems(a.latencyItems ?? [], b.latencyItems ?? []))
    return { ...own, ...unknown('the two were timed on other items') };
  const { ratio, interval } = launchesRatio(metric, [a, b], level);
  if (interval === undefined) {
    return { ...own, ...unknown(singleLaunch), change: ratio };
  }
  const { isLessBetter } = comparedMetricFacts[metric];
  const verdict = verdictOf(ratio, 1, isOutside(1, interval), isLessBetter);
  return {
    ...own,
    change: ratio,
    interval,
    leastDrop: undefined,
    p: undefined,
    test: interval.method,
    verdict,
    reason: undefined,
  };
}

/** Items with another score, those that turned from right to wrong (or back) first. */
function itemChanges(pairs: Pairs, isWanted: (change: number) => boolean): ItemChange[] {
  const changes = pairs.ids.flatMap((itemId, index): ItemChange[] => {
    const [a, b] = [pairs.a[index] as ItemAnswer, pairs.b[index] as ItemAnswer];
    if (!isWanted(b.score - a.score)) return [];
    const { expected } = a;
    const question = a.question === '' ? b.question : a.question;
    return [{ itemId, question, expected, scoreA: a.score, scoreB: b.score, answerA: a.answer, answerB: b.answer }];
  });
  const size = ({ scoreA, scoreB }: ItemChange): number => Math.abs(scoreB - scoreA);
  return changes.toSorted((left, right) => size(right) - size(left));
}

/**
 * Compares two cells of the same task: accuracy on the items that both answered, performance over launches.
 *
 * @param a the baseline
 * @param b the candidate: "better" and "worse" are about it
 */
export function compareCells(a: CellEvidence, b: CellEvidence, options: CompareCellsOptions): CellComparison {
  const { taskId, title, protocol, level = 0.95, differences, expectsSamePrompts } = options;
  const pairs = pairItems(a.answers, b.answers);
  const isOtherPrompt = (index: number): boolean => {
    const [left, right] = [pairs.a[index]?.promptSha256 ?? '', pairs.b[index]?.promptSha256 ?? ''];
    return left !== '' && right !== '' && left !== right;
  };
  const metrics = comparedMetrics.flatMap((metric): MetricComparison[] => {
    if (metric === 'accuracy') return [compareAccuracy(a, b, pairs, level), ...compareExtra(a, b, pairs, level)];
    const compared = compareLaunches(metric, a, b, level);
    return compared === undefined ? [] : [compared];
  });
  const side = ({ runId, model, state, error }: CellEvidence) => ({ runId, model, state, error });
  return {
    taskId,
    title,
    protocol,
    a: side(a),
    b: side(b),
    pairs: pairs.ids.length,
    onlyA: a.answers.size - pairs.ids.length,
    onlyB: b.answers.size - pairs.ids.length,
    otherPrompts: expectsSamePrompts ? pairs.ids.filter((_, index) => isOtherPrompt(index)).length : 0,
    metrics,
    regressions: itemChanges(pairs, (change) => change < 0),
    improvements: itemChanges(pairs, (change) => change > 0),
    differences,
  };
}
