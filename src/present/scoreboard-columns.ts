import { decimalsFor } from '../core/amount-text.ts';
import type { Interval } from '../core/measurement.ts';
import { headlineRanking } from '../scoring/board-ranking.ts';
import type { Efficiency } from '../scoring/efficiency.ts';
import { factorLabels, factorNames, type FactorName, flagId } from '../scoring/factor.ts';
import { isDoubtful } from '../scoring/create-scoreboards.ts';
import { isTiedByScore, placeOf } from '../scoring/place.ts';
import {
  hasPerAnchored,
  leastModelsForPer,
  type Scoreboard,
  type ScoreboardRow,
  scoredRows,
} from '../scoring/scoreboard.ts';
import { type Cell, intervalParts, numberCell, type Scalar, wholeOnly } from './document.ts';
import { type BoardColumn, boardColumn, type BoardColumnParts, measurementColumn } from './board-column.ts';

/** A column of data files. JSON says it elsewhere. */
function fileColumn(id: string, value: NonNullable<BoardColumnParts['value']>, field = id): BoardColumn {
  return boardColumn({ id, field, value, isInJson: false });
}

/** With this many decimals; a dash, or nothing, where there is no number. */
const fixed =
  (decimals: number, otherwise: Cell = numberCell(undefined, 0)) =>
  (value: Scalar): Cell =>
    typeof value === 'number' ? numberCell(value, decimals) : otherwise;

/**
 * What a terminal shows first where it can't show all; up to `essential` it has a place at any price. Of
 * the rest, what was asked for comes before what is nice to know.
 */
const priorities = {
  accuracy: 1,
  accuracyInterval: 2,
  throughput: 3,
  score: 4,
  latency: 11,
  memory: 12,
  throughputInterval: 21,
  latencyInterval: 22,
  memoryInterval: 23,
  rank: 24,
  asked: 30,
  scoreInterval: 40,
  latencyP95: 41,
  energy: 42,
  otherScore: 43,
  load: 44,
  ranks: 50,
  tokens: 60,
  extra: 70,
} as const;

const identity: readonly BoardColumn[] = [
  fileColumn('task', (_, { taskId }) => taskId),
  fileColumn('protocol', (_, { protocol }) => protocol),
  boardColumn({
    id: 'rank',
    heading: '#',
    priority: priorities.rank,
    cell(row, board) {
      const { rank, isTied } = placeOf(row, board);
      return numberCell(rank, 0, { after: isTied ? '=' : '' });
    },
    raw: ({ rank }) => rank,
    fields: (row, board) => ({
      rank: row.rank,
      rank_a: row.anchored?.rank,
      // Nothing where it isn't known.
      is_tied: headlineRanking(row, board) === undefined ? undefined : Number(isTiedByScore(row, board)),
    }),
  }),
  boardColumn({
    id: 'model',
    heading: 'Model',
    align: 'left',
    isName: true,
    inPaper: 'plain',
    value: ({ model }) => model,
    show: String,
  }),
  boardColumn({ id: 'state', value: ({ state }) => state }),
];

function scoreColumn(column: {
  readonly id: 'per' | 'perAnchored';
  readonly heading: string;
  readonly field: string;
  readonly priority: BoardColumn['priority'];
  readonly score: (row: ScoreboardRow) => number | undefined;
  readonly interval: (row: ScoreboardRow) => Interval | undefined;
}): BoardColumn {
  const { id, heading, field, priority, score, interval } = column;
  return boardColumn({
    id,
    heading,
    priority,
    inPaper: 'best',
    intervalPriority: priorities.scoreInterval,
    cell(row, board) {
      const isHeadline = hasPerAnchored(board) === (id === 'perAnchored');
      return numberCell(score(row), 3, {
        ...intervalParts(isHeadline ? interval(row) : undefined),
        mark: factorNames.some((factor) => isDoubtful(row.measurements[factor])) ? '!' : '',
        isBest: decidingScore(board) === id && placeOf(row, board).isBest,
      });
    },
    raw: score,
    fields: (row) => ({
      [field]: score(row),
      [`${field}_low`]: interval(row)?.low,
      [`${field}_high`]: interval(row)?.high,
    }),
  });
}

function asksForPaperScore({ answer }: Scoreboard): boolean {
  return answer?.scoreVersion.startsWith('PER-paper/') === true;
}

/** The score that ranks come from. */
function decidingScore(board: Scoreboard): 'per' | 'perAnchored' {
  return hasPerAnchored(board) && !asksForPaperScore(board) ? 'perAnchored' : 'per';
}

function paperScorePriority(board: Scoreboard): number {
  if (asksForPaperScore(board)) return priorities.score;
  if (scoredRows(board).length < leastModelsForPer) return wholeOnly;
  return hasPerAnchored(board) ? priorities.otherScore : priorities.score;
}

const range = ([low, high]: readonly [number, number]): string => (low === high ? `${low}` : `${low}–${high}`);

/** Scores with how sure they are, the headline first. */
const scores: readonly BoardColumn[] = [
  scoreColumn({
    id: 'perAnchored',
    heading: 'PER-A',
    field: 'per_a',
    priority: (board) => (asksForPaperScore(board) ? priorities.otherScore : priorities.score),
    score: ({ anchored }) => anchored?.score,
    interval: ({ ranking }) => ranking?.anchored?.interval,
  }),
  scoreColumn({
    id: 'per',
    heading: 'PER',
    field: 'per',
    priority: paperScorePriority,
    score: (row) => row.score,
    interval: ({ ranking }) => ranking?.paper?.interval,
  }),
  fileColumn('scoreVersion', (_, { versions }) => versions.join(' '), 'score_versions'),
  boardColumn({
    id: 'rankInterval',
    heading: 'Ranks',
    priority: priorities.ranks,
    cell(row, board) {
      const { ranks } = placeOf(row, board);
      return ranks === undefined ? '' : range(ranks);
    },
    raw: (row, board) => headlineRanking(row, board)?.rankInterval,
    fields(row, board) {
      const { rankInterval, rankSet } = headlineRanking(row, board) ?? {};
      return {
        rank_low: rankInterval?.[0],
        rank_high: rankInterval?.[1],
        rank_set_low: rankSet?.[0],
        rank_set_high: rankSet?.[1],
      };
    },
  }),
  boardColumn({
    id: 'topShare',
    heading: 'P(1st)',
    priority: wholeOnly,
    field: 'p_first',
    value: (row, board) => headlineRanking(row, board)?.topShare,
    cell: (row, board) => fixed(2, '')(placeOf(row, board).support),
  }),
  boardColumn({
    id: 'requiredAccuracy',
    heading: 'Needs ACC',
    shortHeading: 'Needs',
    priority: priorities.asked,
    cell: ({ requiredAccuracy, requiredInterval }, { showsRequired }) =>
      showsRequired === true && requiredAccuracy !== undefined
        ? numberCell(requiredAccuracy, 3, intervalParts(requiredInterval))
        : '',
    raw: ({ requiredAccuracy }) => requiredAccuracy,
    fields: ({ requiredAccuracy, requiredInterval }) => ({
      required_accuracy: requiredAccuracy,
      required_accuracy_low: requiredInterval?.low,
      required_accuracy_high: requiredInterval?.high,
    }),
  }),
];

const measurements: readonly BoardColumn[] = [
  measurementColumn({
    id: 'accuracy',
    heading: 'Accuracy',
    shortHeading: 'ACC',
    priority: priorities.accuracy,
    intervalPriority: priorities.accuracyInterval,
    decimals: 3,
    tellsEnds: true,
    inPaper: 'highest',
  }),
  measurementColumn({
    id: 'throughput',
    heading: 'Throughput',
    shortHeading: 'THR',
    priority: priorities.throughput,
    intervalPriority: priorities.throughputInterval,
    inPaper: 'highest',
  }),
  measurementColumn({
    id: 'latency',
    heading: 'Latency',
    shortHeading: 'LAT',
    priority: priorities.latency,
    intervalPriority: priorities.latencyInterval,
    inPaper: 'lowest',
  }),
  measurementColumn({
    id: 'memory',
    heading: 'Memory',
    shortHeading: 'MEM',
    priority: priorities.memory,
    intervalPriority: priorities.memoryInterval,
    inPaper: 'lowest',
  }),
];

/** Scaled factors; in JSON they stand together. */
function factorColumn(factor: FactorName): BoardColumn {
  const heading = factorLabels[factor];
  return boardColumn({
    id: `factor${heading}`,
    heading,
    priority: wholeOnly,
    field: `factor_${factor}`,
    value: ({ factors }) => factors?.[factor],
    show: fixed(2),
    isInJson: false,
  });
}

/** A metric of the task; in JSON they stand together. */
function extraColumn(name: string): BoardColumn {
  return measurementColumn({
    id: `extra.${name}`,
    field: name,
    heading: name,
    priority: priorities.extra,
    decimals: 3,
    tellsEnds: true,
    find: ({ measurements: { extra } }) => extra?.[name],
    isInJson: false,
  });
}

function extraNames(boards: readonly Scoreboard[]): string[] {
  return [...new Set(boards.flatMap(({ rows }) => rows.flatMap((row) => Object.keys(row.measurements.extra ?? {}))))];
}

/** Right answers for what they cost: always in files, and on screen where an hourly price is given. */
function efficiencyColumn(id: keyof Efficiency, heading: string, field: string): BoardColumn {
  return boardColumn({
    id,
    heading,
    priority: priorities.asked,
    field,
    value: ({ efficiency }) => efficiency?.[id],
    show: (value, { pricePerHour }) =>
      typeof value === 'number' && pricePerHour !== undefined ? numberCell(value, decimalsFor(value)) : '',
  });
}

const fileMeasurement = (id: string): BoardColumn => measurementColumn({ id, isForPeople: false });

const details: readonly BoardColumn[] = [
  efficiencyColumn('correctPerMoney', 'Right/money', 'correct_per_money'),
  efficiencyColumn('correctPerSecond', 'Right/s', 'correct_per_second'),
  efficiencyColumn('correctPerSecondPerGib', 'Right/s/GiB', 'correct_per_second_per_gib'),
  efficiencyColumn('correctPerJoule', 'Right/J', 'correct_per_joule'),
  measurementColumn({ id: 'outputTokensPerSecond', heading: 'Output', priority: priorities.tokens }),
  measurementColumn({ id: 'timeToFirstTokenP50', heading: 'TTFT', priority: priorities.tokens }),
  measurementColumn({ id: 'timePerOutputTokenP50', heading: 'TPOT', priority: priorities.tokens }),
  measurementColumn({ id: 'thinkingTokens', heading: 'Thinking', priority: priorities.tokens, decimals: 0 }),
  measurementColumn({ id: 'budgetCut', heading: 'Cut', priority: priorities.tokens, decimals: 3 }),
  ...['contentFiltered', 'latencyP50', 'latencyP90'].map(fileMeasurement),
  measurementColumn({ id: 'latencyP95', heading: 'Latency p95', shortHeading: 'p95', priority: priorities.latencyP95 }),
  ...['latencyP99', 'memoryWeights', 'memoryKv', 'memoryCompute'].map(fileMeasurement),
  ...['memoryOverhead', 'memoryReserved', 'energyPerItem'].map(fileMeasurement),
  measurementColumn({
    id: 'energyPerCorrect',
    heading: 'Energy/correct',
    shortHeading: 'J/right',
    priority: priorities.energy,
  }),
  measurementColumn({ id: 'pricePerThousand', heading: 'Price', priority: priorities.asked }),
  measurementColumn({ id: 'goodput', heading: 'Goodput', shortHeading: 'GOOD', priority: priorities.asked }),
  measurementColumn({ id: 'offeredRate', heading: 'Offered', priority: priorities.load }),
  fileMeasurement('loadLatencyP50'),
  measurementColumn({ id: 'loadLatencyP95', heading: 'Load p95', priority: priorities.load }),
  ...['loadLatencyP99', 'concurrency'].map(fileMeasurement),
  measurementColumn({ id: 'rounds', heading: 'Rounds', priority: wholeOnly, decimals: 1 }),
];

const doubts: readonly BoardColumn[] = [
  fileColumn('flags', ({ flags }, board) => [...flags, ...board.flags].map(flagId).join(' ') || undefined),
  fileColumn('warnings', ({ warnings }) => {
    const texts = warnings.map(({ metric, reason, detail }) => `${metric}: ${reason}: ${detail}`);
    return texts.join('; ') || undefined;
  }),
  fileColumn('error', ({ error }) => error && `${error.code}: ${error.message}`),
];

/** Every column, in order; metrics of tasks become columns of their own. One list drives all formats. */
export function boardColumns(boards: readonly Scoreboard[]): readonly BoardColumn[] {
  return [
    ...identity,
    ...scores,
    ...measurements,
    ...factorNames.map(factorColumn),
    ...extraNames(boards).map(extraColumn),
    ...details,
    ...doubts,
  ];
}
