import type { CellMeasurements, CellState } from '../core/cell.ts';
import type { LadderX, LadderY } from '../core/ladder-axes.ts';
import type { LossRecord, LossSource } from '../core/loss.ts';
import type { Interval } from '../core/measurement.ts';
import type { RaceAccuracy, RaceVerdict } from '../core/race.ts';
import type { ProtocolName } from '../core/suite.ts';
import { type AnswerFlips, answerFlips } from './answer-flips.ts';
import { type CellEvidence, compareCells, type CompareCellsOptions, pairItems } from './compare-cells.ts';
import type { ComparedMetric, MetricComparison } from './comparison.ts';
import type { ModelSize } from './model-size.ts';
import { valueOf } from './scoreboard.ts';

/** One model, or one configuration of a model, on one task. */
export interface LadderModel {
  readonly evidence: CellEvidence;
  readonly size: ModelSize;
  /** How far it is from the base; undefined where nobody took it. */
  readonly loss: LossRecord | undefined;
  /** Of a run that asked a question. */
  readonly verdict: RaceVerdict | undefined;
}

export interface Estimate {
  readonly value: number;
  /** Undefined where the spread isn't known. */
  readonly interval: Interval | undefined;
}

/**
 * How a model's accuracy stands to the base's. `not_worse`: not shown to be worse, which is no proof that it isn't.
 * `unknown`: not every item was answered.
 */
export type LadderStanding = 'base' | 'better' | 'not_worse' | 'worse' | 'unknown';

export interface LadderRow {
  readonly model: string;
  readonly standing: LadderStanding;
  /** Not shown to be worse than the base, and no other such is at least as small and as fast. */
  readonly isOnFront: boolean;
  /** The answer of the run's question, or one of them. */
  readonly isNamed: boolean;
  readonly state: CellState;
  readonly size: ModelSize;
  readonly measurements: CellMeasurements;
  /** What a race tells of a model that it stopped, whose mean would be biased. */
  readonly raceAccuracy: RaceAccuracy | undefined;
  /** Throughput by that of the base. */
  readonly speedRatio: Estimate | undefined;
  /** Accuracy minus that of the base, on the items that both answered. */
  readonly accuracyDifference: Estimate | undefined;
  /** The same as a race that compared with this base left it, of a model that it stopped. */
  readonly raceDifference: RaceAccuracy | undefined;
  readonly flips: AnswerFlips | undefined;
  readonly loss: LossRecord | undefined;
  /** Why difference and flips aren't known, as a phrase. */
  readonly reason: string | undefined;
}

/** Configurations of a model from large to small on one task, each against the base. Plain JSON. */
export interface Ladder {
  readonly runId: string;
  readonly taskId: string;
  readonly title: string | undefined;
  readonly protocol: ProtocolName;
  readonly base: string;
  /** Of all intervals. */
  readonly level: number;
  /** Quantisations of the files that files here were made from, where those were quantised already. */
  readonly requantisedFrom: readonly string[];
  /** Items that were compared; 0 where none could be. */
  readonly items: number;
  /** What the losses were taken on; undefined where there are none. */
  readonly lossSource: LossSource | undefined;
  /** What tells small from large: files where each is known and they differ, else memory. */
  readonly x: LadderX;
  /** What tells the loss best: divergence where it was taken, else accuracy. */
  readonly y: LadderY;
  /** The base first, then by falling size. */
  readonly rows: readonly LadderRow[];
}

type Compared = Pick<CompareCellsOptions, 'taskId' | 'title' | 'protocol'> & { readonly level: number };

function known({ change, interval }: Partial<MetricComparison> = {}): Estimate | undefined {
  return change === undefined ? undefined : { value: change, interval };
}

const standings = {
  better: 'better',
  worse: 'worse',
  different: 'not_worse',
  no_clear_difference: 'not_worse',
  unknown: 'unknown',
} as const satisfies Record<MetricComparison['verdict'], LadderStanding>;

function factsOf({ evidence: { model, state, measurements }, size, loss, verdict }: LadderModel) {
  const raceAccuracy = verdict?.accuracy ?? undefined;
  return { model, state, measurements, size, loss, raceAccuracy, isNamed: verdict?.isNamed ?? false, isOnFront: false };
}

/** The base's own row: there is nothing to compare it with. */
export function baseRow(base: LadderModel): LadderRow {
  return { ...factsOf(base), ...nothing, standing: 'base', loss: undefined };
}

const nothing = {
  speedRatio: undefined,
  accuracyDifference: undefined,
  raceDifference: undefined,
  flips: undefined,
  reason: undefined,
};

/**
 * What a race against this base tells of a model that it stopped. Its verdict is about the drop that was asked: whoever
 * passed isn't worse by more than that, whoever was eliminated for its accuracy is.
 */
function raceStanding({ verdict }: LadderModel): Pick<LadderRow, 'standing' | 'raceDifference'> {
  const raceDifference = verdict?.difference?.accuracy;
  if (verdict === undefined || raceDifference?.kind !== 'interval')
    return { standing: 'unknown', raceDifference: undefined };
  if (verdict.status === 'passed') return { standing: 'not_worse', raceDifference };
  // Of a model that answers too late no accuracy is asked.
  const isWorse = verdict.status === 'eliminated' && verdict.tau !== null;
  return { standing: isWorse ? 'worse' : 'unknown', raceDifference };
}

/** A model against the base: answers on the items of both, where both answered all of theirs, speed over launches. */
export function ladderRow(base: LadderModel, own: LadderModel, { level, ...options }: Compared): LadderRow {
  const sides = [base.evidence, own.evidence] as const;
  const { metrics } = compareCells(...sides, { ...options, level, differences: [], expectsSamePrompts: false });
  const metric = (name: ComparedMetric) => metrics.find((each) => each.metric === name);
  const accuracy = metric('accuracy');
  const difference = known(accuracy);
  return {
    ...factsOf(own),
    ...(difference === undefined
      ? raceStanding(own)
      : { standing: standings[accuracy?.verdict ?? 'unknown'], raceDifference: undefined }),
    speedRatio: known(metric('throughput')),
    accuracyDifference: difference,
    flips: difference && answerFlips(pairItems(base.evidence.answers, own.evidence.answers), level),
    reason: accuracy?.reason?.replace(/^[AB]\b/u, (side) => (side === 'A' ? base : own).evidence.model),
  };
}

/** What tells how small a row is; undefined where it isn't known. */
export function ladderSize(
  { size, measurements }: Pick<LadderRow, 'size' | 'measurements'>,
  x: LadderX,
): number | undefined {
  return x === 'size' ? size.fileBytes : valueOf(measurements.memory);
}

/** Files that are all alike tell nothing: configurations of one file differ in memory. */
function axisOf(rows: readonly LadderRow[]): LadderX {
  const sizes = rows.map((row) => row.size.fileBytes);
  return sizes.includes(undefined) || new Set(sizes).size < 2 ? 'memory' : 'size';
}

interface Contender {
  readonly model: string;
  readonly bytes: number;
  readonly rate: number;
}

/** Models of which none other that isn't shown to be worse is at least as small and as fast, and better in one. */
function frontOf(rows: readonly LadderRow[], x: LadderX): ReadonlySet<string> {
  const contenders = rows.flatMap((row): Contender[] => {
    const [bytes, rate] = [ladderSize(row, x), valueOf(row.measurements.throughput)];
    if (row.standing === 'worse' || row.standing === 'unknown' || bytes === undefined || rate === undefined) return [];
    return [{ model: row.model, bytes, rate }];
  });
  const isBeaten = (own: Contender): boolean =>
    contenders.some(
      ({ bytes, rate }) => bytes <= own.bytes && rate >= own.rate && (bytes < own.bytes || rate > own.rate),
    );
  // Alone, a model would stand on it for want of others.
  return contenders.length < 2
    ? new Set()
    : new Set(contenders.filter((own) => !isBeaten(own)).map(({ model }) => model));
}

/** Larger files first, of one file what takes more memory; what isn't known last. */
function bySize(left: LadderRow, right: LadderRow): number {
  const gap = (x: LadderX): number => (ladderSize(right, x) ?? 0) - (ladderSize(left, x) ?? 0);
  return Number(right.standing === 'base') - Number(left.standing === 'base') || gap('size') || gap('memory');
}

/** Puts rows in order, with what is on the front and what a chart shows best. */
export function createLadder(
  facts: Pick<Ladder, 'runId' | 'taskId' | 'title' | 'protocol' | 'base' | 'level' | 'requantisedFrom'>,
  rows: readonly LadderRow[],
): Ladder {
  const x = axisOf(rows);
  const front = frontOf(rows, x);
  const lossSource = rows.find(({ loss }) => loss !== undefined)?.loss?.source;
  return {
    ...facts,
    items: Math.max(0, ...rows.map(({ flips }) => flips?.items ?? 0)),
    lossSource,
    x,
    y: lossSource === undefined ? 'accuracy' : 'kl',
    rows: rows.map((row) => ({ ...row, isOnFront: front.has(row.model) })).toSorted(bySize),
  };
}

/**
 * The losses of models against a base: those on the task, else those on the text that was taken last. Losses on
 * different tokens can't be put side by side.
 *
 * @param losses newest last
 */
export function lossesOn(losses: readonly LossRecord[], base: string, taskId: string): ReadonlyMap<string, LossRecord> {
  const own = losses.filter((loss) => loss.base === base);
  const onTask = own.filter(({ source }) => source.kind === 'task' && source.taskId === taskId);
  const shaOf = ({ source }: LossRecord): string | undefined => (source.kind === 'text' ? source.sha256 : undefined);
  const text = own.findLast(({ source }) => source.kind === 'text');
  const onText = own.filter((loss) => text !== undefined && shaOf(loss) === shaOf(text));
  return new Map((onTask.length > 0 ? onTask : onText).map((loss) => [loss.model, loss]));
}
