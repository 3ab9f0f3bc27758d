import type { CellError, CellMeasurements, CellState } from '../core/cell.ts';
import type { Limits } from '../core/limits.ts';
import type { Interval, Measurement, Unit, Warning } from '../core/measurement.ts';
import type { ProtocolName } from '../core/suite.ts';
import type { AnchorSet, TaskAnchors } from './anchors.ts';
import type { ModelSize } from './model-size.ts';
import type { AnchorNeeds } from './need-anchors.ts';
import type { Efficiency } from './efficiency.ts';
import type { Answer, AnswerFacts } from './answer.ts';
import type { BoardAnswers } from './answers/board-answers.ts';
import type { RankedModel } from '../stats/rank-inference.ts';
import { factorNames, type FactorName, type Factors, defaultLatencyResolution, type ScoreFlag } from './factor.ts';
import type { ValuedModel, AnchoredRobustness, PaperRobustness } from './robustness-card.ts';

/** What a scoreboard needs of a cell; a `Cell` fits. */
export interface ScoreboardCell {
  readonly model: string;
  readonly taskId: string;
  /** Undefined for numbers that were measured elsewhere. */
  readonly protocol?: ProtocolName | undefined;
  readonly state: CellState;
  readonly error?: CellError | undefined;
  readonly measurements: CellMeasurements;
}

/** What a scoreboard says about its task; a `Task` fits. */
export interface ScoreboardTask {
  readonly title?: string;
  /** Name of the headline metric. */
  readonly metric?: string;
  readonly category?: 'generation' | 'classification';
  /** Items of the whole benchmark, of which a run may have taken a part. */
  readonly items?: number;
  /** What always giving the best constant or random answer scores. */
  readonly chance?: number;
  /** What further answers without a model score, such as `longest`. */
  readonly baselines?: Readonly<Record<string, number>>;
  /** Accuracy that PER-A counts as 0; by default `chance`. */
  readonly trivialAccuracy?: number;
  /** What the user needs at least; it stands above anchors that others chose. */
  readonly needs?: AnchorNeeds;
}

export interface ScoreboardOptions {
  /** By task id. */
  readonly tasks?: Readonly<Record<string, ScoreboardTask>>;
  readonly weights?: Factors | undefined;
  /** Of PER-A; a task that the set doesn't have in these units gets provisional ones. */
  readonly anchors?: AnchorSet | undefined;
  /** Of the device that ran the models, for provisional anchors; undefined: what the models take stands in. */
  readonly deviceMemoryBytes?: number | undefined;
  /** Also leave models out of the scores whose numbers are doubtful, not only those that are invalid. */
  readonly isStrict?: boolean;
}

/** A warning together with the measurement that it came with. */
export interface RowWarning extends Warning {
  readonly metric: string;
}

/** What replicates say about one row; no interval where the spread over launches isn't known. */
export type RankedRow = Omit<RankedModel, 'interval'> & { readonly interval: Interval | undefined };

export interface RowRanking {
  readonly anchored: RankedRow | undefined;
  readonly paper: RankedRow | undefined;
}

/** How intervals and ranks of a scoreboard were made. */
export interface BoardInference {
  /** `paired`: from the same items; `intervals`: each model alone, from the intervals of its numbers. */
  readonly method: 'paired' | 'intervals';
  readonly resamples: number;
  readonly seed: number;
  /** Models whose performance has no known spread: they are neither better nor worse than another. */
  readonly withoutLaunchSpread: readonly string[];
  /** Models that are worst in a factor: their intervals of PER-paper are a guess. */
  readonly atBoundary: readonly string[];
  readonly notes: readonly string[];
}

/** Which models of a scoreboard no other beats in the chosen factors. */
export interface BoardFront {
  readonly factors: readonly FactorName[];
  readonly models: readonly FrontModel[];
}

export interface FrontModel {
  readonly model: string;
  readonly isOnFront: boolean;
  /** Models that are no worse in every factor and better in one. */
  readonly dominatedBy: readonly string[];
  /** Share of replicates in which no other dominated it; undefined where there are none. */
  readonly support: number | undefined;
}

/** How far the order of a scoreboard depends on arbitrary choices. */
export interface BoardCard {
  readonly anchored: AnchoredRobustness | undefined;
  readonly paper: PaperRobustness | undefined;
}

export interface AnchoredCell {
  readonly factors: Factors;
  readonly score: number;
  readonly rank: number | undefined;
}

export interface ScoreboardRow {
  readonly model: string;
  readonly state: CellState;
  readonly error: CellError | undefined;
  readonly measurements: CellMeasurements;
  /** Scaled to [0, 1] over this scoreboard. */
  readonly factors: Factors | undefined;
  /** PER-paper. */
  readonly score: number | undefined;
  /** By PER-paper: 1, 2, 2, 4. */
  readonly rank: number | undefined;
  readonly anchored: AnchoredCell | undefined;
  readonly flags: readonly ScoreFlag[];
  readonly warnings: readonly RowWarning[];
  /** PER-A of three factors where one wasn't measured; not ranked with the others. */
  readonly threeFactors: { readonly score: number; readonly missing: FactorName } | undefined;
  /** How sure score and rank are, where that is known. */
  readonly ranking: RowRanking | undefined;
  /** Right answers for what they cost, where throughput is in items. */
  readonly efficiency: Efficiency | undefined;
  /** Accuracy that this model would need to be first, at its own performance; not for the first itself. */
  readonly requiredAccuracy: number | undefined;
  /** Of the required accuracy, by the launches; undefined where their spread isn't known. */
  readonly requiredInterval: Interval | undefined;
  /** What its answers are beside their scores, where they are stored. */
  readonly answers: AnswerFacts | undefined;
  /** How large its weights are, where that is known. */
  readonly size?: ModelSize | undefined;
  /** How often its speed was measured, where that is known. */
  readonly launches: LaunchFacts | undefined;
}

export interface LaunchFacts {
  readonly count: number;
  /** Standard error of the logarithm of throughput, against other models; from one launch that which is assumed. */
  readonly error: number;
  /** Of the error; 0 where it is assumed. */
  readonly degrees: number;
}

/** Difference of the accuracies of two models on the same items, first minus second: its 95 % interval. */
export interface PairedAccuracy {
  readonly first: string;
  readonly second: string;
  readonly low: number;
  readonly high: number;
}

/** The same weights under several settings, such as with and without thinking: each is a model of its own. */
export interface WeightSettings {
  /** What their names have in common. */
  readonly name: string;
  /** By rising tokens per answer; at least two. */
  readonly models: readonly string[];
}

/** All cells of one task under one protocol side by side, with factors and scores. Plain JSON. */
export interface Scoreboard {
  readonly taskId: string;
  readonly title: string | undefined;
  readonly metric: string | undefined;
  readonly protocol: ProtocolName | undefined;
  /** Units of the four factors; undefined where no row has the measurement. */
  readonly units: Readonly<Record<FactorName, Unit | undefined>>;
  /** Version strings of the scores that were computed. */
  readonly versions: readonly string[];
  /** By rank, ties by name, models without a score last. */
  readonly rows: readonly ScoreboardRow[];
  /** What concerns the whole set. */
  readonly flags: readonly ScoreFlag[];
  /** Those of PER-A, where it was computed. */
  readonly anchors: TaskAnchors | undefined;
  /** Absent where all factors count the same. */
  readonly weights: Factors | undefined;
  /** Items of the whole benchmark, where that is known. */
  readonly populationItems: number | undefined;
  /** How intervals and ranks were made. */
  readonly inference: BoardInference | undefined;
  /** What a constant or random answer scores; undefined where nobody says. */
  readonly chance: number | undefined;
  /** What further answers without a model score. */
  readonly baselines: Readonly<Record<string, number>> | undefined;
  /** Of models that answered the same items. */
  readonly pairs: readonly PairedAccuracy[] | undefined;
  readonly limits: Limits | undefined;
  /** Money per hour of one device. */
  readonly pricePerHour: number | undefined;
  readonly front: BoardFront | undefined;
  readonly card: BoardCard | undefined;
  /** Whether required accuracies are to be shown. */
  readonly showsRequired: boolean | undefined;
  /** Which labels are taken for which, which items all miss, and the like, where answers are stored. */
  readonly answerDetails?: BoardAnswers | undefined;
  /** Models that are the same weights under several settings. */
  readonly settingsOfWeights?: readonly WeightSettings[] | undefined;
  /** Which model to take for this task. */
  readonly answer: Answer | undefined;
}

/** The number behind a measurement, or undefined where there is none. */
export function valueOf(measurement: Measurement | undefined): number | undefined {
  return measurement === undefined || measurement.status === 'unavailable' ? undefined : measurement.value;
}

/** Whether it has PER-A, which then orders its rows. */
export function hasPerAnchored({ anchors }: Pick<Scoreboard, 'anchors'>): boolean {
  return anchors !== undefined;
}

/** Of PER-paper: beside fewer models it says next to nothing, so nobody sees it unasked. */
export const leastModelsForPer = 4;

/** Rows that have a score, whichever. */
export function scoredRows({ rows }: Scoreboard): readonly ScoreboardRow[] {
  return rows.filter(({ factors, anchored }) => factors !== undefined || anchored !== undefined);
}

/** The four numbers of a row that has all of them. */
export function rawValues(row: ScoreboardRow | undefined): Factors | undefined {
  const [accuracy, throughput, latency, memory] = factorNames.map((factor) => valueOf(row?.measurements[factor]));
  if (accuracy === undefined || throughput === undefined || latency === undefined || memory === undefined)
    return undefined;
  return { accuracy, throughput, latency, memory };
}

/** The score that orders the rows: PER-A where it was computed. */
export function headlineScore({ score, anchored }: ScoreboardRow, board: Scoreboard): number | undefined {
  return hasPerAnchored(board) ? anchored?.score : score;
}

/** The rank by which the rows are ordered. */
export function headlineRank({ rank, anchored }: ScoreboardRow, board: Scoreboard): number | undefined {
  return hasPerAnchored(board) ? anchored?.rank : rank;
}

/** The four numbers of rows that have all of them; a latency below the clock's resolution counts as that. */
export function boardValues(rows: readonly ScoreboardRow[]): readonly ValuedModel[] {
  return rows.flatMap((row) => {
    const values = rawValues(row);
    if (values === undefined) return [];
    return [{ model: row.model, ...values, latency: Math.max(values.latency, defaultLatencyResolution.value) }];
  });
}
