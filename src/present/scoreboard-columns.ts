import { decimalsFor } from '../core/amount-text.ts';
import type { Interval } from '../core/measurement.ts';
import { headlineRanking } from '../scoring/board-ranking.ts';
import type { Efficiency } from '../scoring/efficiency.ts';
import { factorLabels, factorNames, type FactorName, flagId } from '../scoring/factor.ts';
import { isDoubtful } from '../scoring/create-scoreboards.ts';
import { hasPerAnchored, headlineRank, type Scoreboard, type ScoreboardRow } from '../scoring/scoreboard.ts';
import { type Cell, numberCell, type Scalar } from './document.ts';
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

/** Several models that nobody is significantly better than: each of them may be the best. */
function isTied(row: ScoreboardRow, board: Scoreboard): boolean {
  const isInGroup = (other: ScoreboardRow): boolean => headlineRanking(other, board)?.isInTieGroup === true;
  return isInGroup(row) && board.rows.filter(isInGroup).length > 1;
}

const identity: readonly BoardColumn[] = [
  fileColumn('task', (_, { taskId }) => taskId),
  fileColumn('protocol', (_, { protocol }) => protocol),
  boardColumn({
    id: 'rank',
    heading: '#',
    dropOrder: 15,
    inPaper: 'plain',
    cell: (row, board) => numberCell(headlineRank(row, board), 0, { after: isTied(row, board) ? '=' : '' }),
    raw: ({ rank }) => rank,
    fields: (row, board) => ({
      rank: row.rank,
      rank_a: row.anchored?.rank,
      // Nothing where it isn't known.
      is_tied: headlineRanking(row, board) === undefined ? undefined : Number(isTied(row, board)),
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
  readonly dropOrder: number;
  readonly score: (row: ScoreboardRow) => number | undefined;
  readonly interval: (row: ScoreboardRow) => Interval | undefined;
}): BoardColumn {
  const { id, heading, field, dropOrder, score, interval } = column;
  return boardColumn({
    id,
    heading,
    dropOrder,
    inPaper: 'highest',
    keepsIntervals: id === 'perAnchored',
    cell(row, board) {
      const isHeadline = hasPerAnchored(board) === (id === 'perAnchored');
      const bounds = isHeadline ? interval(row) : undefined;
      return numberCell(score(row), 3, {
        half: bounds && (bounds.high - bounds.low) / 2,
        mark: factorNames.some((factor) => isDoubtful(row.measurements[factor])) ? '!' : '',
        isBest: isHeadline && headlineRank(row, board) === 1,
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

const range = ([low, high]: readonly [number, number]): string => (low === high ? `${low}` : `${low}–${high}`);

/** Scores with how sure they are, the headline first. */
const scores: readonly BoardColumn[] = [
  scoreColumn({
    id: 'perAnchored',
    heading: 'PER-A',
    field: 'per_a',
    dropOrder: 1,
    score: ({ anchored }) => anchored?.score,
    interval: ({ ranking }) => ranking?.anchored?.interval,
  }),
  scoreColumn({
    id: 'per',
    heading: 'PER',
    field: 'per',
    dropOrder: 2,
    score: (row) => row.score,
    interval: ({ ranking }) => ranking?.paper?.interval,
  }),
  fileColumn('scoreVersion', (_, { versions }) => versions.join(' '), 'score_versions'),
  boardColumn({
    id: 'rankInterval',
    heading: 'Ranks',
    dropOrder: 25,
    cell(row, board) {
      const ranking = headlineRanking(row, board);
      return ranking === undefined ? '' : range(ranking.rankInterval);
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
    dropOrder: 26,
    field: 'p_first',
    value: (row, board) => headlineRanking(row, board)?.topShare,
    show: fixed(2, ''),
  }),
  boardColumn({
    id: 'requiredAccuracy',
    heading: 'Needs ACC',
    shortHeading: 'Needs',
    dropOrder: 21,
    field: 'required_accuracy',
    value: ({ requiredAccuracy }) => requiredAccuracy,
    show: (value, { showsRequired }) => (showsRequired === true ? fixed(3, '')(value) : ''),
  }),
];

const measurements: readonly BoardColumn[] = [
  measurementColumn({
    id: 'accuracy',
    heading: 'Accuracy',
    shortHeading: 'ACC',
    dropOrder: 20,
    decimals: 3,
    inPaper: 'highest',
    keepsIntervals: true,
  }),
  measurementColumn({
    id: 'throughput',
    heading: 'Throughput',
    shortHeading: 'THR',
    dropOrder: 30,
    inPaper: 'highest',
  }),
  measurementColumn({ id: 'latency', heading: 'Latency', shortHeading: 'LAT', dropOrder: 40, inPaper: 'lowest' }),
  measurementColumn({ id: 'memory', heading: 'Memory', shortHeading: 'MEM', dropOrder: 42, inPaper: 'lowest' }),
];

/** Scaled factors; in JSON they stand together. */
function factorColumn(factor: FactorName, dropOrder: number): BoardColumn {
  const heading = factorLabels[factor];
  return boardColumn({
    id: `factor${heading}`,
    heading,
    dropOrder,
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
    dropOrder: 70,
    decimals: 3,
    find: ({ measurements: { extra } }) => extra?.[name],
    isInJson: false,
  });
}

function extraNames(boards: readonly Scoreboard[]): string[] {
  const rows = boards.flatMap(({ rows: own }) => own);
  return [...new Set(rows.flatMap(({ measurements: { extra = {} } }) => Object.keys(extra)))];
}

/** Right answers for what they cost: always in files, and on screen where an hourly price is given. */
function efficiencyColumn(id: keyof Efficiency, heading: string, field: string, dropOrder: number): BoardColumn {
  return boardColumn({
    id,
    heading,
    dropOrder,
    field,
    value: ({ efficiency }) => efficiency?.[id],
    show: (value, { pricePerHour }) =>
      typeof value === 'number' && pricePerHour !== undefined ? numberCell(value, decimalsFor(value)) : '',
  });
}

const fileMeasurement = (id: string): BoardColumn => measurementColumn({ id, isForPeople: false });

const details: readonly BoardColumn[] = [
  efficiencyColumn('correctPerMoney', 'Right/money', 'correct_per_money', 45),
  efficiencyColumn('correctPerSecond', 'Right/s', 'correct_per_second', 56),
  efficiencyColumn('correctPerSecondPerGib', 'Right/s/GiB', 'correct_per_second_per_gib', 57),
  efficiencyColumn('correctPerJoule', 'Right/J', 'correct_per_joule', 57),
  measurementColumn({ id: 'outputTokensPerSecond', heading: 'Output', dropOrder: 80 }),
  measurementColumn({ id: 'timeToFirstTokenP50', heading: 'TTFT', dropOrder: 81 }),
  measurementColumn({ id: 'timePerOutputTokenP50', heading: 'TPOT', dropOrder: 82 }),
  ...['latencyP50', 'latencyP90', 'latencyP95', 'latencyP99'].map(fileMeasurement),
  ...['memoryWeights', 'memoryKv', 'memoryCompute', 'memoryOverhead', 'memoryReserved'].map(fileMeasurement),
  fileMeasurement('energyPerItem'),
  measurementColumn({ id: 'energyPerCorrect', heading: 'Energy/correct', shortHeading: 'J/right', dropOrder: 58 }),
  measurementColumn({ id: 'pricePerThousand', heading: 'Price', dropOrder: 59 }),
  measurementColumn({ id: 'goodput', heading: 'Goodput', shortHeading: 'GOOD', dropOrder: 56 }),
  fileMeasurement('loadLatencyP50'),
  measurementColumn({ id: 'loadLatencyP95', heading: 'Load p95', dropOrder: 57 }),
  fileMeasurement('loadLatencyP99'),
  fileMeasurement('concurrency'),
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
    ...factorNames.map((factor, index) => factorColumn(factor, 60 + index)),
    ...extraNames(boards).map(extraColumn),
    ...details,
    ...doubts,
  ];
}
