import type { Interval } from '../core/measurement.ts';
import { fieldPrefix } from '../core/task.ts';
import { headlineRanking } from '../scoring/board-ranking.ts';
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
import { priorities } from './column-priorities.ts';
import { detailColumns } from './detail-columns.ts';
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

/** Metrics of JSON answers: whether they are valid stands apart from whether they are right. */
const jsonHeadings: Readonly<Record<string, { readonly heading: string; readonly shortHeading: string }>> = {
  json_valid: { heading: 'Valid JSON', shortHeading: 'JSON' },
  schema_valid: { heading: 'Fits schema', shortHeading: 'Schema' },
  fields_right: { heading: 'Fields right', shortHeading: 'Fields' },
};

/** A metric of the task; in JSON they stand together. */
function extraColumn(name: string): BoardColumn {
  const json = jsonHeadings[name];
  return measurementColumn({
    id: `extra.${name}`,
    field: name,
    heading: name,
    priority: json === undefined ? priorities.extra : priorities.json,
    ...json,
    decimals: 3,
    tellsEnds: true,
    find: ({ measurements: { extra } }) => extra?.[name],
    isInJson: false,
  });
}

function extraNames(boards: readonly Scoreboard[]): string[] {
  const rows = boards.flatMap(({ rows: own }) => own);
  return [...new Set(rows.flatMap(({ measurements: { extra = {} } }) => Object.keys(extra)))].filter(
    // Single fields have a table of their own.
    (name) => !name.startsWith(fieldPrefix),
  );
}

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
    ...detailColumns,
    ...doubts,
  ];
}
